// proxies.h - the ways in which proxies in front of a server tell of their clients. Plain values.
#pragma once

#include <cstdint>

namespace grove::http {

/// The version of haproxy's PROXY protocol with which each connection begins.
enum class ProxyProtocol : std::uint8_t { kNone, kV1, kV2, kAny };

/// The fields in which trusted proxies tell of their clients. Only one family: a proxy that writes
/// one family passes the other through as its client wrote it.
enum class Forwarded : std::uint8_t {
    kXForwarded,     ///< X-Forwarded-For and X-Forwarded-Proto.
    kXForwardedAll,  ///< X-Forwarded-Host and X-Forwarded-Port too.
    kForwarded,      ///< Forwarded (RFC 7239).
};

}  // namespace grove::http
