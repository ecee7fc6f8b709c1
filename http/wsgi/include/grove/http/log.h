// log.h - an application's own lines in the error log.
#pragma once

#include <string_view>

#include <grove/core/detail/export.h>
#include <grove/http/error_log.h>

namespace grove::http {

/// Writes one line: bytes outside of printable ASCII as \xhh, a backslash as \x5c. In the greenlet
/// that serves a request it goes to that server's error log, and ends with the request's id and
/// mount: "no such user (request 5f0c1d0e9b8a7c6d, mount /app)". Elsewhere, also in threads without
/// a hub, it goes to the worker's error log, or to set_log()'s. There the line ends with id and
/// mount, too, if a request's greenlet has made the running greenlet, directly or through other
/// greenlets, also when the request is over. It ends with the mount in a factory of `grove serve`,
/// in the greenlets and on_dump() functions that a factory has made, and in the destructors of the
/// factory's application. Where there is no log, such as in a factory before its worker's logs are
/// open, the line goes to standard error if its level is info or graver. Any thread; never blocks:
/// a line that cannot be written at once is lost. An exception of the log is dropped.
GROVE_EXPORT void log(LogLevel level, std::string_view text);

/// Sets a program's own log for lines of no request; {}: standard error. Every thread that calls
/// log() calls that log, several at once, so it must not block. set_log() waits until no thread is
/// in the former log, which may be destroyed then; do not call set_log() from within that log. A
/// worker of `grove serve` has called it: do not call it in a plugin.
GROVE_EXPORT void set_log(ErrorLog log);

}  // namespace grove::http
