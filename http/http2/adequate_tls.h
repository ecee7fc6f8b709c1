// adequate_tls.h - whether what TLS has agreed on is good enough for HTTP/2 (RFC 9113, section 9.2).
#pragma once

#include <grove/core/tls_info.h>

namespace grove::http {

/// TLS 1.3; or TLS 1.2 with a cipher that appendix A does not list: keys of one connection alone, and AEAD.
[[nodiscard]] bool is_adequate(const TlsInfo& tls) noexcept;

}  // namespace grove::http
