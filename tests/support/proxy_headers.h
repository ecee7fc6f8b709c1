// proxy_headers.h - PROXY headers of version 2, as a proxy writes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <arpa/inet.h>

namespace grove::test {

/// `value` in `bytes` bytes, the most significant first.
inline std::string in_bytes(std::size_t value, int bytes) {
    std::string text;
    while (bytes-- > 0) text += static_cast<char>(value >> (8 * bytes) & 0xffU);
    return text;
}

/// A field of it: type, length, value.
inline std::string proxy_field(int type, std::string_view value) {
    return in_bytes(static_cast<std::size_t>(type), 1) + in_bytes(value.size(), 2) +
           std::string{value};
}

/// PP2_TYPE_SSL. @param flags 1: over TLS, 2: a certificate was shown  @param fault 0: it is good
inline std::string proxy_tls(int flags, std::size_t fault, std::string_view fields = {}) {
    return proxy_field(0x20, in_bytes(static_cast<std::size_t>(flags), 1) + in_bytes(fault, 4) +
                                 std::string{fields});
}

/// @param command 0x21: PROXY, 0x20: LOCAL  @param family 0x11: TCP over IPv4, 0x21: over IPv6, 0x31: unix
inline std::string proxy_v2(int command, int family, std::string_view rest) {
    using namespace std::string_view_literals;
    return std::string{"\r\n\r\n\0\r\nQUIT\n"sv} + in_bytes(static_cast<std::size_t>(command), 1) +
           in_bytes(static_cast<std::size_t>(family), 1) + in_bytes(rest.size(), 2) +
           std::string{rest};
}

inline std::string packed(int family, const char* address) {
    std::string bytes(family == AF_INET ? 4 : 16, '\0');
    ::inet_pton(family, address, bytes.data());
    return bytes;
}

/// From `client`, port 4711, to port 443.
inline std::string proxy_v2_of(const char* client, std::string_view fields = {}) {
    const bool six = std::string_view{client}.find(':') != std::string_view::npos;
    const int family = six ? AF_INET6 : AF_INET;
    return proxy_v2(0x21, six ? 0x21 : 0x11,
                    packed(family, client) + packed(family, six ? "2001:db8::9" : "192.0.2.9") +
                        in_bytes(4711, 2) + in_bytes(443, 2) + std::string{fields});
}

}  // namespace grove::test
