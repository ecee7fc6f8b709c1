#include "prepared.h"

#include <string>
#include <utility>

#include "config_error.h"
#include "load_apps.h"
#include "tls_contexts.h"

using namespace grove;
using namespace grove::http;

Prepared prepare(Config config, Sources& sources,
                 const std::shared_ptr<TlsTicketKeys>& ticket_keys) {
    std::vector<std::string> faults;
    Prepared prepared{.config = std::move(config)};
    prepared.identity = identity_to_become(prepared.config, sources, faults);
    prepared.plugins = make_plugin_loader(prepared.config, sources);
    copy_apps(prepared.config, *prepared.plugins, faults);
    prepared.tls = make_tls_contexts(prepared.config, sources, ticket_keys, faults);
    if (!faults.empty()) throw ConfigError{std::move(faults)};
    return prepared;
}
