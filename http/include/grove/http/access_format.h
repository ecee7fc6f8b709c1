// access_format.h - one line for each request, as access logs are written.
//
// Any thread. Neither switches.
#pragma once

#include <chrono>
#include <string>

#include <grove/core/detail/export.h>
#include <grove/http/access_log.h>

namespace grove::http {

/// Apache's combined format, nine fields, without the line's end. What came from the client is escaped
/// as Apache does it: quotes and backslashes with a backslash, all outside of 0x20-0x7e as \xhh.
GROVE_EXPORT std::string format_combined(const AccessRecord& record,
                                         std::chrono::system_clock::time_point when);
/// The same at the end of `line`: one string for all lines, and none of them allocates.
GROVE_EXPORT void append_combined(std::string& line, const AccessRecord& record,
                                  std::chrono::system_clock::time_point when);

/// A JSON object without the line's end: time (RFC 3339, UTC, milliseconds), remote, method, target,
/// protocol, status, bytes, duration (seconds), referer, agent, and request_id if requests have one; null
/// where there is none. A byte from 0x7f on is the character of its number, written \u00hh: printable ASCII, from
/// which every byte can be told.
GROVE_EXPORT std::string format_json(const AccessRecord& record,
                                     std::chrono::system_clock::time_point when);

}  // namespace grove::http
