// forwarded.h - the client as trusted proxies tell of it.
#pragma once

#include <string>
#include <string_view>

#include <grove/http/proxies.h>

#include "request_head.h"
#include "trusted_proxies.h"

namespace grove::http {

/// The right-most address of X-Forwarded-For, or of the "for" of Forwarded, that is no trusted proxy's: what stands
/// left of it, anybody may have written. If all are proxies': the left-most of them. "": there is none. What is no
/// address ends the list.
[[nodiscard]] std::string forwarded_address(const RequestHead& head, const TrustedProxies& trusted,
                                            Forwarded family = Forwarded::kXForwarded);

/// "http" or "https" if the right-most word of X-Forwarded-Proto is that; else "". Of Forwarded: that of the element
/// with the address, which a trusted proxy wrote; and so with the others.
[[nodiscard]] std::string_view forwarded_scheme(const RequestHead& head,
                                                const TrustedProxies& trusted,
                                                Forwarded family = Forwarded::kXForwarded);

/// The right-most of X-Forwarded-Host, if it could be that of a Host field; else "". @pre not kXForwarded
[[nodiscard]] std::string_view forwarded_host(const RequestHead& head,
                                              const TrustedProxies& trusted, Forwarded family);

/// The right-most of X-Forwarded-Port if that is one, else that of forwarded_host(); else "". @pre not kXForwarded
[[nodiscard]] std::string_view forwarded_port(const RequestHead& head,
                                              const TrustedProxies& trusted, Forwarded family);

}  // namespace grove::http
