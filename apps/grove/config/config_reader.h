// config_reader.h - walks a JSON value along the table of keys, into a Config.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "config.h"
#include "environment_text.h"

namespace grove::http {

/// Where a value came from.
struct ConfigOrigin {
    std::string directory{};  ///< What its relative paths are relative to.
    /// How a message names the place of a JSON pointer: "grove.json: /pool".
    std::function<std::string(const std::string& pointer)> place{};
    /// Where its texts may refer to; none: they stand as they are.
    Environment environment{};
};

/// Stores what `value` has into `config` and leaves the rest of it as it is. Adds a line to
/// `faults` for each key that is unknown, misses or holds what it must not.
void read_config_value(const nlohmann::ordered_json& value, const ConfigOrigin& origin,
                       Config& config, std::vector<std::string>& faults);

}  // namespace grove::http
