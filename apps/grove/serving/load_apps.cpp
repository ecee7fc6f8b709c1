#include "load_apps.h"

#include <exception>
#include <filesystem>
#include <system_error>

#include <grove/core/run_info.h>

#include "ending.h"
#include "greenlet_report.h"
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

/// Has a plugin do something. If that throws, all that it has begun has ended, or is in `faults`.
/// @param place  of the plugin in the configuration
template <class Function>
void have_it(const std::string& place, grove::Timespan unwind, std::vector<std::string>& faults,
             Function function) {
    Ending ending{grove::living_greenlets()};
    std::exception_ptr fault;
    try {
        return function();
    } catch (const PluginError&) {
        fault = std::current_exception();
    }
    ending.wait(unwind);
    for (const std::string& line : lines_of(ending.left()))
        faults.push_back(place + ": what its factory began would not end: " + line);
    std::rethrow_exception(fault);
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
        have_it(app.place, config.unwind, faults, [&] {
            mounts.push_back({.path = app.mount, .application = plugin.create(app.config)});
        });
    });
    return mounts;
}
