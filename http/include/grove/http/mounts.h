// mounts.h - several applications under one server, each below its own path. Thread: the server's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/http/application.h>

namespace grove::http {

/// One application and where it answers.
struct Mount {
    std::string path{};         ///< "/" or "/files"; slashes at its end do not count.
    Application application{};  ///< Called for all below it.
    std::optional<std::size_t> stack_bytes{};  ///< Of its requests; nullopt: as every handler's.
};

/// An application that hands a request to the mount with the longest path that fits: "/a" fits /a
/// and /a/b, not /ab. There SCRIPT_NAME becomes the mount and PATH_INFO the rest, as PEP 3333 has
/// it; nobody fits: 404. Paths are compared percent-decoded. May be called by many greenlets at
/// once.
class GROVE_EXPORT Mounts {
public:
    /// @throws std::invalid_argument  a path that does not begin with "/", or one path twice.
    explicit Mounts(std::vector<Mount> mounts);

    /// Switches if the application does, and throws what it throws.
    Body operator()(Environ& environ, StartResponse& start_response) const;

    /// The mount that gets `path_info`; null if none does. Its path is without slashes at its end.
    [[nodiscard]] const Mount* find(std::string_view path_info) const noexcept;

private:
    std::vector<Mount> mounts_;  // the longest path first, so the first that fits is the one
};

}  // namespace grove::http
