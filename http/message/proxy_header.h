// proxy_header.h - what a proxy says of its client before a connection's first byte (haproxy's PROXY protocol).
//
// Version 1 is a line of text, version 2 is binary. Nothing here waits or keeps anything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include <grove/core/address.h>
#include <grove/core/tls.h>
#include <grove/http/proxies.h>

namespace grove::http {

/// What else than an address a proxy tells of its client.
struct ProxiedClient {
    bool nameless = false;      ///< It came to the proxy over a unix socket.
    bool tells_scheme = false;  ///< The proxy says whether it was over TLS.
    bool over_tls = false;
    TlsInfo tls{};  ///< Version, cipher, the subject's CN and whether it is verified, as told.
};

struct ProxyHeader {
    /// UNKNOWN or LOCAL: false. The proxy speaks for itself, or knows no client.
    bool tells = false;
    std::size_t length = 0;  ///< Bytes of the header; what follows is the connection's.
    Address client{};        ///< Unspecified: it came to the proxy over a unix socket.
    std::unique_ptr<const ProxiedClient> more{};  ///< Null: there is no more.
};

struct ProxyResult {
    enum class State : std::uint8_t { kNeedMore, kComplete, kRefused };
    State state;
    const char* why = nullptr;  ///< Of kRefused: a literal that goes on after "its PROXY header ".
};

inline constexpr std::size_t kLongestProxyHeader = 4096;

/// @param bytes    the connection's first, all of them
/// @param version  not kNone
/// @param header   filled with kComplete
ProxyResult parse_proxy_header(std::string_view bytes, ProxyProtocol version, ProxyHeader& header);

}  // namespace grove::http
