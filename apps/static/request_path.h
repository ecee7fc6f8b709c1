// request_path.h - from the path of a request to one below the root, and back to an URL.
#pragma once

#include <optional>
#include <string>
#include <string_view>

/// "/a/b" is "a/b" below the root, "/a/" is "a/", "/" is ".". nullopt for "", a path without its first slash,
/// and one with an empty component, ".", ".." or a NUL byte: such are nobody's honest name for a file.
std::optional<std::string> path_below_root(std::string_view path_info);

/// Whether such a path names what was hardly meant for everybody: anything at or below a name that begins with "."
/// (but .well-known right below the root, RFC 8615) or ends with "~".
bool is_hidden(std::string_view below_root);

/// What may stand in an URL's path as it is, stands; the rest as %XX.
std::string percent_encoded(std::string_view path);
