// trusted_proxies.h - whose word about the client behind them is taken.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace grove::http {

/// A set of addresses and networks. An IPv4 address in IPv6's clothes (::ffff:…) is the IPv4 address.
class TrustedProxies {
public:
    TrustedProxies() = default;
    /// @param texts  "10.0.0.1", "10.0.0.0/8", "::1", "fd00::/8"
    /// @throws std::invalid_argument naming a text that is neither
    explicit TrustedProxies(const std::vector<std::string>& texts);

    [[nodiscard]] bool empty() const noexcept { return networks_.empty(); }
    /// @param address  as inet_pton takes it, a zone after "%" is left out; anything else is not trusted
    [[nodiscard]] bool holds(const std::string& address) const noexcept;

private:
    using Bytes = std::array<std::uint8_t, 16>;

    struct Network {
        Bytes bytes;
        unsigned bits;
    };

    static bool parse(const std::string& text, Bytes& bytes) noexcept;

    std::vector<Network> networks_;
};

}  // namespace grove::http
