// log.h - an application's own lines in the error log.
#pragma once

#include <string_view>

#include <grove/core/detail/export.h>
#include <grove/http/error_log.h>

namespace grove::http {

/// Writes one line: bytes outside of printable ASCII as \xhh, a backslash as \x5c. In the greenlet
/// that serves a request it goes to that server's error log, and ends with the request's id and
/// mount: "no such user (request 5f0c1d0e9b8a7c6d, mount /app)". Elsewhere, also in threads without
/// a hub, it goes to the worker's error log, or to set_log()'s. There it ends with id and mount,
/// too, in a greenlet that a request's greenlet has made, at any remove and also when the request
/// is over; and with the mount in a factory of `grove serve`, in the greenlets and functions of
/// on_dump() that a factory has made, and in the destructors of its application. Where there is no
/// log, as in a factory before its worker's logs are open, it goes to standard error if its level
/// is info or graver. Any thread; never blocks: what cannot be written at once is lost. What the
/// log throws is dropped.
GROVE_EXPORT void log(LogLevel level, std::string_view text);

/// Sets a program's own log for lines of no request; {}: standard error. It is called by whatever
/// thread calls log(), by several at once, and must not block. Waits until no thread is in the
/// former one, which may be destroyed then: not to be called from within it. A worker of
/// `grove serve` has called it: do not call it in a plugin.
GROVE_EXPORT void set_log(ErrorLog log);

}  // namespace grove::http
