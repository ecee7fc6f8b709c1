#include "tls_contexts.h"

#include <cstddef>
#include <string>
#include <utility>

using namespace grove;
using namespace grove::http;

namespace {

TlsServerOptions options_of(const TlsConfig& tls) {
    TlsServerOptions options;
    options.certificates.push_back({tls.certificate, tls.key});
    for (const TlsConfig::Name& name : tls.names) {
        options.certificates.push_back({name.certificate, name.key});
    }
    if (!tls.client_ca.empty()) {
        options.client_ca_file = tls.client_ca;
        options.client_certificates = tls.client == "optional" ? ClientCertificates::kOptional
                                                               : ClientCertificates::kRequired;
    }
    return options;
}

// The key of the configuration that names the file.
std::string pointer_to(const TlsEncrypted& error, const TlsConfig& tls) {
    if (error.file() == TlsEncrypted::File::kAuthorities) return "/tls/client_ca";
    const std::size_t place = error.certificate();  // as options_of() has them
    const std::string owner = place == 0 ? "/tls" : "/tls/names/" + tls.names.at(place - 1).host;
    return owner + (error.file() == TlsEncrypted::File::kKey ? "/key" : "/certificate");
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
        } catch (const TlsEncrypted& error) {
            faults.push_back(listen.place + pointer_to(error, *listen.tls) + ": " + error.what());
        } catch (const TlsError& error) {
            faults.push_back(listen.place + "/tls: " + error.what());
        }
    }
    return contexts;
}
