// peer_limits.h - what one address may have of a server: connections, and requests in a second.
//
// An IPv6 network of 64 bits counts as one address, as one owner has all of it. A client of a unix
// socket has no address, and is not limited. Thread: one hub's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include <grove/core/address.h>
#include <grove/core/detail/timer.h>
#include <grove/core/duration.h>
#include <grove/http/limits.h>

namespace grove::http {

/// nullopt: it is none, or a unix socket's.
[[nodiscard]] std::optional<std::uint64_t> peer_key(const Address& peer) noexcept;
/// Of what a proxy tells: a text that is no address is a key of its own.
[[nodiscard]] std::uint64_t peer_key(const std::string& address);

class PeerLimits {
public:
    using Instant = Timer::Instant;
    static constexpr std::size_t kMostPeers = 65536;  // whose requests are counted
    static constexpr std::size_t kMostTold = 1024;    // peers that the log was told of

    void enter(std::uint64_t peer) { ++connections_[peer]; }
    void leave(std::uint64_t peer) noexcept;
    [[nodiscard]] std::size_t connections(std::uint64_t peer) const noexcept;
    /// Whether the log should tell now of one more refused connection: once a minute for each peer, also if all of its
    /// connections went meanwhile. Of more than kMostTold in a minute, some are told of again.
    [[nodiscard]] bool is_worth_a_line(std::uint64_t peer, Instant now);

    /// Counts one more request. @return zero, or for how long it comes too early: then it does not count
    [[nodiscard]] Duration take_request(std::uint64_t peer, const Rate& rate, Instant now);

    [[nodiscard]] std::size_t told() const noexcept { return told_.size(); }
    [[nodiscard]] std::size_t known() const noexcept { return recent_.size() + earlier_.size(); }

private:
    using BusyUntil = std::unordered_map<std::uint64_t, Instant>;

    [[nodiscard]] Instant& busy_until_of(std::uint64_t peer);

    std::unordered_map<std::uint64_t, std::size_t> connections_;  // none without any
    std::unordered_map<std::uint64_t, Instant> told_;             // when the log was, at last
    // Until when each would have been busy, had its requests come at the rate.
    BusyUntil recent_;
    BusyUntil earlier_;
};

}  // namespace grove::http
