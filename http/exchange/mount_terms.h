// mount_terms.h - the mounts of a server whose requests go by terms of their own.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <grove/core/semaphore.h>
#include <grove/http/headers.h>
#include <grove/http/limits.h>
#include <grove/http/mount_options.h>

#include "method.h"
#include "refusal.h"

namespace grove::http {

/// MountOptions, with what the server has for the rest.
struct MountTerms {
    std::string path{};  // bare
    Limits limits{};
    Timeouts timeouts{};
    std::shared_ptr<Semaphore> pool{};   // shared: with servers of the same thread. Null: none
    std::vector<std::string> methods{};  // empty: all that the server knows
    std::string allow{};                 // these, as the field has them
    Headers headers{};
    std::size_t index = 0;  // among the mounts of its server

    [[nodiscard]] bool takes(std::string_view method) const noexcept;
};

class ServerMounts {
public:
    /// @throws std::invalid_argument  for a path as Mounts does, a method or a header that cannot be
    ServerMounts(std::vector<MountOptions> options, const Limits& limits, const Timeouts& timeouts);

    /// The mount of a decoded path. nullptr: there is none, and a request for it goes by the server's own terms.
    [[nodiscard]] const MountTerms* find(std::string_view path) const noexcept;
    /// Whether the method is known in the mount, or in the server if `mount` is null. @return why a request of that
    /// method is not served
    [[nodiscard]] Refusal check(std::string_view method, const MountTerms* mount) const noexcept;

    /// For a head whose mount is not known yet: its body may be of any length.
    [[nodiscard]] const Limits& head_limits() const noexcept { return head_limits_; }
    /// That the server does not know, but a mount does.
    [[nodiscard]] const ExtraMethods& extra_methods() const noexcept { return extra_methods_; }
    /// At its index.
    [[nodiscard]] const std::vector<MountTerms>& all() const noexcept { return mounts_; }
    /// Some are bounded in time.
    [[nodiscard]] bool limit_requests() const noexcept;

private:
    std::vector<MountTerms> mounts_;  // the longest path first
    Limits head_limits_;
    ExtraMethods extra_methods_;
};

}  // namespace grove::http
