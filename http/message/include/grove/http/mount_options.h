// mount_options.h - the options that only the requests below one path have. Plain values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <grove/core/duration.h>
#include <grove/http/headers.h>

namespace grove {
class Semaphore;
}

namespace grove::http {

/// In place of a server's Timeouts, member by member. nullopt: the server's; Timespan{}: no bound.
struct OwnTimeouts {
    std::optional<Timespan> request{};  ///< As Timeouts::request.
    std::optional<Timespan> body{};     ///< As Timeouts::body.
    std::optional<Timespan> write{};    ///< As Timeouts::write.

    friend bool operator==(const OwnTimeouts&, const OwnTimeouts&) = default;
};

/// In place of a server's Limits, member by member. nullopt: the server's.
struct OwnLimits {
    std::optional<std::uint64_t> body{};       ///< As Limits::body.
    std::optional<std::uint64_t> body_rate{};  ///< As Limits::body_rate.

    friend bool operator==(const OwnLimits&, const OwnLimits&) = default;
};

/// One path of WsgiOptions::mounts. It is compared with a request's path as received,
/// percent-decoded, before the request waits for anything: an application or a middleware that
/// changes the path later changes nothing here. If several paths fit, only the longest counts. So a
/// path without options of its own belongs in the list, too, if a shorter path above it has
/// options.
struct MountOptions {
    std::string path = "/";  ///< "/" or "/files", as Mount's; slashes at its end do not count.
    OwnTimeouts timeouts{};  ///< Those of the path's requests; the server's where one is absent.
    OwnLimits limits{};      ///< Likewise.
    /// The semaphore's permits bound how many of the path's requests run at once. The other
    /// requests wait, first come, first served, before they wait for a slot of the server's.
    /// timeouts.request bounds both waits. Servers of one thread may share it: hence the
    /// shared_ptr. {}: no such bound.
    std::shared_ptr<Semaphore> pool{};
    /// The methods of its requests; all others are answered with 405 and Allow. GET stands for
    /// HEAD, too. May name methods that the server itself answers with 501, such as QUERY. Empty:
    /// all methods that the server knows.
    std::vector<std::string> methods{};
    /// Added to each answer of the application, except fields that the answer has already.
    Headers headers{};

    friend bool operator==(const MountOptions&, const MountOptions&) = default;
};

}  // namespace grove::http
