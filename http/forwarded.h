// forwarded.h - the client as trusted proxies tell of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "request_head.h"
#include "trusted_proxies.h"

namespace grove::http {

class Exchange;

/// The right-most address of X-Forwarded-For that is no trusted proxy's: what stands left of it, anybody may
/// have written. If all are proxies': the left-most of them. "": there is none. What is no address ends the list.
[[nodiscard]] std::string forwarded_address(const RequestHead& head, const TrustedProxies& trusted);

/// "http" or "https" if the right-most word of X-Forwarded-Proto is that; else "".
[[nodiscard]] std::string_view forwarded_scheme(const RequestHead& head) noexcept;

/// Who sent the request: as told by the peer if that is a trusted proxy, else the peer. "" of a unix socket.
[[nodiscard]] std::string client_address(const Exchange& exchange);

}  // namespace grove::http
