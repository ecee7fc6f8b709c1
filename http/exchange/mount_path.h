// mount_path.h - the path of a mount, and which requests are below it.
#pragma once

#include <algorithm>
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

/// The mount of the path; null: there is none. @pre they are in order
template <class T>
const T* find_mount(const std::vector<T>& mounts, std::string_view path) noexcept {
    const auto found = std::find_if(mounts.begin(), mounts.end(),
                                    [path](const T& mount) { return is_below(mount.path, path); });
    return found == mounts.end() ? nullptr : &*found;
}

}  // namespace grove::http
