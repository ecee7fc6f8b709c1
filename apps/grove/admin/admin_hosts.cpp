#include "admin_hosts.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include <arpa/inet.h>

using namespace grove::http;

namespace {

bool is_address(const std::string& host) {
    in6_addr bytes{};
    if (!host.starts_with('[')) return ::inet_pton(AF_INET, host.c_str(), &bytes) == 1;
    return ::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &bytes) == 1;
}

}  // namespace

bool AdminHosts::allow(std::string_view host) const {
    const std::size_t end = host.starts_with('[') ? host.find(']') + 1 : host.find(':');
    std::string bare{host.substr(0, end)};
    std::transform(bare.begin(), bare.end(), bare.begin(), [](unsigned char c) {
        return static_cast<char>(c < 0x80 ? std::tolower(c) : c);
    });
    return bare.empty() || bare == "localhost" ||
           is_address(bare) ||  // empty: HTTP/1.0, no browser
           std::find(names_.begin(), names_.end(), bare) != names_.end();
}

Application only_for(AdminHosts hosts, Application application) {
    return [hosts = std::move(hosts), application = std::move(application)](
               Environ& request, StartResponse& start_response) -> Body {
        if (hosts.allow(request["HTTP_HOST"])) return application(request, start_response);
        start_response("421 Misdirected Request", {{"Content-Type", "text/plain; charset=utf-8"},
                                                   {"Cache-Control", "no-store"}});
        return "Misdirected Request: the host must be an address, localhost or one of "
               "admin.names\n";
    };
}
