#include "tls_contexts.h"

#include <cstddef>
#include <string>
#include <utility>

using namespace grove;
using namespace grove::http;

namespace {

TlsCertificate files_of(const CertificateConfig& config) {
    return {.chain_file = config.certificate, .key_file = config.key};
}

TlsServerOptions options_of(const TlsConfig& tls) {
    TlsServerOptions options;
    options.certificates.push_back(files_of(tls));
    for (const TlsConfig::Name& name : tls.names) {
        options.names.emplace_back().host = name.host;
        for (const CertificateConfig& one : name.certificates)
            options.names.back().certificates.push_back(files_of(one));
    }
    if (!tls.client_ca.empty()) {
        options.client_ca_file = tls.client_ca;
        options.client_certificates = tls.client == "optional" ? ClientCertificates::kOptional
                                                               : ClientCertificates::kRequired;
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

// The key of the configuration that is at fault.
std::string place_of(const TlsOptionError& error, const TlsConfig& tls) {
    using Option = TlsOptionError::Option;
    const CertificateConfig& certificate = certificate_at(tls, error.certificate());
    switch (error.option()) {
        case Option::kChain:
            return certificate.place + "/certificate";
        case Option::kKey:
            return certificate.place + "/key";
        case Option::kAuthorities:
            return tls.place + "/client_ca";
    }
    return tls.place;
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
            faults.push_back(place_of(error, *listen.tls) + ": " + error.what());
        } catch (const TlsError& error) {
            faults.push_back(listen.tls->place + ": " + error.what());
        }
    }
    return contexts;
}
