// dump_lines.h - what the functions of on_dump() have to say now.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <grove/core/detail/export.h>

namespace grove::http {

/// In all of a dump.
inline constexpr std::size_t kMostDumpBytes = 1'048'576;

/// In the order of their coming, each within a second. In a greenlet; switches if there are any. @throws what ends the
/// caller, a kill or a time-out: then the function has ended
GROVE_EXPORT std::vector<std::string> dump_lines();
/// They are called no more, and destroyed.
GROVE_EXPORT void forget_dumps() noexcept;

}  // namespace grove::http
