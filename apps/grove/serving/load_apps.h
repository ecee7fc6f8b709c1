// load_apps.h - from the configured plugins to an application that can be called.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <grove/http/application.h>
#include <grove/http/sources.h>

#include "config.h"
#include "plugin_loader.h"

/// Looks for plugins where the configuration says, and loads copies unless it says otherwise.
/// @param sources  must outlive it
std::unique_ptr<grove::http::PluginLoader> make_plugin_loader(const grove::http::Config& config,
                                                              grove::http::Sources& sources);

/// Copies what load_apps() will load; nothing of it runs. Adds a line to `faults` for each that cannot be had.
void copy_apps(const grove::http::Config& config, grove::http::PluginLoader& loader,
               std::vector<std::string>& faults);

/// A plugin that is about to be loaded, or a middleware that is about to be put around something.
struct PluginUse {
    const grove::http::PluginConfig& plugin;
    std::string what;  ///< For messages: `for "/a"`, `around "/a"`, or `around all`.
};

/// Loads the plugins and calls their factories, which may block: of each application its own, then those around it; at
/// last those around all. Adds a line to `faults` for each that cannot be had. What a factory began before it threw is
/// killed, within timeouts.unwind; a line more tells of each greenlet that does not end. Before what is returned may be
/// destroyed, Ending has to end what the other factories began.
/// @param begun  told of each before
/// @return all mounts, with what is around them, as far as it can be had: what factories began may use it
grove::http::Application load_apps(const grove::http::Config& config,
                                   grove::http::PluginLoader& loader,
                                   std::vector<std::string>& faults,
                                   const std::function<void(const PluginUse& use)>& begun = {});
