// access_format.h - formats the access log's line for one request.
//
// Any thread. No function switches.
#pragma once

#include <chrono>
#include <string>

#include <grove/core/detail/export.h>
#include <grove/http/access_log.h>

namespace grove::http {

/// One line in Apache's combined format (nine fields), without the line's end. Text from the client
/// is escaped as Apache escapes it: quotes and backslashes get a backslash, every byte outside of
/// 0x20-0x7e becomes \xhh.
GROVE_EXPORT std::string format_combined(const AccessRecord& record,
                                         std::chrono::system_clock::time_point when);
/// Appends the same to `line`: a string that is reused for every line does not allocate each time.
GROVE_EXPORT void append_combined(std::string& line, const AccessRecord& record,
                                  std::chrono::system_clock::time_point when);

/// A JSON object without the line's end: time (RFC 3339, UTC, milliseconds), remote, method,
/// target, protocol, status, bytes, duration (seconds), referer, agent, and request_id and trace if
/// requests have them. An absent value is null. A byte from 0x7f on is the character of that
/// number, written \u00hh: the line is printable ASCII, and every byte can be told from it.
GROVE_EXPORT std::string format_json(const AccessRecord& record,
                                     std::chrono::system_clock::time_point when);

}  // namespace grove::http
