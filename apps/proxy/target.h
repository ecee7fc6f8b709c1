// target.h - by which path and query an upstream is asked for what a client asked for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

/// @param target  the request's, as it was sent: "/path?query", or "http://host/path?query"
/// @param mount   of SCRIPT_NAME, in decoded bytes: taken off the path; "": nothing is
/// @return begins with "/", and is spelt as in `target`; nullopt: there is no path, as in "*"
std::optional<std::string> upstream_target(std::string_view target, std::string_view mount);

/// The decoded path has "." or ".." between slashes: an upstream may take it for a path outside of the mount. So some
/// do with a backslash for a slash, and with parameters behind the dots ("..;x").
bool has_dot_segment(std::string_view path) noexcept;
