// config.h - the configuration of the server binary: plain values, read once at the edge.
//
// The servers know nothing of it; whoever starts them turns these values into their options. Any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/http/limits.h>

namespace grove::http {

class Sources;

/// One application and where it answers.
struct AppConfig {
    std::string app{};            ///< A plugin's name, or with a "/" the path to its file.
    std::string mount = "/";      ///< Begins with "/".
    std::string config = "{}";    ///< For the plugin's factory: a JSON object as text.
    std::size_t stack_bytes = 0;  ///< Of its requests; 0: as every handler's.
    std::string place{};  ///< For messages: "grove.json: /apps/0", or the flag it came from.
    std::string
        directory{};  ///< That relative paths in `config` start from; "": the working directory.
};

/// Where lines go.
struct LogConfig {
    std::string access = "-";         ///< A path, "-" (standard output) or "off".
    std::string format = "combined";  ///< Of the access log.
    std::string error = "-";          ///< A path, "-" (standard error) or "off".
    std::string level = "info";       ///< "error", "warn", "info", "debug" or "trace".
    /// How long a worker may keep its thread before a line says what keeps it; nullopt: no line.
    Timespan blocking = std::chrono::milliseconds{500};
};

/// A certificate and its key: PEM files.
struct CertificateConfig {
    std::string certificate{};  ///< The chain, the server's own first.
    std::string key{};          ///< Of that certificate, without a password.
    std::string ocsp{};         ///< An OCSP response about it, in DER; "": none.
    std::string place{};        ///< For messages: "grove.json: /listen/0/tls".
};

/// TLS on one listener.
struct TlsConfig : CertificateConfig {
    /// What clients get that ask for one host.
    struct Name {
        std::string host{};  ///< "www.example.org"; "*.example.org": all below it. In any case.
        std::vector<CertificateConfig> certificates{};  ///< One of each kind of key.
    };

    std::vector<Name> names{};  ///< Other certificates, for clients that ask for these hosts (SNI).
    std::string client_ca{};    ///< Who signs the clients' certificates; "": none is asked for.
    std::string client{};       ///< With client_ca: "required" or "optional".
    std::string client_crl{};   ///< With client_ca: PEM lists of revoked certificates; "": none.
    std::string ciphers{};      ///< OpenSSL's list, for TLS 1.2; "": ECDHE with AEAD alone.
    std::string ciphersuites{};  ///< OpenSSL's list, for TLS 1.3; "": its default.
    std::string groups{};        ///< OpenSSL's list, for the exchange of keys; "": its default.
    std::string min_version = "1.2";     ///< Or "1.3".
    std::size_t ticket_lifetime = 7200;  ///< Seconds in which a session is resumed; 0: none is.
};

/// One address to listen on.
struct ListenConfig {
    std::string address{};           ///< As Listener takes it.
    std::optional<TlsConfig> tls{};  ///< nullopt: plain.
    bool defer_accept = false;       ///< Accepted only once the client has sent something.
    std::string proxy_protocol{};    ///< "v1", "v2" or "any"; "": none.
    std::string mode{};   ///< Of a unix socket's file: octal digits; "": as the umask has it.
    std::string place{};  ///< For messages: "grove.json: /listen/0", or the flag it came from.
};

/// What an operator and his machines ask.
struct AdminConfig {
    std::string address{};  ///< As Listener takes it; "": off.
    std::string mode{};     ///< As ListenConfig's.
    std::vector<std::string>
        names{};  ///< Hosts it may be asked by, beside addresses and localhost.
};

/// All of it. Paths in it are absolute or relative to the working directory: what the file had
/// relative to itself is resolved.
struct Config {
    static constexpr std::size_t kAutoWorkers = 0;  ///< Of workers: as many as can run.

    std::string place{};  ///< For messages: the file's name; "": there is none.
    std::vector<ListenConfig> listen{{.address = "127.0.0.1:8000"}};  ///< At least one.
    std::size_t workers = 1;              ///< Processes; kAutoWorkers: as many as can run.
    std::string accept = "reuseport";     ///< Or "shared": one queue for all workers.
    std::size_t pool = 1000;              ///< Requests at once; Limits::kUnbounded: no bound.
    std::size_t max_connections = 10000;  ///< Open in a worker.
    std::size_t backlog = 1024;           ///< Clients the kernel queues on each listener.
    std::size_t stack_bytes = 65536;      ///< Of a handler, unless its application wants more.
    std::string user{};  ///< Whom workers run as, by name or number; "": whoever has started grove.
    std::string group{};            ///< Of that user, by name or number; "": the user's own.
    bool dumpable = false;          ///< Such workers may leave cores and be debugged by that user.
    std::vector<AppConfig> apps{};  ///< At least one.
    std::vector<std::string> plugin_path{};        ///< Empty: ../lib/grove/apps beside the binary.
    bool copy_plugins = true;                      ///< false: the files themselves are loaded.
    Timeouts timeouts{};                           ///< Of each request and connection.
    Timespan shutdown = std::chrono::seconds{30};  ///< For what runs; nullopt: as long as it takes.
    Timespan drain_delay =
        Duration::zero();  ///< From readyz's 503 to closed listeners. Never nullopt.
    Timespan load = std::chrono::seconds{60};  ///< Of a start or a reload; nullopt: any time.
    Timespan unwind =
        std::chrono::seconds{3};  ///< From the end of `shutdown` to SIGKILL; nullopt: none.
    /// How long a worker may keep its thread before another takes its place; nullopt: for ever.
    Timespan unresponsive = std::chrono::seconds{30};
    Limits limits{};              ///< Of each request.
    LogConfig log{};              ///< Access log and error log.
    AdminConfig admin{};          ///< Where it is asked how it does.
    std::string server_name{};    ///< SERVER_NAME; "": the address the client connected to.
    std::string server_header{};  ///< The Server field of answers; "": none.
    std::vector<std::string> trusted_proxies{};  ///< Addresses, CIDRs, "unix".
    std::string forwarded = "x-forwarded";       ///< Or "x-forwarded-all", "forwarded".
    std::size_t keepalive_requests = 0;  ///< Answers on one connection before it closes; 0: any.
    bool keep_alive_hint = false;        ///< HTTP/1.1 is told timeouts.idle, too.
};

/// A configuration that cannot be used. Each line says where, what is wrong and what is allowed:
/// `FILE: /json/pointer: …`, `FILE:LINE:COLUMN: …` where it is no JSON, `--flag: …` for a flag.
class GROVE_EXPORT ConfigError : public std::runtime_error {
public:
    explicit ConfigError(std::vector<std::string> lines);  ///< At least one line.
    ConfigError(const ConfigError&) = default;
    ConfigError& operator=(const ConfigError&) = default;
    ~ConfigError() override;

    /// In the file's order, then the flags'.
    [[nodiscard]] const std::vector<std::string>& lines() const noexcept { return lines_; }

private:
    std::vector<std::string> lines_;
};

/// What the command line says. Its relative paths are relative to the working directory.
struct ConfigFlags {
    std::vector<std::string> listen{};        ///< If any: replaces the file's list.
    std::vector<std::string> apps{};          ///< NAME[:MOUNT]. If any: replaces the file's list.
    std::optional<std::string> workers{};     ///< A number, or "auto".
    std::optional<std::int64_t> pool{};       ///< As "pool".
    std::optional<std::string> access_log{};  ///< A path, "-" or "off".
    std::optional<std::string> log_level{};   ///< As "log.level".
};

/// Reads the JSON file (comments allowed), then lets the flags win over it; an empty `file` leaves
/// the flags alone with the defaults. Touches nothing but that file.
/// @throws ConfigError with every fault there is, not only the first.
GROVE_EXPORT Config read_config(const std::filesystem::path& file, const ConfigFlags& flags = {});
/// The same of a file that is one of these sources.
GROVE_EXPORT Config read_config(const std::filesystem::path& file, const ConfigFlags& flags,
                                Sources& sources);

/// The JSON Schema (draft 7) of that file: every key with its type, range, default and meaning. It takes
/// all that read_config() takes; what keys say of one another is left to read_config().
GROVE_EXPORT std::string config_schema();

}  // namespace grove::http
