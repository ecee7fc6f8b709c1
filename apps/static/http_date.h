// http_date.h - dates as RFC 9110 section 5.6.7 writes them.
#pragma once

#include <ctime>
#include <optional>
#include <string>

/// "Sun, 06 Nov 1994 08:49:37 GMT".
std::string format_http_date(std::time_t when);

/// Reads that form and the two obsolete ones; nullopt for anything else.
std::optional<std::time_t> parse_http_date(const std::string& text);
