// prepared.h - what the workers of one generation have from their master.
#pragma once

#include <memory>
#include <vector>

#include <grove/core/tls.h>
#include <grove/http/config.h>
#include <grove/http/plugin_loader.h>

/// Made before the master forks, so it is the same for a worker that takes a dead one's place, whatever has
/// become of the files.
struct Prepared {
    grove::http::Config config{};
    // Shared: it is handed on inside a std::function, which must be copyable.
    std::shared_ptr<grove::http::PluginLoader> plugins{};
    std::vector<std::shared_ptr<grove::TlsContext>> tls{};  ///< Of each listener; null: plain.
};

/// Copies the plugins, of which nothing runs, and opens certificates and keys.
/// @throws grove::http::ConfigError with a line for each that cannot be had
Prepared prepare(grove::http::Config config,
                 const std::shared_ptr<grove::TlsTicketKeys>& ticket_keys);
