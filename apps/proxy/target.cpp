#include "target.h"

#include <algorithm>
#include <cstddef>

namespace {

// How many bytes of `path`, each of which may be escaped, stand for so many decoded ones.
std::size_t encoded_size(std::string_view path, std::size_t decoded) {
    constexpr std::size_t kEscape = 3;  // "%2F"
    std::size_t size = 0;
    for (; decoded != 0 && size < path.size(); --decoded) size += path[size] == '%' ? kEscape : 1;
    return std::min(size, path.size());
}

}  // namespace

std::optional<std::string> upstream_target(std::string_view target, std::string_view mount) {
    if (!target.starts_with('/')) {
        const std::size_t scheme = target.find("://");
        if (scheme == std::string_view::npos) return std::nullopt;
        target.remove_prefix(scheme + 3);
        target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
    }
    const std::size_t query = std::min(target.find('?'), target.size());
    std::string_view path = target.substr(0, query);
    path.remove_prefix(encoded_size(path, mount.size()));
    // The mount's end may be spelt "%2F".
    if (!path.empty() && path.front() == '%')
        path.remove_prefix(std::min<std::size_t>(3, path.size()));
    std::string result = path.starts_with('/') ? "" : "/";
    result += path;
    result += target.substr(query);
    return result;
}

bool has_dot_segment(std::string_view path) noexcept {
    while (!path.empty()) {
        const std::size_t end = std::min(path.find_first_of("/\\"), path.size());
        const std::string_view segment = path.substr(0, end);
        const std::string_view name = segment.substr(0, segment.find(';'));
        if (name == "." || name == "..") return true;
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return false;
}
