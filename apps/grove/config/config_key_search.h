// config_key_search.h - how keys are found in the table.
#pragma once

#include <string_view>

#include "config_key.h"

namespace grove::http {

/// @return null if there is no such key.
const ConfigKey* find_config_key(std::string_view pointer);
const ConfigKey* find_config_key(std::string_view section, std::string_view name);

/// "/timeouts/header" is "header" in the section "/timeouts".
std::string_view config_key_name(std::string_view pointer);
std::string_view config_key_section(std::string_view pointer);

/// Of the keys in `section`, the one whose name takes the fewest edits to become `name`.
/// @pre the section has keys (asserted).
std::string_view nearest_config_key(std::string_view section, std::string_view name);

}  // namespace grove::http
