#include "listen_keys.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace grove::http {
namespace {

std::string in_lower_case(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 0x20) : c; });
    return text;
}

}  // namespace

void add_host(TlsConfig& tls, std::string host) {
    const std::string lower = in_lower_case(host);
    if (!is_host_name(std::string_view{lower}.substr(lower.starts_with("*.") ? 2 : 0)))
        throw std::invalid_argument{R"(is not a host name such as "a.org" or "*.a.org")"};
    const auto same = std::find_if(
        tls.names.begin(), tls.names.end(),
        [&](const TlsConfig::Name& name) { return in_lower_case(name.host) == lower; });
    if (same != tls.names.end())
        throw std::invalid_argument{"is the host \"" + same->host + "\" again, must be given once"};
    tls.names.emplace_back().host = std::move(host);
}

CertificateConfig& last_certificate_of_names(Config& config) {
    return config.listen.back().tls->names.back().certificates.back();
}

}  // namespace grove::http
