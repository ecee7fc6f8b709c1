// config.h - the configuration of the server binary: plain values, read once at the edge.
//
// The servers know nothing of it; whoever starts them turns these values into their options.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <grove/core/duration.h>
#include <grove/core/export.h>
#include <grove/http/limits.h>

namespace grove::http {

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

struct LogConfig {
    std::string access = "-";         ///< A path, "-" (standard output) or "off".
    std::string format = "combined";  ///< Of the access log.
    std::string error = "-";          ///< A path, "-" (standard error) or "off".
    std::string level = "info";       ///< "error", "warn", "info", "debug" or "trace".
};

/// All of it. Paths in it are absolute or relative to the working directory: what the file had
/// relative to itself is resolved.
struct Config {
    std::vector<std::string> listen{"127.0.0.1:8000"};  ///< As Listener takes them.
    std::size_t pool = 1000;  ///< Requests at once; Limits::kUnbounded: no bound.
    std::vector<AppConfig> apps{};
    std::vector<std::string> plugin_path{};  ///< Empty: ../lib/grove/apps beside the binary.
    Timeouts timeouts{};
    Timespan shutdown = std::chrono::seconds{30};  ///< For what runs; nullopt: as long as it takes.
    Limits limits{};
    LogConfig log{};
};

/// A configuration that cannot be used. Each line says where, what is wrong and what is allowed:
/// `FILE: /json/pointer: …`, `FILE:LINE:COLUMN: …` where it is no JSON, `--flag: …` for a flag.
class GROVE_EXPORT ConfigError : public std::runtime_error {
public:
    explicit ConfigError(std::vector<std::string> lines);
    ConfigError(const ConfigError&) = default;
    ConfigError& operator=(const ConfigError&) = default;
    ~ConfigError() override;

    [[nodiscard]] const std::vector<std::string>& lines() const noexcept { return lines_; }

private:
    std::vector<std::string> lines_;
};

/// What the command line says. Its relative paths are relative to the working directory.
struct ConfigFlags {
    std::vector<std::string> listen{};  ///< If any: replaces the file's list.
    std::vector<std::string> apps{};    ///< NAME[:MOUNT]. If any: replaces the file's list.
    std::optional<std::int64_t> pool{};
    std::optional<std::string> access_log{};
    std::optional<std::string> log_level{};
};

/// Reads the JSON file (comments allowed), then lets the flags win over it; an empty `file` leaves
/// the flags alone with the defaults. Touches nothing but that file.
/// @throws ConfigError with every fault there is, not only the first.
GROVE_EXPORT Config read_config(const std::filesystem::path& file, const ConfigFlags& flags = {});

}  // namespace grove::http
