#include "load_apps.h"

#include <string>
#include <utility>

#include <grove/http/plugin_loader.h>

#include "working_directory.h"

using namespace grove::http;

namespace {

std::vector<std::filesystem::path> plugin_path(const Config& config,
                                               const std::filesystem::path& default_path) {
    if (config.plugin_path.empty()) {
        return {default_path};
    }
    return {config.plugin_path.begin(), config.plugin_path.end()};
}

}  // namespace

std::vector<Mount> load_apps(const Config& config, const std::filesystem::path& default_path) {
    PluginLoader loader{plugin_path(config, default_path)};
    std::vector<Mount> mounts;
    std::vector<std::string> faults;
    for (const AppConfig& app : config.apps) {
        try {
            const Plugin plugin = loader.load(app.app);
            const WorkingDirectory there{app.directory};  // what is relative in its "config"
            mounts.push_back({.path = app.mount, .application = plugin.create(app.config)});
        } catch (const PluginError& error) {
            faults.push_back(app.place + ": " + error.what());
        }
    }
    if (!faults.empty()) {
        throw ConfigError{std::move(faults)};
    }
    return mounts;
}
