// config.h - the configuration of the server binary: plain values, read once at the edge.
//
// The servers know nothing of it; their starter turns these values into their options. Any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <grove/core/duration.h>
#include <grove/core/tls.h>
#include <grove/http/error_log.h>
#include <grove/http/http2_options.h>
#include <grove/http/limits.h>
#include <grove/http/mount_options.h>
#include <grove/http/proxies.h>

namespace grove::http {

/// How workers share an address: each has a queue of the kernel's, or all have one.
enum class Accept : std::uint8_t { kReusePort, kShared };

/// As format_combined() and format_json() have it.
enum class AccessFormat : std::uint8_t { kCombined, kJson };

/// A plugin and what its factory gets.
struct PluginConfig {
    std::string app{};          ///< Its name; with a "/", the path to its file.
    std::string config = "{}";  ///< For its factory: a JSON object as text.
    /// For messages: "grove.json: /apps/0", or the flag that named the plugin.
    std::string place{};
    /// Relative paths in `config` start from it; "": the working directory.
    std::string directory{};
};

/// One application and its mount.
struct AppConfig : PluginConfig {
    std::string mount = "/";             ///< Begins with "/".
    std::size_t stack_bytes = 0;         ///< For each of its requests; 0: as every handler's.
    std::vector<PluginConfig> around{};  ///< Middleware, outermost first.
    MountOptions own{};    ///< But for `path` and `pool`, which whoever serves it fills in.
    std::size_t pool = 0;  ///< Requests at once in a worker; 0: no bound of its own.
};

/// Where log lines go.
struct LogConfig {
    std::string access = "-";  ///< A path, "-" (standard output) or "off".
    AccessFormat format = AccessFormat::kCombined;
    std::string error = "-";           ///< A path, "-" (standard error) or "off".
    LogLevel level = LogLevel::kInfo;  ///< The least that is worth a line in the error log.
    /// How long a worker may keep its thread before a line names the cause; nullopt: no line.
    Timespan blocking = std::chrono::milliseconds{500};
};

/// A certificate and its key, as PEM files.
struct CertificateConfig {
    std::string certificate{};  ///< The chain, the server's own certificate first.
    std::string key{};          ///< That certificate's key, without a password.
    std::string ocsp{};         ///< An OCSP response about that certificate, in DER; "": none.
    std::string place{};        ///< For messages: "grove.json: /listen/0/tls".
};

/// TLS on one listener.
struct TlsConfig : CertificateConfig {
    /// The certificates for clients that ask for one host.
    struct Name {
        std::string host{};  ///< "www.example.org"; "*.example.org": all names below. In any case.
        std::vector<CertificateConfig> certificates{};  ///< One for each kind of key.
    };

    std::vector<Name> names{};  ///< Other certificates, for clients that ask for these hosts (SNI).
    std::string client_ca{};    ///< CAs of client certificates; "": none is asked for.
    ClientCertificates client = ClientCertificates::kNone;  ///< With client_ca: not kNone.
    std::string client_crl{};    ///< With client_ca: PEM lists of revoked certificates; "": none.
    std::string ciphers{};       ///< OpenSSL's list, for TLS 1.2; "": only ECDHE with AEAD.
    std::string ciphersuites{};  ///< OpenSSL's list, for TLS 1.3; "": its default.
    std::string groups{};        ///< OpenSSL's list, for key exchange; "": its default.
    TlsVersion min_version = TlsVersion::k1_2;  ///< The oldest version spoken.
    std::size_t ticket_lifetime = 7200;  ///< Seconds for which a session may be resumed; 0: never.
};

/// One address to listen on.
struct ListenConfig {
    std::string address{};           ///< As Listener takes it.
    std::optional<TlsConfig> tls{};  ///< nullopt: no TLS.
    bool defer_accept = false;       ///< Accepts only once the client has sent something.
    ProxyProtocol proxy_protocol = ProxyProtocol::kNone;
    bool h2c = false;    ///< Without TLS: takes HTTP/2, too, with prior knowledge.
    std::string mode{};  ///< A unix socket's file mode: octal digits; "": as the umask has it.
    /// For messages: "grove.json: /listen/0", or the flag that named the address.
    std::string place{};
};

/// The listener for an operator and his machines.
struct AdminConfig {
    std::string address{};  ///< As Listener takes it; "": off.
    std::string mode{};     ///< As ListenConfig's.
    /// Host names by which it may be asked, beside addresses and localhost.
    std::vector<std::string> names{};
    std::string token{};  ///< "": all may ask for all.
};

/// The whole configuration. Its paths are absolute or relative to the working directory: paths
/// relative to the file are resolved already.
struct Config {
    static constexpr std::size_t kAutoWorkers = 0;  ///< For `workers`: as many as can run.
    /// For `pid_file`: as usual_pid_files() has it. Others begin with "/".
    static constexpr const char* kUsualPidFile = "usual";

    std::string place{};  ///< For messages: the file's name; "": there is no file.
    std::vector<ListenConfig> listen{{.address = "127.0.0.1:8000"}};  ///< At least one.
    std::size_t workers = 1;  ///< Processes; kAutoWorkers: as many as can run.
    Accept accept = Accept::kReusePort;
    std::size_t pool = 1000;              ///< Requests at once; Limits::kUnbounded: no bound.
    std::size_t max_connections = 10000;  ///< Open in one worker.
    std::size_t backlog = 1024;           ///< Clients the kernel queues on each listener.
    std::size_t stack_bytes = 65536;      ///< For a handler, unless its application wants more.
    std::string user{};     ///< Workers run as this user, a name or number; "": as grove's starter.
    std::string group{};    ///< A group's name or number; "": that user's own group.
    bool dumpable = false;  ///< Workers that run as `user` may leave cores, and it may debug them.
    std::vector<AppConfig> apps{};                 ///< At least one.
    std::vector<PluginConfig> around{};            ///< Middleware for all, outermost first.
    std::vector<std::string> plugin_path{};        ///< Empty: ../lib/grove/apps beside the binary.
    bool copy_plugins = true;                      ///< false: loads the files themselves.
    Timeouts timeouts{};                           ///< For each request and connection.
    Timespan shutdown = std::chrono::seconds{30};  ///< For running requests; nullopt: any time.
    Timespan drain_delay =
        Duration::zero();  ///< From readyz's 503 to closed listeners. Never nullopt.
    Timespan load = std::chrono::seconds{60};  ///< For a start or a reload; nullopt: any time.
    Timespan unwind =
        std::chrono::seconds{3};  ///< From the end of `shutdown` to SIGKILL; nullopt: never.
    /// How long a worker may keep its thread before another replaces it; nullopt: for ever.
    Timespan unresponsive = std::chrono::seconds{30};
    Limits limits{};              ///< For each request.
    LogConfig log{};              ///< Access log and error log.
    AdminConfig admin{};          ///< The admin listener.
    std::string backdoor{};       ///< "unix:/path"; "": off.
    std::string server_name{};    ///< SERVER_NAME; "": the address the client connected to.
    std::string server_header{};  ///< The Server field of answers; "": none.
    std::vector<std::string> trusted_proxies{};    ///< Addresses, CIDRs, "unix".
    Forwarded forwarded = Forwarded::kXForwarded;  ///< Which fields of theirs are believed.
    std::size_t keepalive_requests = 0;    ///< Answers on one connection before it closes; 0: any.
    bool keep_alive_hint = false;          ///< Tells clients of HTTP/1.1 timeouts.idle, too.
    bool abandoned_on_fin = false;         ///< timeouts.abandoned counts from a client's end, too.
    bool speaks_http2 = true;              ///< By TLS, and where ListenConfig::h2c says so.
    Http2Options http2{};                  ///< If it does.
    bool traceparent = false;              ///< Each request belongs to a trace (W3C).
    std::string pid_file = kUsualPidFile;  ///< By which the master is found; "": there is none.
};

}  // namespace grove::http
