// read_config.h - the configuration, read from its file and the command line's flags. Any thread; blocks for the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config.h"

namespace grove::http {

class Sources;

/// The command line's part. Its relative paths are relative to the working directory.
struct ConfigFlags {
    std::vector<std::string> listen{};        ///< If any: replaces the file's list.
    std::vector<std::string> apps{};          ///< NAME[:MOUNT]. If any: replaces the file's list.
    std::optional<std::string> workers{};     ///< A number, or "auto".
    std::optional<std::int64_t> pool{};       ///< As "pool".
    std::optional<std::string> access_log{};  ///< A path, "-" or "off".
    std::optional<std::string> log_level{};   ///< As "log.level".
    std::optional<std::string> pid_file{};    ///< As "pid_file".
};

/// Reads the JSON file (comments allowed), then applies the flags, which win. An empty `file` means
/// no file: the flags and the defaults. Touches nothing but that file. The file's texts may refer to
/// this process's environment: "${NAME}", "${NAME:-default}".
/// @throws ConfigError with every fault, not only the first.
Config read_config(const std::filesystem::path& file, const ConfigFlags& flags = {});
/// The same; `sources` reads the file, or has kept it.
Config read_config(const std::filesystem::path& file, const ConfigFlags& flags, Sources& sources);

/// What can be read of a file that may have faults, for those who ask a server that was started with it before.
/// @param faults  gets a line for each; what has one may be the default, or empty
/// @throws ConfigError  the file cannot be read, or is no JSON
Config read_config_despite_faults(const std::filesystem::path& file,
                                  std::vector<std::string>& faults);

}  // namespace grove::http
