// opened_config.h - a configuration whose files are open: all that a worker has before it runs an application.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <grove/core/tls.h>
#include <grove/http/sources.h>

#include "certificate_expiry.h"
#include "config.h"
#include "identity.h"
#include "plugin_loader.h"

/// Each worker makes its own, of what was read once: so it is the same for one that takes a dead one's place, whatever
/// has become of the files.
struct OpenedConfig {
    grove::http::Config config{};
    std::optional<Identity> identity{};  ///< To become before anything of them runs.
    std::unique_ptr<grove::http::PluginLoader> plugins{};
    std::vector<std::shared_ptr<grove::TlsContext>> tls{};  ///< Of each listener; null: plain.
    CertificateExpiries expiries{};                         ///< Of the certificates in there.
};

/// Copies the plugins, of which nothing runs, and opens certificates and keys.
/// @throws grove::http::ConfigError with a line for each that cannot be had
OpenedConfig open_config(grove::http::Config config, grove::http::Sources& sources,
                         const std::shared_ptr<grove::TlsTicketKeys>& ticket_keys);
