#include "trusted_proxies.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <arpa/inet.h>

namespace grove::http {
namespace {

constexpr std::string_view kUnix = "unix";
constexpr unsigned kBits = 128;
constexpr unsigned kMappedBits = 96;  // before an IPv4 address in an IPv6 one

}  // namespace

// Every address is one of IPv6, so that there is one comparison.
bool TrustedProxies::parse(const std::string& text, Bytes& bytes) noexcept {
    in_addr four{};
    if (inet_pton(AF_INET, text.c_str(), &four) == 1) {
        bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
        const auto* const from = reinterpret_cast<const std::uint8_t*>(&four);
        std::copy_n(from, sizeof four, bytes.begin() + kMappedBits / 8);
        return true;
    }
    return inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

TrustedProxies::TrustedProxies(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
        if (text == kUnix) {
            unix_ = true;
            continue;
        }
        const std::size_t slash = text.find('/');
        const std::string address = text.substr(0, slash);
        Network network{.bytes = {}, .bits = kBits};
        bool good = parse(address, network.bytes);
        if (good && slash != std::string::npos) {
            const unsigned before = address.find(':') == std::string::npos ? kMappedBits : 0;
            const char* const end = text.data() + text.size();
            const auto [rest, failure] =
                std::from_chars(text.data() + slash + 1, end, network.bits);
            good = failure == std::errc{} && rest == end && network.bits <= kBits - before;
            network.bits += before;
        }
        if (!good) {
            throw std::invalid_argument{
                "\"" + text +
                "\" must be an address, a network such as \"10.0.0.0/8\", or \"unix\""};
        }
        networks_.push_back(network);
    }
}

bool TrustedProxies::holds(const std::string& address) const noexcept {
    Bytes bytes{};
    if (networks_.empty() || !parse(address.substr(0, address.find('%')), bytes)) return false;
    return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
        for (unsigned bit = 0; bit < network.bits; bit += 8) {
            const unsigned left = std::min(network.bits - bit, 8U);
            const auto mask = static_cast<std::uint8_t>(0xff00U >> left);
            if (((bytes[bit / 8] ^ network.bytes[bit / 8]) & mask) != 0) return false;
        }
        return true;
    });
}

}  // namespace grove::http
