#include "plugin_loader.h"

#include <memory>
#include <system_error>
#include <utility>

#include <grove/http/plugin_abi.h>
#include <grove/http/sources.h>

#include "plugin_file.h"

namespace grove::http {

namespace fs = std::filesystem;

PluginError::~PluginError() = default;

Plugin::Plugin(const PluginDescriptor& descriptor, fs::path file)
    : descriptor_{&descriptor}, file_{std::move(file)} {}

std::string_view Plugin::name() const noexcept { return descriptor_->name; }

std::string_view Plugin::version() const noexcept { return descriptor_->version; }

Application Plugin::create(std::string_view config) const {
    std::string fault;
    const auto report = [](void* sink, const char* text, std::size_t size) {
        static_cast<std::string*>(sink)->assign(text, size);
    };
    void* const created = descriptor_->create(config.data(), config.size(), report, &fault);
    if (created == nullptr) {
        throw PluginError{fault};
    }
    // Shared, because an Application can be copied and the plugin's own is destroyed by the plugin.
    const std::shared_ptr<const Application> application{
        static_cast<const Application*>(created),
        [destroy = descriptor_->destroy](const Application* theirs) {
            destroy(const_cast<Application*>(theirs));
        }};
    return [application](Environ& environ, StartResponse& start_response) {
        return (*application)(environ, start_response);
    };
}

PluginLoader::PluginLoader(std::vector<fs::path> directories)
    : own_{std::make_unique<Sources>()},
      sources_{*own_},
      directories_{std::move(directories)},
      libraries_{std::make_unique<PluginLibraries>()} {}

PluginLoader::PluginLoader(std::vector<fs::path> directories, Sources& sources, PluginCopies copies)
    : sources_{sources},
      directories_{std::move(directories)},
      how_{copies},
      libraries_{std::make_unique<PluginLibraries>()} {}

PluginLoader::~PluginLoader() = default;

const fs::path& PluginLoader::copy(const std::string& app) {
    const auto known = files_.find(app);
    if (known != files_.end()) return known->second;
    const auto look = [&] { return Sources::Content{.bytes = find(app).string()}; };
    const fs::path file = sources_.get("looking for the plugin " + app, look).bytes;
    if (!copies_.contains(file)) {
        const auto read = [&] { return PluginFile::read(file, how_, *libraries_); };
        copies_.emplace(file, std::make_unique<PluginFile>(
                                  file, sources_.get("copying " + file.string(), read)));
    }
    return files_.emplace(app, file).first->second;
}

Plugin PluginLoader::load(const std::string& app) {
    const fs::path& file = copy(app);
    const auto known = loaded_.find(file);
    if (known != loaded_.end()) return known->second;
    return loaded_.emplace(file, Plugin{copies_.at(file)->open(), file}).first->second;
}

fs::path PluginLoader::find(const std::string& app) const {
    if (app.find('/') != std::string::npos) {
        return app;
    }
    std::string looked_in;
    for (const fs::path& directory : directories_) {
        fs::path file = directory / (app + ".so");
        std::error_code ignored;
        if (fs::exists(file, ignored)) {
            return file;
        }
        looked_in += (looked_in.empty() ? "" : ", ") + directory.string();
    }
    throw PluginError{"no plugin \"" + app + "\", looked for " + app + ".so in " + looked_in +
                      (app.ends_with(".so") ? "; the path to a file has a '/': ./" + app : "")};
}

}  // namespace grove::http
