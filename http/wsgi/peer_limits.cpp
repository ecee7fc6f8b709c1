#include "peer_limits.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>

namespace grove::http {
namespace {

// No IPv6 host's address begins so: these are groups.
constexpr std::uint64_t kIpv4 = 0xffff'ffff'0000'0000;

Duration seconds(double count) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{count});
}

}  // namespace

std::optional<std::uint64_t> peer_key(const Address& peer) noexcept {
    if (peer.family() == AF_INET) {
        sockaddr_in ipv4{};
        std::memcpy(&ipv4, peer.data(), sizeof ipv4);
        return kIpv4 | ntohl(ipv4.sin_addr.s_addr);
    }
    if (peer.family() != AF_INET6) return std::nullopt;
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, peer.data(), sizeof ipv6);
    std::array<std::uint32_t, 4> words{};
    std::memcpy(words.data(), &ipv6.sin6_addr, sizeof words);
    if (IN6_IS_ADDR_V4MAPPED(&ipv6.sin6_addr)) return kIpv4 | ntohl(words[3]);
    return std::uint64_t{ntohl(words[0])} << 32U | ntohl(words[1]);
}

std::uint64_t peer_key(const std::string& address) {
    try {
        if (const auto key = peer_key(Address::ip(address, 0))) return *key;
    } catch (const std::invalid_argument&) {  // "unknown", or a name that hides it
    }
    return std::hash<std::string>{}(address);
}

void PeerLimits::leave(std::uint64_t peer) noexcept {
    const auto found = connections_.find(peer);
    if (found != connections_.end() && --found->second == 0) connections_.erase(found);
}

std::size_t PeerLimits::connections(std::uint64_t peer) const noexcept {
    const auto found = connections_.find(peer);
    return found != connections_.end() ? found->second : 0;
}

bool PeerLimits::is_worth_a_line(std::uint64_t peer, Instant now) {
    const auto is_over = [now](Instant told) { return now - told >= std::chrono::minutes{1}; };
    if (const auto found = told_.find(peer); found != told_.end()) {
        if (!is_over(found->second)) return false;
        found->second = now;
        return true;
    }
    if (told_.size() == kMostTold)
        std::erase_if(told_, [&](const auto& one) { return is_over(one.second); });
    if (told_.size() == kMostTold) told_.clear();
    told_.emplace(peer, now);
    return true;
}

// A leaky bucket, of which the moment when it is empty is all there is to know.
Duration PeerLimits::take_request(std::uint64_t peer, const Rate& rate, Instant now) {
    Instant& busy_until = busy_until_of(peer);
    const Instant next = std::max(busy_until, now) + seconds(1 / rate.rate);
    const Duration early = next - now - seconds(rate.burst / rate.rate);
    if (early > Duration::zero()) return early;
    busy_until = next;
    return Duration::zero();
}

// Those that were not heard of for longest are forgotten together.
PeerLimits::Instant& PeerLimits::busy_until_of(std::uint64_t peer) {
    if (recent_.size() >= kMostPeers / 2) earlier_ = std::exchange(recent_, {});
    const auto [found, is_new] = recent_.try_emplace(peer);
    if (!is_new) return found->second;
    if (const auto before = earlier_.find(peer); before != earlier_.end())
        found->second = before->second;
    return found->second;
}

}  // namespace grove::http
