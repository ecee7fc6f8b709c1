// plugin.h - how a shared object becomes a plugin of grove's server.
#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <grove/http/application.h>
#include <grove/http/middleware.h>
#include <grove/http/plugin_abi.h>

namespace grove::http::detail {

/// Stands behind PluginDescriptor::create. No exception leaves it; `report` gets the text.
template <class Product, class Factory>
void* create_for_plugin(Factory&& factory, std::string_view config, const char* kind,
                        PluginDescriptor::Report report, void* sink) noexcept {
    const auto fail = [&](std::string_view text) { report(sink, text.data(), text.size()); };
    try {
        auto product = std::make_unique<Product>(std::forward<Factory>(factory)(config));
        if (*product) return product.release();
        fail(std::string{"the plugin's factory returned no "} + kind);
    } catch (const std::exception& error) {
        fail(error.what());
    } catch (...) {  // the plugin boundary: nothing may pass
        fail("the plugin's factory threw something that is not a std::exception");
    }
    return nullptr;
}

}  // namespace grove::http::detail

/// The common part of GROVE_PLUGIN and GROVE_MIDDLEWARE; not for other code.
#define GROVE_DETAIL_PLUGIN(name, version, Product, product, ...)                                  \
    namespace {                                                                                    \
    GROVE_DETAIL_NO_RED_ZONE                                                                       \
    [[gnu::section(".note.grove"),                                                                 \
      gnu::used]] alignas(4) constexpr ::grove::http::PluginNote grove_plugin_note{};              \
    GROVE_DETAIL_NO_RED_ZONE                                                                       \
    [[gnu::section(".note.grove"), gnu::used]] alignas(4) constexpr ::grove::http::PluginNameNote< \
        sizeof(name), sizeof(version)> grove_plugin_name_note{name, version};                      \
    void* grove_plugin_create(const char* config, std::size_t size,                                \
                              ::grove::http::PluginDescriptor::Report report,                      \
                              void* sink) noexcept {                                               \
        return ::grove::http::detail::create_for_plugin<::grove::http::Product>(                   \
            (__VA_ARGS__), std::string_view{config, size}, product, report, sink);                 \
    }                                                                                              \
    void grove_plugin_destroy(void* created) noexcept {                                            \
        delete static_cast<::grove::http::Product*>(created);                                      \
    }                                                                                              \
    }                                                                                              \
    extern "C" __attribute__((visibility("default")))                                              \
    const ::grove::http::PluginDescriptor grove_plugin {                                           \
        name, version, grove_plugin_create, grove_plugin_destroy,                                  \
            ::grove::http::PluginKind::k##Product, 0, {}                                           \
    }

/// Makes a plugin of the shared object in which it stands. Use it once, at file scope. After `name`
/// (a word) and `version` (a string literal) comes the factory: `[](std::string_view config) ->
/// grove::http::Application { … }`. `config` is the application's "config" as JSON text ("{}" if
/// there is none), valid during the call. The factory runs once for each mount, before the server
/// starts. It may block and spawn, as a request may: greenlets that it began are killed before its
/// result is destroyed, or when it throws. Its working directory is the configuration file's
/// folder: relative paths start there. A std::exception that leaves the factory is reported as a
/// fault of the configuration.
///
/// An object built with CMake's grove_add_plugin() exports only the symbol `grove_plugin`. The
/// object stays loaded until its process ends. It is loaded from a copy in memory, so the file may
/// be replaced at any time. Libraries that its run path finds with $ORIGIN are loaded from their
/// own places, if they have a soname.
#define GROVE_PLUGIN(name, version, ...) \
    GROVE_DETAIL_PLUGIN(#name, version, Application, "application", __VA_ARGS__)

/// The same for a middleware, which "around" names in the configuration. The factory is
/// `[](std::string_view config) -> grove::http::Middleware { … }`, and runs once for each place in
/// an "around". The middleware that it returned is called once, with the application that it is to
/// be around, before the server starts, in the same working directory; an exception that leaves
/// that call is a fault, too.
#define GROVE_MIDDLEWARE(name, version, ...) \
    GROVE_DETAIL_PLUGIN(#name, version, Middleware, "middleware", __VA_ARGS__)
