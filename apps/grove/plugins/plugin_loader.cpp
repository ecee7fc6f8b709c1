#include "plugin_loader.h"

#include <exception>
#include <memory>
#include <system_error>
#include <utility>

#include "plugin_error.h"

namespace grove::http {

namespace fs = std::filesystem;

Plugin::Plugin(const PluginDescriptor& descriptor, fs::path file)
    : descriptor_{&descriptor}, file_{std::move(file)} {}

std::string_view Plugin::name() const noexcept { return descriptor_->name; }

std::string_view Plugin::version() const noexcept { return descriptor_->version; }

void Plugin::expect(PluginKind kind) const {
    if (descriptor_->kind == kind) return;
    throw PluginError{file_.string() +
                      (kind == PluginKind::kApplication
                           ? ": is a middleware, wanted an application; middleware goes into "
                             "\"around\""
                           : ": is an application, wanted a middleware; applications go into "
                             "\"app\" of \"apps\"")};
}

// Shared, because what is made of it can be copied and the plugin's own is destroyed by the plugin.
template <class Product>
std::shared_ptr<const Product> Plugin::call_factory(std::string_view config) const {
    std::string fault;
    const auto report = [](void* sink, const char* text, std::size_t size) {
        static_cast<std::string*>(sink)->assign(text, size);
    };
    void* const created = descriptor_->create(config.data(), config.size(), report, &fault);
    if (created == nullptr) throw PluginError{fault};
    return std::shared_ptr<const Product>{static_cast<const Product*>(created),
                                          [destroy = descriptor_->destroy](const Product* theirs) {
                                              destroy(const_cast<Product*>(theirs));
                                          }};
}

Application Plugin::create(std::string_view config) const {
    expect(PluginKind::kApplication);
    const auto application = call_factory<Application>(config);
    return [application](Environ& environ, StartResponse& start_response) {
        return (*application)(environ, start_response);
    };
}

Middleware Plugin::create_middleware(std::string_view config) const {
    expect(PluginKind::kMiddleware);
    const auto middleware = call_factory<Middleware>(config);
    return [middleware](Application inner) {
        Application outer;
        try {
            outer = (*middleware)(std::move(inner));
        } catch (const std::exception& error) {
            throw PluginError{error.what()};
        } catch (...) {  // the plugin boundary: nothing may pass
            throw PluginError{"the middleware threw something that is not a std::exception"};
        }
        if (!outer) throw PluginError{"the middleware returned no application"};
        return outer;
    };
}

PluginLoader::PluginLoader(std::vector<fs::path> directories)
    : own_{std::make_unique<Sources>()}, sources_{*own_}, directories_{std::move(directories)} {}

PluginLoader::PluginLoader(std::vector<fs::path> directories, Sources& sources, PluginCopies copies)
    : sources_{sources}, directories_{std::move(directories)}, how_{copies} {}

PluginLoader::~PluginLoader() = default;

const fs::path& PluginLoader::copy(const std::string& app) {
    const auto known = files_.find(app);
    if (known != files_.end()) return known->second;
    const auto look = [&] { return Sources::Content{.bytes = find(app).string()}; };
    const fs::path file = sources_.get("looking for the plugin " + app, look).bytes;
    if (!copies_.contains(file)) {
        const auto read = [&] { return PluginFile::read(file, how_, libraries_); };
        copies_.emplace(file, PluginFile{file, sources_.get("copying " + file.string(), read)});
    }
    return files_.emplace(app, file).first->second;
}

Plugin PluginLoader::load(const std::string& app) {
    const fs::path& file = copy(app);
    const auto known = loaded_.find(file);
    if (known != loaded_.end()) return known->second;
    return loaded_.emplace(file, Plugin{copies_.at(file).open(), file}).first->second;
}

fs::path PluginLoader::find(const std::string& app) const {
    if (app.find('/') != std::string::npos) return app;
    std::string looked_in;
    for (const fs::path& directory : directories_) {
        fs::path file = directory / (app + ".so");
        std::error_code ignored;
        if (fs::exists(file, ignored)) return file;
        looked_in += (looked_in.empty() ? "" : ", ") + directory.string();
    }
    throw PluginError{"no plugin \"" + app + "\": there is no " + app + ".so in " + looked_in +
                      (app.ends_with(".so") ? "; a path to a file must have a '/': ./" + app : "")};
}

}  // namespace grove::http
