// trusted_proxies.h - whose word about the client behind them is taken.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <grove/core/detail/export.h>

namespace grove::http {

/// A set of addresses and networks, and perhaps whoever comes over a unix socket. An IPv4 address in IPv6's
/// clothes (::ffff:…) is the IPv4 address.
class TrustedProxies {
public:
    TrustedProxies() = default;
    /// @param texts  "10.0.0.1", "10.0.0.0/8", "::1", "fd00::/8", "unix"
    /// @throws std::invalid_argument naming a text that is none of these
    GROVE_EXPORT explicit TrustedProxies(const std::vector<std::string>& texts);

    [[nodiscard]] bool empty() const noexcept { return networks_.empty() && !unix_; }
    /// @param address  as inet_pton takes it, a zone after "%" is left out; anything else is not trusted
    [[nodiscard]] bool holds(const std::string& address) const noexcept;
    /// Those that connect to a unix socket, who have no address.
    [[nodiscard]] bool holds_unix() const noexcept { return unix_; }

private:
    using Bytes = std::array<std::uint8_t, 16>;

    struct Network {
        Bytes bytes;
        unsigned bits;
    };

    static bool parse(const std::string& text, Bytes& bytes) noexcept;

    std::vector<Network> networks_;
    bool unix_ = false;
};

}  // namespace grove::http
