#include "load_apps.h"

#include <filesystem>
#include <system_error>

#include "install_layout.h"
#include "working_directory.h"

using namespace grove::http;

namespace {

template <class Function>
void for_each_app(const Config& config, std::vector<std::string>& faults, Function function) {
    for (const AppConfig& app : config.apps) {
        try {
            function(app);
        } catch (const PluginError& error) {
            faults.push_back(app.place + ": " + error.what());
        }
    }
}

std::unique_ptr<WorkingDirectory> enter(const std::string& directory) {
    try {
        return std::make_unique<WorkingDirectory>(directory);
    } catch (const std::system_error& error) {
        throw PluginError{"cannot enter the configuration's folder: " + std::string{error.what()}};
    }
}

std::vector<std::filesystem::path> plugin_path(const Config& config) {
    if (config.plugin_path.empty()) return {shipped_plugins()};
    return {config.plugin_path.begin(), config.plugin_path.end()};
}

}  // namespace

std::unique_ptr<PluginLoader> make_plugin_loader(const Config& config, Sources& sources) {
    return std::make_unique<PluginLoader>(
        plugin_path(config), sources,
        config.copy_plugins ? PluginCopies::kMade : PluginCopies::kNone);
}

void copy_apps(const Config& config, PluginLoader& loader, std::vector<std::string>& faults) {
    for_each_app(config, faults, [&](const AppConfig& app) { loader.copy(app.app); });
}

std::vector<Mount> load_apps(const Config& config, PluginLoader& loader,
                             std::vector<std::string>& faults,
                             const std::function<void(const AppConfig& app)>& begun) {
    std::vector<Mount> mounts;
    for_each_app(config, faults, [&](const AppConfig& app) {
        if (begun) begun(app);
        const Plugin plugin = loader.load(app.app);
        const auto there = enter(app.directory);  // what is relative in its "config"
        mounts.push_back({.path = app.mount, .application = plugin.create(app.config)});
    });
    return mounts;
}
