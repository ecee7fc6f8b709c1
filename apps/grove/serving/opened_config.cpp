#include "opened_config.h"

#include <string>
#include <utility>

#include "certificate_expiries.h"
#include "config_error.h"
#include "load_apps.h"
#include "tls_contexts.h"

using namespace grove;
using namespace grove::http;

OpenedConfig open_config(Config config, Sources& sources,
                         const std::shared_ptr<TlsTicketKeys>& ticket_keys) {
    std::vector<std::string> faults;
    OpenedConfig opened{.config = std::move(config)};
    opened.identity = identity_to_become(opened.config, sources, faults);
    opened.plugins = make_plugin_loader(opened.config, sources);
    copy_apps(opened.config, *opened.plugins, faults);
    opened.tls = make_tls_contexts(opened.config, sources, ticket_keys, faults);
    if (!faults.empty()) throw ConfigError{std::move(faults)};
    opened.expiries = certificate_expiries(opened.config, sources);
    return opened;
}
