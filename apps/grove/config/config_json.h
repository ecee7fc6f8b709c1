// config_json.h - JSON text with comments, read so that no fault in it goes unseen.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace grove::http {

/// The value in `text`; keys keep their order, and of a key given twice the last value stays.
/// Adds `FILE: /pointer: …` to `faults` for each key that is given twice.
/// @throws ConfigError  `FILE:LINE:COLUMN: …` if it is no JSON, or nested too deep.
nlohmann::ordered_json parse_config_json(const std::string& file, std::string_view text,
                                         std::vector<std::string>& faults);

/// `pointer` and one more step, escaped as RFC 6901 §3 asks.
std::string json_pointer(const std::string& pointer, std::string_view key);

}  // namespace grove::http
