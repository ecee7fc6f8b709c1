#include "tls_contexts.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

using namespace grove;
using namespace grove::http;

namespace {

TlsCertificate files_of(const CertificateConfig& config) {
    return {.chain_file = config.certificate, .key_file = config.key, .ocsp_file = config.ocsp};
}

TlsServerOptions options_of(const TlsConfig& tls) {
    TlsServerOptions options;
    options.certificates.push_back(files_of(tls));
    for (const TlsConfig::Name& name : tls.names) {
        options.names.emplace_back().host = name.host;
        for (const CertificateConfig& one : name.certificates)
            options.names.back().certificates.push_back(files_of(one));
    }
    options.minimum = tls.min_version;
    options.ciphers = tls.ciphers;
    options.ciphersuites = tls.ciphersuites;
    options.groups = tls.groups;
    options.ticket_lifetime = std::chrono::seconds{tls.ticket_lifetime};
    if (!tls.client_ca.empty()) {
        options.client_ca_file = tls.client_ca;
        options.client_crl = tls.client_crl;
        options.client_certificates = tls.client;
    }
    return options;
}

const CertificateConfig& certificate_at(const TlsConfig& tls, std::size_t place) {
    if (place-- == 0) return tls;
    for (const TlsConfig::Name& name : tls.names) {
        if (place < name.certificates.size()) return name.certificates[place];
        place -= name.certificates.size();
    }
    return tls;
}

const char* key_of(TlsOptionError::Option option) {
    using Option = TlsOptionError::Option;
    switch (option) {
        case Option::kChain:
            return "/certificate";
        case Option::kKey:
            return "/key";
        case Option::kOcsp:
            return "/ocsp";
        case Option::kAuthorities:
            return "/client_ca";
        case Option::kClientCrl:
            return "/client_crl";
        case Option::kCiphers:
            return "/ciphers";
        case Option::kCiphersuites:
            return "/ciphersuites";
        case Option::kGroups:
            return "/groups";
    }
    return "";
}

}  // namespace

std::vector<std::shared_ptr<TlsContext>> make_tls_contexts(
    const Config& config, Sources& sources, const std::shared_ptr<TlsTicketKeys>& ticket_keys,
    std::vector<std::string>& faults) {
    const auto text = [&](const std::string& file) { return sources.text(file); };
    std::vector<std::shared_ptr<TlsContext>> contexts;
    for (const ListenConfig& listen : config.listen) {
        contexts.emplace_back();
        if (!listen.tls) continue;
        TlsServerOptions options = options_of(*listen.tls);
        options.ticket_keys = ticket_keys;
        try {
            contexts.back() = TlsContext::server(std::move(options), text);
        } catch (const TlsOptionError& error) {
            const CertificateConfig& at = certificate_at(*listen.tls, error.certificate());
            faults.push_back(at.place + key_of(error.option()) + ": " + error.what());
        } catch (const TlsError& error) {
            faults.push_back(listen.tls->place + ": " + error.what());
        }
    }
    return contexts;
}
