#include "load_apps.h"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include <grove/core/run_info.h>
#include <grove/http/mounts.h>

#include "ending.h"
#include "greenlet_report.h"
#include "install_layout.h"
#include "log_origin.h"
#include "one_line.h"
#include "plugin_error.h"
#include "working_directory.h"

using namespace grove::http;

namespace {

std::unique_ptr<WorkingDirectory> enter(const std::string& directory) {
    try {
        return std::make_unique<WorkingDirectory>(directory);
    } catch (const std::system_error& error) {
        throw PluginError{"cannot enter the configuration's folder: " + std::string{error.what()}};
    }
}

// What the function throws becomes a line with the plugin's place.
template <class Function>
void with_place(const PluginConfig& plugin, std::vector<std::string>& faults, Function function) {
    try {
        function();
    } catch (const PluginError& error) {
        faults.push_back(one_line(plugin.place + ": " + error.what()));
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
        faults.push_back(one_line(place + ": a greenlet of its factory would not end: " + line));
    std::rethrow_exception(fault);
}

/// What the factories of a mount have made. It is destroyed as the mount's: what its destructors say to log() has the
/// mount's name.
class Mounted {
public:
    Mounted(std::string mount, Application application)
        : mount_{std::move(mount)}, application_{std::move(application)} {}
    Mounted(const Mounted&) = default;
    Mounted(Mounted&&) = default;
    Mounted& operator=(const Mounted&) = delete;
    Mounted& operator=(Mounted&&) = delete;
    ~Mounted() {
        if (!application_) return;
        try {
            const OriginOfMount origin{mount_};
            application_ = nullptr;
        } catch (const std::bad_alloc&) {  // then without
        }
    }

    Body operator()(Environ& environ, StartResponse& start_response) const {
        return application_(environ, start_response);
    }

private:
    std::string mount_;
    Application application_;
};

/// Calls factories, and adds to the faults which of them failed.
class Factories {
public:
    using Begun = std::function<void(const PluginUse& use)>;

    /// @param unwind  for what a factory began before it threw
    Factories(PluginLoader& loader, grove::Timespan unwind, std::vector<std::string>& faults,
              const Begun& begun)
        : loader_{loader}, unwind_{unwind}, faults_{faults}, begun_{begun} {}

    Application application(const AppConfig& app) {
        const OriginOfMount origin{app.mount};
        // In place of one that cannot be had: what is around it is kept as well.
        Application made = [](Environ&, StartResponse&) { return Body{}; };
        load(app, "for \"" + app.mount + '"',
             [&](const Plugin& plugin) { made = plugin.create(app.config); });
        made = wrap(std::move(made), app.around, "around \"" + app.mount + '"');
        if (app.mount.find_first_not_of('/') == app.mount.npos) return made;  // without a name
        return Mounted{app.mount, std::move(made)};
    }

    /// @param around  outermost first; made in that order. Without those that cannot be had
    Application wrap(Application inner, const std::vector<PluginConfig>& around,
                     const std::string& what) {
        std::vector<Middleware> middlewares(around.size());
        for (std::size_t i = 0; i < around.size(); ++i) {
            load(around[i], what, [&](const Plugin& plugin) {
                middlewares[i] = plugin.create_middleware(around[i].config);
            });
        }
        for (std::size_t i = around.size(); i-- > 0;) {
            if (!middlewares[i]) continue;
            const std::size_t before = faults_.size();
            run(around[i], what, [&] { inner = middlewares[i](inner); });
            // What its factory began may use it. Nobody calls what has a fault.
            if (faults_.size() != before)
                inner = [inner, kept = middlewares[i]](Environ&, StartResponse&) { return Body{}; };
        }
        return inner;
    }

private:
    template <class Function>
    void load(const PluginConfig& config, const std::string& what, Function use) {
        run(config, what, [&] { use(loader_.load(config.app)); });
    }

    // Something of the plugin. What is relative in its "config" starts from its folder.
    template <class Function>
    void run(const PluginConfig& config, const std::string& what, Function function) {
        if (begun_) begun_({.plugin = config, .what = what});
        with_place(config, faults_, [&] {
            const auto there = enter(config.directory);
            have_it(config.place, unwind_, faults_, function);
        });
    }

    PluginLoader& loader_;
    const grove::Timespan unwind_;
    std::vector<std::string>& faults_;
    const Begun& begun_;
};

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
    const auto copy = [&](const PluginConfig& plugin) {
        with_place(plugin, faults, [&] { loader.copy(plugin.app); });
    };
    for (const AppConfig& app : config.apps) {
        copy(app);
        std::for_each(app.around.begin(), app.around.end(), copy);
    }
    std::for_each(config.around.begin(), config.around.end(), copy);
}

Application load_apps(const Config& config, PluginLoader& loader, std::vector<std::string>& faults,
                      const std::function<void(const PluginUse& use)>& begun) {
    Factories factories{loader, config.unwind, faults, begun};
    std::vector<Mount> mounts;
    for (const AppConfig& app : config.apps)
        mounts.push_back({.path = app.mount, .application = factories.application(app)});
    return factories.wrap(Mounts{std::move(mounts)}, config.around, "around all");
}
