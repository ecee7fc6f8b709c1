// error_log.h - lines about things that go wrong, told in the server's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace grove::http {

/// How much a line of the error log matters. debug: one connection's doings; info: a client's
/// mistake; warn: grove coped; error: somebody must act.
enum class LogLevel : std::uint8_t { kTrace, kDebug, kInfo, kWarn, kError };

/// Called with one line, without the line's end, when something goes wrong, such as a client's
/// error or an application's exception. Must not block.
using ErrorLog = std::function<void(LogLevel level, std::string_view line)>;

}  // namespace grove::http
