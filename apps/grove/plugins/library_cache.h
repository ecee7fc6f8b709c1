// library_cache.h - /etc/ld.so.cache: where the system's loader finds a library that no run path leads to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace grove::http {

/// The files that the cache with these bytes has for `name`, in its order, whatever machine they are for. Empty too if
/// the bytes are no such cache; any may be given.
std::vector<std::string> find_in_library_cache(std::string_view bytes, std::string_view name);

}  // namespace grove::http
