#include "config_keys.h"

#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>

#include "app_keys.h"
#include "config_words.h"
#include "key_checks.h"
#include "key_paths.h"
#include "listen_keys.h"

namespace grove::http {
namespace {

constexpr std::size_t kMostRequests = std::numeric_limits<int>::max();
constexpr std::size_t kMostOfHttp2 = std::numeric_limits<std::int32_t>::max();  // RFC 9113, 6.9.1
constexpr std::size_t kLeastConnectionWindow = 65535;
constexpr std::size_t kMostWorkers = 1024;
constexpr std::size_t kMostBytes = std::size_t{1} << 53U;  // what every reader of JSON can hold
constexpr std::size_t kLeastStack = 16384;
constexpr std::size_t kMostStack = std::size_t{1} << 30U;

constexpr TextKey kAdminAddress{[](Config& c) -> std::string& { return c.admin.address; },
                                kAddressAllowed, resolve_address, check_address, kAddressPattern};
constexpr std::string_view kPluginAllowed =
    "the name of a plugin, or a path with a \"/\" to its file";
constexpr std::string_view kPluginHelp = "A plugin's name, or with a \"/\" the path to its file.";
constexpr TextKey kAroundApp{
    [](Config& c) -> std::string& { return c.apps.back().around.back().app; }, kPluginAllowed,
    resolve_plugin};
constexpr TextKey kAroundAll{[](Config& c) -> std::string& { return c.around.back().app; },
                             kPluginAllowed, resolve_plugin};
constexpr std::string_view kAroundHelp =
    "The name or path of a plugin, or an object with the plugin and its config.";
constexpr std::string_view kAroundConfigHelp = "An object for the middleware only.";
constexpr std::string_view kLogAllowed = R"(a path, "-" or "off")";

// Stands first.
constexpr std::array kWholeKeys{
    ConfigKey{"", "The configuration of grove's server.", SectionKey{}},
};

constexpr std::array kServerKeys{
    ConfigKey{
        "/workers",
        "Processes that serve; \"auto\": one for each processor that affinity and cgroup leave.",
        CountKey{[](Config& c) -> std::size_t& { return c.workers; }, 1, kMostWorkers, std::nullopt,
                 "auto", Config::kAutoWorkers}},
    ConfigKey{"/accept",
              "\"reuseport\": each worker has its own queue in the kernel, and the clients in it "
              "wait while the worker's thread is kept; \"shared\": all workers have one queue, "
              "from which any free worker takes.",
              ChoiceKey<Accept>{[](Config& c) -> Accept& { return c.accept; }, kAcceptWords}},
    ConfigKey{"/pool", "How many requests run at once; null: no bound.",
              CountKey{[](Config& c) -> std::size_t& { return c.pool; }, 1, kMostRequests}},
    ConfigKey{"/max_connections",
              "Open connections in a worker, idle ones included; fewer if the worker may not open "
              "so many files.",
              CountKey{[](Config& c) -> std::size_t& { return c.max_connections; }, 1,
                       kMostRequests, std::nullopt}},
    ConfigKey{"/backlog", "Connections that may wait to be accepted.",
              CountKey{[](Config& c) -> std::size_t& { return c.backlog; }, 1, kMostRequests,
                       std::nullopt}},
    ConfigKey{"/stack", "Bytes of a handler's stack.",
              CountKey{[](Config& c) -> std::size_t& { return c.stack_bytes; }, kLeastStack,
                       kMostStack, std::nullopt}},

    ConfigKey{"/user",
              "The user that workers run as, by name or number, if root starts grove; null: root.",
              TextKey{[](Config& c) -> std::string& { return c.user; },
                      "the name or number of a user, or null", nullptr, nullptr, kAnyText, true}},
    ConfigKey{"/group", "The group of that user, by name or number; null: the user's own group.",
              TextKey{[](Config& c) -> std::string& { return c.group; },
                      "the name or number of a group, or null", nullptr, nullptr, kAnyText, true},
              false, "user"},
    ConfigKey{"/dumpable",
              "Workers that gave up root may leave core files, and their user may debug them.",
              BoolKey{[](Config& c) -> bool& { return c.dumpable; }}},

    ConfigKey{"/apps", "The applications; the longest mount that fits a path gets the request.",
              ListKey{[](Config& c) { c.apps.clear(); },
                      [](Config& c, std::string place) {
                          c.apps.emplace_back().place = std::move(place);
                      },
                      [](const Config& c) { return c.apps.empty(); }}},
    ConfigKey{"/apps/*", "One application.", SectionKey{}},
    ConfigKey{"/apps/*/app", kPluginHelp,
              TextKey{[](Config& c) -> std::string& { return c.apps.back().app; }, kPluginAllowed,
                      resolve_plugin},
              true},
    ConfigKey{"/apps/*/mount", "The path below which the application answers.",
              TextKey{[](Config& c) -> std::string& { return c.apps.back().mount; }, kMountAllowed,
                      nullptr, check_mount, kMountPattern}},
    ConfigKey{"/apps/*/config", "An object for the application only.",
              JsonKey{[](Config& c) -> std::string& { return c.apps.back().config; }}},
    ConfigKey{"/apps/*/stack", "Bytes of stack for each request of the application.",
              CountKey{[](Config& c) -> std::size_t& { return c.apps.back().stack_bytes; },
                       kLeastStack, kMostStack, std::nullopt}},
    ConfigKey{"/apps/*/around",
              "Middleware around this application, outermost first; it stands within the "
              "middleware around all applications.",
              ListKey{[](Config& c) { c.apps.back().around.clear(); },
                      [](Config& c, std::string place) {
                          c.apps.back().around.emplace_back().place = std::move(place);
                      },
                      [](const Config& c) { return c.apps.back().around.empty(); }, true}},
    ConfigKey{"/apps/*/around/*", kAroundHelp, TextOrSectionKey{kAroundApp}},
    ConfigKey{"/apps/*/around/*/app", kPluginHelp, kAroundApp, true},
    ConfigKey{"/apps/*/around/*/config", kAroundConfigHelp, JsonKey{[](Config& c) -> std::string& {
                  return c.apps.back().around.back().config;
              }}},

    ConfigKey{"/around",
              "Middleware around all applications, outermost first; it also gets the requests that "
              "no mount fits.",
              ListKey{[](Config& c) { c.around.clear(); },
                      [](Config& c, std::string place) {
                          c.around.emplace_back().place = std::move(place);
                      },
                      [](const Config& c) { return c.around.empty(); }, true}},
    ConfigKey{"/around/*", kAroundHelp, TextOrSectionKey{kAroundAll}},
    ConfigKey{"/around/*/app", kPluginHelp, kAroundAll, true},
    ConfigKey{"/around/*/config", kAroundConfigHelp,
              JsonKey{[](Config& c) -> std::string& { return c.around.back().config; }}},

    ConfigKey{
        "/pid_file",
        "The file by which grove's commands find the master; a control socket lies beside it; "
        "absent: a file where the commands look; null: no file. It is read at the start, which "
        "waits for the file's disk: a file server that does not answer delays the start.",
        TextKey{[](Config& c) -> std::string& { return c.pid_file; }, "the path of a file, or null",
                resolve_pid_file, nullptr, kAnyText, true}},

    ConfigKey{"/plugin_path", "Directories of plugins; absent: ../lib/grove/apps beside grove.",
              ListKey{[](Config& c) { c.plugin_path.clear(); },
                      [](Config& c, std::string) { c.plugin_path.emplace_back(); },
                      [](const Config& c) { return c.plugin_path.empty(); }}},
    ConfigKey{"/plugin_path/*", "One directory; the first directory that has the plugin is used.",
              TextKey{[](Config& c) -> std::string& { return c.plugin_path.back(); },
                      "the path of a directory", resolve_path}},
    ConfigKey{"/copy_plugins",
              "true: load copies of plugins, so that the files may be replaced; false: load the "
              "files themselves, for debuggers.",
              BoolKey{[](Config& c) -> bool& { return c.copy_plugins; }}},

    ConfigKey{"/timeouts", "Time-outs, in seconds.", SectionKey{}},
    ConfigKey{"/timeouts/header", "The time from the first byte of a head to its end.",
              SecondsKey{[](Config& c) -> Timespan& { return c.timeouts.header; }}},
    ConfigKey{"/timeouts/body",
              "The time between two pieces of a body, while the application reads it.",
              SecondsKey{[](Config& c) -> Timespan& { return c.timeouts.body; }}},
    ConfigKey{"/timeouts/idle", "The time until a connection without a request is closed.",
              SecondsKey{[](Config& c) -> Timespan& { return c.timeouts.idle; }}},
    ConfigKey{"/timeouts/write", "The time since the client last took a byte.",
              SecondsKey{[](Config& c) -> Timespan& { return c.timeouts.write; }}},
    ConfigKey{"/timeouts/request",
              "The time from joining the line for a slot until the answer is made.",
              SecondsKey{[](Config& c) -> Timespan& { return c.timeouts.request; }}},
    ConfigKey{"/timeouts/body_slot",
              "How long a request may wait for its body before it loses its slot; null: it keeps "
              "the slot.",
              SecondsKey{[](Config& c) -> Timespan& { return c.timeouts.body_slot; }}},
    ConfigKey{"/timeouts/write_slot",
              "How long a request may wait for its client to read before it loses its slot; null: "
              "it keeps the slot.",
              SecondsKey{[](Config& c) -> Timespan& { return c.timeouts.write_slot; }}},
    ConfigKey{
        "/timeouts/abandoned",
        "How long an application may go on after its client was reset or lost; null: any time.",
        SecondsKey{[](Config& c) -> Timespan& { return c.timeouts.abandoned; }}},
    ConfigKey{"/timeouts/websocket_ping",
              "A WebSocket's client that has sent nothing for so long is sent a ping; null: none.",
              SecondsKey{[](Config& c) -> Timespan& { return c.timeouts.websocket_ping; }}},
    ConfigKey{"/timeouts/websocket_pong",
              "After a ping: how long that client may go on sending nothing until it is cut; null: "
              "any time.",
              SecondsKey{[](Config& c) -> Timespan& { return c.timeouts.websocket_pong; }}},
    ConfigKey{"/timeouts/tls_handshake",
              "The time from the connection to the end of the TLS handshake.",
              SecondsKey{[](Config& c) -> Timespan& { return c.timeouts.tls_handshake; }}},
    ConfigKey{
        "/timeouts/drain_delay",
        "When grove is told to stop: the time from readyz's 503 until the listeners close. "
        "WebSockets are closed evenly over it, also when a reload replaces a worker; null: none.",
        SecondsKey{[](Config& c) -> Timespan& { return c.drain_delay; }, true}},
    ConfigKey{"/timeouts/shutdown",
              "When grove is told to stop: the time that requests may still take.",
              SecondsKey{[](Config& c) -> Timespan& { return c.shutdown; }}},
    ConfigKey{"/timeouts/unwind",
              "The time that killed requests and greenlets may still take at the end; then the "
              "worker ends without them; null: any time.",
              SecondsKey{[](Config& c) -> Timespan& { return c.unwind; }}},
    ConfigKey{"/timeouts/load",
              "The time that a start, a reload or a new worker may take until it serves.",
              SecondsKey{[](Config& c) -> Timespan& { return c.load; }}},
    ConfigKey{"/timeouts/worker",
              "A worker that keeps its thread for so long is aborted and replaced; null: never.",
              SecondsKey{[](Config& c) -> Timespan& { return c.unresponsive; }}},

    ConfigKey{"/limits", "What a client may ask for.", SectionKey{}},
    ConfigKey{
        "/limits/request_line", "Bytes of a request line.",
        CountKey{[](Config& c) -> std::size_t& { return c.limits.request_line; }, 1, kMostBytes}},
    ConfigKey{"/limits/headers", "Fields in a head.",
              CountKey{[](Config& c) -> std::size_t& { return c.limits.headers; }, 1, kMostBytes}},
    ConfigKey{
        "/limits/header_bytes", "Bytes of a head without its request line.",
        CountKey{[](Config& c) -> std::size_t& { return c.limits.header_bytes; }, 1, kMostBytes}},
    ConfigKey{"/limits/body", "Bytes of a request's body.",
              CountKey{[](Config& c) -> std::size_t& { return c.limits.body; }, 0, kMostBytes}},
    ConfigKey{
        "/limits/body_rate", "Bytes a second that a body must bring on average.",
        CountKey{[](Config& c) -> std::size_t& { return c.limits.body_rate; }, 0, kMostBytes, 0}},
    ConfigKey{
        "/limits/body_buffer",
        "Bytes of a body that are received before its request takes a slot; 0: none.",
        CountKey{[](Config& c) -> std::size_t& { return c.limits.body_buffer; }, 0, kMostBytes}},
    ConfigKey{"/limits/buffered",
              "Bytes of all bodies in a worker that wait for their rest or a slot. Bodies beyond a "
              "sixteenth of this wait in a file, in TMPDIR, /var/tmp or /tmp.",
              CountKey{[](Config& c) -> std::size_t& { return c.limits.buffered; }, 0, kMostBytes}},
    ConfigKey{
        "/limits/write_rate", "Bytes a second that a client must take on average.",
        CountKey{[](Config& c) -> std::size_t& { return c.limits.write_rate; }, 0, kMostBytes, 0}},
    ConfigKey{"/limits/connections_per_ip", "Open connections from one address in a worker.",
              CountKey{[](Config& c) -> std::size_t& { return c.limits.connections_per_ip; }, 1,
                       kMostRequests}},
    ConfigKey{"/limits/requests_per_ip",
              "Requests from one address to a worker; absent: any number.",
              SectionKey{[](Config& c) { c.limits.requests_per_ip.emplace(); }}},
    ConfigKey{
        "/limits/requests_per_ip/rate", "Requests a second, on average.",
        NumberKey{[](Config& c) -> double& { return c.limits.requests_per_ip->rate; }, 0.001, 1e6},
        true},
    ConfigKey{
        "/limits/requests_per_ip/burst", "Requests that may come at once.",
        NumberKey{[](Config& c) -> double& { return c.limits.requests_per_ip->burst; }, 1, 1e6},
        true},
    ConfigKey{"/limits/slow",
              "Requests of a worker that may run without a slot because their clients are slow; "
              "null: any number.",
              CountKey{[](Config& c) -> std::size_t& { return c.limits.slow; }, 0, kMostRequests}},
    ConfigKey{
        "/limits/detached", "Requests of a worker whose applications have given their slots back.",
        CountKey{[](Config& c) -> std::size_t& { return c.limits.detached; }, 0, kMostRequests}},
    ConfigKey{"/limits/event_streams", "Open event streams of a worker.",
              CountKey{[](Config& c) -> std::size_t& { return c.limits.event_streams; }, 0,
                       kMostRequests}},
    ConfigKey{
        "/limits/websockets", "Open WebSockets of a worker.",
        CountKey{[](Config& c) -> std::size_t& { return c.limits.websockets; }, 0, kMostRequests}},
    ConfigKey{"/limits/websocket_message",
              "Bytes of a message that a WebSocket receives, inflated.",
              CountKey{[](Config& c) -> std::size_t& { return c.limits.websocket_message; }, 1,
                       kMostBytes}},
    ConfigKey{"/limits/websocket_frames", "Frames of a message that a WebSocket receives.",
              CountKey{[](Config& c) -> std::size_t& { return c.limits.websocket_frames; }, 1,
                       kMostBytes}},

    ConfigKey{"/log", "Where grove writes what it did.", SectionKey{}},
    ConfigKey{
        "/log/access",
        "The access log, one line for each request: a path, \"-\" for standard output, or \"off\".",
        TextKey{[](Config& c) -> std::string& { return c.log.access; }, kLogAllowed, resolve_log}},
    ConfigKey{"/log/format", "The format of the access log.",
              ChoiceKey<AccessFormat>{[](Config& c) -> AccessFormat& { return c.log.format; },
                                      kAccessFormatWords}},
    ConfigKey{
        "/log/error",
        "The error log, with everything else: a path, \"-\" for standard error, or \"off\".",
        TextKey{[](Config& c) -> std::string& { return c.log.error; }, kLogAllowed, resolve_log}},
    ConfigKey{"/log/level", "The least severe level that gets a line in the error log.",
              ChoiceKey<LogLevel>{[](Config& c) -> LogLevel& { return c.log.level; }, kLevelWords}},
    ConfigKey{
        "/log/blocking",
        "A worker that keeps its thread for so long is named in the error log, with what keeps it; "
        "null: never. Looking for the cause ends a nanosleep or poll of that thread with EINTR.",
        SecondsKey{[](Config& c) -> Timespan& { return c.log.blocking; }}},

    ConfigKey{"/admin",
              "The address where /healthz, /readyz, /metrics and /greenlets are, or an object with "
              "an address and further settings; absent: nowhere.",
              TextOrSectionKey{kAdminAddress}},
    ConfigKey{"/admin/address", "An address, as in \"listen\".", kAdminAddress, true},
    ConfigKey{"/admin/mode", "The mode of a unix socket's file, such as \"0660\".",
              TextKey{[](Config& c) -> std::string& { return c.admin.mode; }, kModeAllowed, nullptr,
                      check_mode, kModePattern}},
    ConfigKey{"/admin/names",
              "Host names by which clients may ask the admin listener, besides addresses and "
              "localhost; other names get 421.",
              ListKey{[](Config& c) { c.admin.names.clear(); },
                      [](Config& c, std::string) { c.admin.names.emplace_back(); },
                      [](const Config& c) { return c.admin.names.empty(); }}},
    ConfigKey{"/admin/names/*", "A host name in lower case, without a port.",
              TextKey{[](Config& c) -> std::string& { return c.admin.names.back(); }, kHostAllowed,
                      nullptr, check_host, kHostPattern}},
    ConfigKey{"/admin/token",
              "A bearer token that all requests except those for /healthz and /readyz must bring; "
              "absent: no token is needed.",
              TextKey{[](Config& c) -> std::string& { return c.admin.token; }, kTokenAllowed,
                      nullptr, check_token, kTokenPattern}},
    ConfigKey{"/backdoor",
              "The unix socket, \"unix:PATH\", on which the user that started grove asks a worker "
              "line by line; its mode is 0600; null: none.",
              TextKey{[](Config& c) -> std::string& { return c.backdoor; }, kBackdoorAllowed,
                      resolve_address, check_backdoor, kBackdoorPattern, true}},
    ConfigKey{"/server_name",
              "SERVER_NAME of the environ; absent: the address that the client connected to.",
              TextKey{[](Config& c) -> std::string& { return c.server_name; }, "a host name",
                      nullptr, check_printable, kPrintablePattern}},
    ConfigKey{"/server_header", "The Server field of answers; absent: none.",
              TextKey{[](Config& c) -> std::string& { return c.server_header; }, "a text", nullptr,
                      check_printable, kPrintablePattern}},
    ConfigKey{"/trusted_proxies",
              "The proxies that are believed about clients: their PROXY headers, the fields that "
              "\"forwarded\" selects, and X-Request-Id.",
              ListKey{[](Config& c) { c.trusted_proxies.clear(); },
                      [](Config& c, std::string) { c.trusted_proxies.emplace_back(); },
                      [](const Config& c) { return c.trusted_proxies.empty(); }}},
    ConfigKey{"/trusted_proxies/*",
              "An address, a network such as 10.0.0.0/8, or \"unix\" for all clients that come "
              "over a unix socket.",
              TextKey{[](Config& c) -> std::string& { return c.trusted_proxies.back(); },
                      kProxyAllowed, nullptr, check_proxy, kProxyPattern}},
    ConfigKey{
        "/forwarded",
        "The fields of trusted proxies that are believed: X-Forwarded-For and -Proto; these and "
        "also -Host and -Port; or Forwarded (RFC 7239).",
        ChoiceKey<Forwarded>{[](Config& c) -> Forwarded& { return c.forwarded; }, kForwardedWords}},
    ConfigKey{"/keepalive_requests",
              "Answers on one connection before it closes; null: any number.",
              CountKey{[](Config& c) -> std::size_t& { return c.keepalive_requests; }, 1,
                       kMostRequests, 0}},
    ConfigKey{
        "/keep_alive_hint",
        "Answers of HTTP/1.1, too, tell the client timeouts.idle: \"Keep-Alive: timeout=75\".",
        BoolKey{[](Config& c) -> bool& { return c.keep_alive_hint; }}},
    ConfigKey{"/abandoned_on_fin",
              "timeouts.abandoned also counts from a client's end (FIN). A client that only sends "
              "nothing more looks the same.",
              BoolKey{[](Config& c) -> bool& { return c.abandoned_on_fin; }}},
    ConfigKey{
        "/http2",
        "HTTP/2: TLS clients that know it are offered it first. Absent: with the defaults below. "
        "false: HTTP/1.1 alone.",
        SectionOrFalseKey{[](Config& c) -> bool& { return c.speaks_http2; }}},
    ConfigKey{"/http2/streams",
              "Requests of one connection that run or wait at once; more are refused.",
              CountKey{[](Config& c) -> std::size_t& { return c.http2.streams; }, 1, kMostOfHttp2,
                       std::nullopt}},
    ConfigKey{"/http2/stream_window",
              "Bytes of one body that a client may send ahead of its reader.",
              CountKey{[](Config& c) -> std::size_t& { return c.http2.stream_window; }, 1,
                       kMostOfHttp2, std::nullopt}},
    ConfigKey{"/http2/connection_window", "The same of all bodies of a connection together.",
              CountKey{[](Config& c) -> std::size_t& { return c.http2.connection_window; },
                       kLeastConnectionWindow, kMostOfHttp2, std::nullopt}},
    ConfigKey{"/http2/resets",
              "Requests that a client may cancel; more end its connection. Absent: 100 at once, "
              "then 10 a second.",
              SectionKey{}},
    ConfigKey{"/http2/resets/rate", "Cancelled requests a second, on average.",
              NumberKey{[](Config& c) -> double& { return c.http2.resets.rate; }, 1, 1e6}, true},
    ConfigKey{"/http2/resets/burst", "Requests that may be cancelled at once.",
              NumberKey{[](Config& c) -> double& { return c.http2.resets.burst; }, 1, 1e6}, true},
    ConfigKey{"/http2/abuse",
              "Points of a connection for frames that ask for nothing: 1 for empty DATA, PRIORITY "
              "or a needless WINDOW_UPDATE, 2 for PING, 5 for a refused request, 10 for SETTINGS. "
              "More end it. Absent: 1000 at once, then 100 a second.",
              SectionKey{}},
    ConfigKey{"/http2/abuse/rate", "Points a second, on average.",
              NumberKey{[](Config& c) -> double& { return c.http2.abuse.rate; }, 0.001, 1e6}, true},
    ConfigKey{"/http2/abuse/burst", "Points that may come at once.",
              NumberKey{[](Config& c) -> double& { return c.http2.abuse.burst; }, 1, 1e6}, true},
    ConfigKey{"/traceparent",
              "Sets grove.traceparent: the field of a trusted proxy, else a new trace.",
              BoolKey{[](Config& c) -> bool& { return c.traceparent; }}},
};

// One table behind the other.
template <std::size_t kFirst, std::size_t kSecond>
constexpr auto joined(const std::array<ConfigKey, kFirst>& first,
                      const std::array<ConfigKey, kSecond>& second) {
    return [&]<std::size_t... A, std::size_t... B>(std::index_sequence<A...>,
                                                   std::index_sequence<B...>) {
        return std::array<ConfigKey, kFirst + kSecond>{first[A]..., second[B]...};
    }
    (std::make_index_sequence<kFirst>{}, std::make_index_sequence<kSecond>{});
}

constexpr auto kKeys = joined(joined(kWholeKeys, kListenKeys), joined(kServerKeys, kAppKeys));

}  // namespace

std::span<const ConfigKey> config_keys() { return kKeys; }

}  // namespace grove::http
