// greenlet_report.h - what the error log is told of greenlets and of the requests they serve.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <grove/core/greenlet.h>
#include <grove/http/access_log.h>
#include <grove/http/request_info.h>

/// Each greenlet's name, state, age and what it waits for, one a line before the lines of its frames; those that stand
/// at the same place share a line. Then what on_dump()'s functions write. Switches.
std::vector<std::string> greenlet_lines();
/// Tells them to the log.
void report_greenlets(const grove::http::ErrorLog& log);

/// A line for each request: method, path, age, and the greenlet that serves it, with its innermost frames. Those
/// whose greenlets end meanwhile have none. Switches: the lines tell of what each greenlet does then.
/// @param begin  of each line
void report_requests(const grove::http::ErrorLog& log, grove::http::LogLevel level,
                     std::string_view begin, const std::vector<grove::http::RequestInfo>& requests);

/// Of each that is not dead: `greenlet 7 "reader" blocked in an item of a Queue, 12 ms old: `, with its innermost frames.
std::vector<std::string> lines_of(const std::vector<grove::AnyGreenlet>& greenlets);
