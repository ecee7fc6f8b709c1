// error_log.h - what is told of things that go wrong, in the server's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace grove::http {

/// How much a line of the error log matters. debug: one connection's doings; info: a client's mistake;
/// warn: grove coped; error: somebody must act.
enum class LogLevel : std::uint8_t { kTrace, kDebug, kInfo, kWarn, kError };

/// Called with one line, without its end, for what goes wrong: a client's error, an application's exception.
/// Must not block.
using ErrorLog = std::function<void(LogLevel level, std::string_view line)>;

}  // namespace grove::http
