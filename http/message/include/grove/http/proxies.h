// proxies.h - how proxies in front of a server tell of their clients. Plain values.
#pragma once

#include <cstdint>

namespace grove::http {

/// Which version of haproxy's PROXY protocol begins each connection.
enum class ProxyProtocol : std::uint8_t { kNone, kV1, kV2, kAny };

/// Which fields of trusted proxies tell of their clients. One family: a proxy that writes one passes the other
/// through, as its client wrote it.
enum class Forwarded : std::uint8_t {
    kXForwarded,     ///< X-Forwarded-For and X-Forwarded-Proto.
    kXForwardedAll,  ///< X-Forwarded-Host and X-Forwarded-Port too.
    kForwarded,      ///< Forwarded (RFC 7239).
};

}  // namespace grove::http
