// forwarded.h - the client as trusted proxies tell of it.
#pragma once

#include <string>
#include <string_view>

#include <grove/http/proxies.h>

#include "request_head.h"
#include "trusted_proxies.h"

namespace grove::http {

/// The right-most address of X-Forwarded-For, or of Forwarded's "for", that is not a trusted
/// proxy's: anybody may have written the text left of it. If all addresses are proxies', the
/// left-most address. "": there is no address. A text that is not an address ends the list.
[[nodiscard]] std::string forwarded_address(const RequestHead& head, const TrustedProxies& trusted,
                                            Forwarded family = Forwarded::kXForwarded);

/// "http" or "https" if the right-most word of X-Forwarded-Proto is one of them; else "". With
/// Forwarded, here and below, the word is from the element with the address: a trusted proxy wrote
/// that element.
[[nodiscard]] std::string_view forwarded_scheme(const RequestHead& head,
                                                const TrustedProxies& trusted,
                                                Forwarded family = Forwarded::kXForwarded);

/// The right-most word of X-Forwarded-Host, if a Host field may hold it; else "".
/// @pre not kXForwarded
[[nodiscard]] std::string_view forwarded_host(const RequestHead& head,
                                              const TrustedProxies& trusted, Forwarded family);

/// The right-most word of X-Forwarded-Port if it is a port, else forwarded_host()'s port; else "".
/// @pre not kXForwarded
[[nodiscard]] std::string_view forwarded_port(const RequestHead& head,
                                              const TrustedProxies& trusted, Forwarded family);

}  // namespace grove::http
