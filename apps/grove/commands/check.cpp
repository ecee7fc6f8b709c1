#include "check.h"

#include <chrono>
#include <optional>

#include <unistd.h>

#include "calendar.h"
#include "certificate_facts.h"
#include "exposure.h"
#include "identity.h"
#include "load_apps.h"
#include "open_files.h"
#include "plugin_faults.h"
#include "tls_contexts.h"

using namespace grove;
using namespace grove::http;

namespace {

using WallClock = std::chrono::system_clock;
using Lines = std::vector<std::string>;

constexpr auto kSoon = std::chrono::hours{7 * 24};

// "2026-11-23 15:50 UTC"
std::string day(WallClock::time_point time) {
    const std::string text = rfc3339(time);
    return text.substr(0, 10) + " " + text.substr(11, 5) + " UTC";
}

void add_warning_if_old(const std::string& place, const std::string& file, const Until& until,
                        Lines& warnings) {
    if (until && *until < WallClock::now())
        warnings.push_back(place + ": warning: \"" + file + "\" expired on " + day(*until));
}

// @param host  whom it is for; "": nobody in particular
void add_warnings(const CertificateConfig& files, const std::string& host, Lines& warnings) {
    const auto facts = certificate_facts(files.certificate, host);
    if (!facts) return;
    const WallClock::time_point now = WallClock::now();
    const std::string what = files.place + "/certificate: warning: \"" + files.certificate + "\" ";
    if (!facts->covers) {
        warnings.push_back(what + "is valid for other names but not for \"" + host +
                           "\": clients will refuse the certificate");
    }
    if (facts->until < now) {
        warnings.push_back(what + "expired on " + day(facts->until));
    } else if (facts->until < now + kSoon) {
        warnings.push_back(what + "expires on " + day(facts->until));
    } else if (facts->from > now) {
        warnings.push_back(what + "is not valid before " + day(facts->from));
    }
    add_warning_if_old(files.place + "/ocsp", files.ocsp, ocsp_until(files.ocsp), warnings);
}

}  // namespace

Lines find_faults(const Config& config) {
    Lines faults;
    Sources sources;
    auto identity = find_identity(config, sources, faults);
    if (::geteuid() != 0) identity.reset();
    const auto loader = make_plugin_loader(config, sources);  // one for all, as a worker has
    add_plugin_faults(config, identity, *loader, faults);
    make_tls_contexts(config, sources, nullptr, faults);
    return faults;
}

Lines find_warnings(const Config& config, const std::string& file) {
    Lines warnings;
    for (const ListenConfig& listen : config.listen) {
        if (!listen.tls) continue;
        add_warnings(*listen.tls, "", warnings);
        add_warning_if_old(listen.tls->place + "/client_crl", listen.tls->client_crl,
                           crl_until(listen.tls->client_crl), warnings);
        for (const TlsConfig::Name& name : listen.tls->names) {
            for (const CertificateConfig& one : name.certificates)
                add_warnings(one, name.host, warnings);
        }
    }
    if (const auto possible = possible_connections(config.max_connections); !possible.why.empty())
        warnings.push_back(file + ": /max_connections: warning: " + possible.why);
    for (std::string& line : find_exposures(config, file)) warnings.push_back(std::move(line));
    return warnings;
}
