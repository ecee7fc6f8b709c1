// mount_path.h - the path of a mount, and which requests are below it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace grove::http {

/// Without slashes at its end. @throws std::invalid_argument if it does not begin with "/"
inline std::string bare_mount_path(std::string path) {
    if (!path.starts_with('/'))
        throw std::invalid_argument{"mount \"" + path + "\": must begin with \"/\""};
    path.resize(path.find_last_not_of('/') + 1);
    return path;
}

/// @param mount  a bare path; "" has all below it. @param path  decoded
inline bool is_below(std::string_view mount, std::string_view path) noexcept {
    return mount.empty() ||
           (path.starts_with(mount) && (path.size() == mount.size() || path[mount.size()] == '/'));
}

/// Puts the longest path first, so that the first that fits is the right one. T has a `path`.
/// @throws std::invalid_argument for one that does not begin with "/", or is given twice
template <class T>
void order_mounts(std::vector<T>& mounts) {
    for (T& mount : mounts) mount.path = bare_mount_path(std::move(mount.path));
    std::sort(mounts.begin(), mounts.end(), [](const T& a, const T& b) {
        return a.path.size() != b.path.size() ? a.path.size() > b.path.size() : a.path < b.path;
    });
    const auto twice = std::adjacent_find(mounts.begin(), mounts.end(),
                                          [](const T& a, const T& b) { return a.path == b.path; });
    if (twice != mounts.end())
        throw std::invalid_argument{"mount \"" + twice->path + "/\": is given twice"};
}

/// Where the paths become shorter than at `begin`: few steps, be they few or many. @pre they are in order
template <class Iterator>
Iterator end_of_equally_long(Iterator begin, Iterator end) noexcept {
    const auto as_long = [size = begin->path.size()](const auto& mount) {
        return mount.path.size() == size;
    };
    std::ptrdiff_t step = 1;
    for (; end - begin > step && as_long(begin[step]); step *= 2) begin += step;
    return std::partition_point(begin, begin + std::min(step, end - begin), as_long);
}

/// The mount of the path; null: there is none. @pre they are in order
template <class T>
const T* find_mount(const std::vector<T>& mounts, std::string_view path) noexcept {
    auto next = std::partition_point(mounts.begin(), mounts.end(), [path](const T& mount) {
        return mount.path.size() > path.size();
    });
    while (next != mounts.end()) {
        const auto begin = next;
        next = end_of_equally_long(begin, mounts.end());
        const std::string_view above = path.substr(0, begin->path.size());
        if (!is_below(above, path)) continue;
        const auto found = std::lower_bound(
            begin, next, above,
            [](const T& mount, std::string_view wanted) { return mount.path < wanted; });
        if (found != next && found->path == above) return &*found;
    }
    return nullptr;
}

}  // namespace grove::http
