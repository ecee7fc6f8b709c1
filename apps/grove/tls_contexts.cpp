#include "tls_contexts.h"

using namespace grove;
using namespace grove::http;

std::shared_ptr<TlsContext> make_tls_context(const ListenConfig& listen) {
    if (!listen.tls) {
        return nullptr;
    }
    const TlsConfig& tls = *listen.tls;
    TlsServerOptions options;
    options.certificates.push_back({tls.certificate, tls.key});
    for (const TlsConfig::Name& name : tls.names) {
        options.certificates.push_back({name.certificate, name.key});
    }
    options.alpn = {"http/1.1"};
    if (!tls.client_ca.empty()) {
        options.client_ca_file = tls.client_ca;
        options.client_certificates = tls.client == "optional" ? ClientCertificates::kOptional
                                                               : ClientCertificates::kRequired;
    }
    try {
        return TlsContext::server(options);
    } catch (const TlsError& error) {
        throw ConfigError{{listen.place + "/tls: " + error.what()}};
    }
}
