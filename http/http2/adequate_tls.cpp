#include "adequate_tls.h"

#include <string_view>

namespace grove::http {
namespace {

// The appendix lists what all others do, which are over three hundred.
bool is_good_cipher(std::string_view name) noexcept {
    const bool is_ephemeral = name.starts_with("ECDHE-") || name.starts_with("DHE-");
    const auto has = [name](std::string_view part) {
        return name.find(part) != std::string_view::npos;
    };
    return is_ephemeral && (has("-GCM-") || has("-CCM") || has("-CHACHA20-POLY1305"));
}

}  // namespace

bool is_adequate(const TlsInfo& tls) noexcept {
    if (tls.version == "TLSv1.2") return is_good_cipher(tls.cipher);
    return tls.version == "TLSv1.3";
}

}  // namespace grove::http
