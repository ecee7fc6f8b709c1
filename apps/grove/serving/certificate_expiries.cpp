#include "certificate_expiries.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>

#include "certificate_facts.h"

using namespace grove::http;

CertificateExpiries certificate_expiries(const Config& config, Sources& sources) {
    std::map<std::string, std::chrono::system_clock::time_point> first;
    const auto add = [&](const std::string& name, const CertificateConfig& certificate) {
        const auto facts = certificate_facts_in(sources.text(certificate.certificate), "");
        if (!facts) return;
        const auto [place, is_new] = first.try_emplace(name, facts->until);
        if (!is_new) place->second = std::min(place->second, facts->until);
    };
    for (const ListenConfig& listen : config.listen) {
        if (!listen.tls) continue;
        add("", *listen.tls);
        for (const TlsConfig::Name& name : listen.tls->names) {
            for (const CertificateConfig& certificate : name.certificates)
                add(name.host, certificate);
        }
    }
    CertificateExpiries all;
    for (const auto& [name, until] : first) all.push_back({name, until});
    return all;
}
