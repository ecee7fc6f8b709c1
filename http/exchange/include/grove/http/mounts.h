// mounts.h - several applications under one server, each below its own path. Thread: the server's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/http/application.h>

namespace grove::http {

/// One application and its path. The options that only its requests have are given to the server
/// separately: WsgiOptions::mounts (mount_options.h).
struct Mount {
    std::string path{};         ///< "/" or "/files"; slashes at its end do not count.
    Application application{};  ///< Called for all paths below `path`.
};

/// An application that hands a request to the mount with the longest path that fits: "/a" fits /a
/// and /a/b, not /ab. For the mount's application, SCRIPT_NAME gains the mount's path and PATH_INFO
/// keeps the rest (PEP 3333). 404 if no mount fits. Paths are compared percent-decoded. Many
/// greenlets may call it at once.
class GROVE_EXPORT Mounts {
public:
    /// @throws std::invalid_argument for a path that does not begin with "/", or is given twice
    explicit Mounts(std::vector<Mount> mounts);

    /// Switches if the mount's application does, and throws its exceptions.
    Body operator()(Environ& environ, StartResponse& start_response) const;

    /// The mount for `path_info`; null if no mount fits. Its path has no slashes at its end.
    [[nodiscard]] const Mount* find(std::string_view path_info) const noexcept;

private:
    std::vector<Mount> mounts_;  // the longest path first: the first that fits is the right mount
};

}  // namespace grove::http
