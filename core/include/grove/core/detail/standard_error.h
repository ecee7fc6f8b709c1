// standard_error.h - the last resort of what has no log.
#pragma once

#include <string_view>

#include <grove/core/detail/export.h>

namespace grove {

/// Writes what standard error takes. Waits at most `milliseconds` for a reader who does not read;
/// the rest is lost then. Any thread, and signal handlers.
GROVE_EXPORT void write_to_standard_error(std::string_view text, int milliseconds) noexcept;

}  // namespace grove
