// seconds.h - a time as a line of a log has it.
#pragma once

#include <string>

#include <grove/core/duration.h>

namespace grove::http {

/// As a configuration has it: "60 s", "0.5 s".
[[nodiscard]] std::string seconds(Duration duration);

}  // namespace grove::http
