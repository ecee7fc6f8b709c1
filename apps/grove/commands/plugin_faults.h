// plugin_faults.h - what is wrong with the plugins of a configuration, found by loading them in another process.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config.h"
#include "identity.h"
#include "plugin_loader.h"

/// Loads all in one process, as a worker does: some plugins tolerate no other beside them. If one ends that process, the
/// applications after it are loaded in another. All of it takes at most timeouts.load.
/// @param identity  whom those processes become; nullopt: nobody else
/// @param faults    gets a line a fault, with the place of the plugin
/// @throws std::system_error  there can be no process
void add_plugin_faults(const grove::http::Config& config, const std::optional<Identity>& identity,
                       grove::http::PluginLoader& loader, std::vector<std::string>& faults);
