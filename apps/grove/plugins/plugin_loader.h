// plugin_loader.h - finds, judges and loads plugins.
//
// Thread: the thread that starts or reloads a server; loading reads files and blocks.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <grove/http/application.h>
#include <grove/http/middleware.h>
#include <grove/http/plugin_abi.h>
#include <grove/http/sources.h>

#include "plugin_file.h"
#include "plugin_libraries.h"

namespace grove::http {

/// A loaded plugin: a handle, cheap to copy. The code behind it stays until the process ends.
class Plugin {
public:
    /// Made by PluginLoader.
    Plugin(const PluginDescriptor& descriptor, std::filesystem::path file);

    /// The plugin's own name, which need not be its file's.
    [[nodiscard]] std::string_view name() const noexcept;
    [[nodiscard]] std::string_view version() const noexcept;  ///< The plugin's own.
    /// The file that was loaded.
    [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }

    /// Calls the plugin's factory with a JSON object's text.
    /// @throws PluginError  with the text of the factory's exception, and nothing else; or the
    ///                      plugin is a middleware: then nothing of it was called
    [[nodiscard]] Application create(std::string_view config) const;
    /// The same for a middleware. What it returns throws only PluginError, with the text of the
    /// middleware's exception, also if the middleware returned no application.
    /// @throws PluginError  as create(); or the plugin is an application
    [[nodiscard]] Middleware create_middleware(std::string_view config) const;

private:
    template <class Product>
    [[nodiscard]] std::shared_ptr<const Product> call_factory(std::string_view config) const;
    void expect(PluginKind kind) const;

    const PluginDescriptor* descriptor_;
    std::filesystem::path file_;
};

/// Loads plugins, each file once. A new loader loads the files anew, beside the files that an older
/// loader loaded: so a reload gets the code that lies there now.
///
/// Processes that are forked after copy() load the copy, whatever has become of the file meanwhile.
/// Without copies each process loads the file as it is then. For a process, a file that it has
/// loaded stays the same: replace such a file by another (rename(2)), never write into it.
///
/// Libraries that plugins ask for are loaded once in a process, from their own places: a new loader
/// does not change them.
class PluginLoader {
public:
    /// `directories`: searched for names, in order.
    explicit PluginLoader(std::vector<std::filesystem::path> directories);
    /// @param sources  finds and copies everything; must outlive the loader
    PluginLoader(std::vector<std::filesystem::path> directories, Sources& sources,
                 PluginCopies copies = PluginCopies::kMade);
    ~PluginLoader();
    PluginLoader(const PluginLoader&) = delete;
    PluginLoader& operator=(const PluginLoader&) = delete;

    /// Finds, judges and copies the file that load() will load; no code of the plugin runs.
    /// @return the file. @throws PluginError as load() does
    const std::filesystem::path& copy(const std::string& app);
    /// @param app  a name, searched for as NAME.so in the directories in their order; with a "/"
    ///             the path of a file.
    /// @throws PluginError  the plugin is not there, is not a plugin, was built for another grove,
    ///                      or asks for another library than an earlier plugin by the same name;
    ///                      then no code of it has run, unless the system refused to load it.
    Plugin load(const std::string& app);

private:
    [[nodiscard]] std::filesystem::path find(const std::string& app) const;

    std::unique_ptr<Sources> own_;
    Sources& sources_;
    std::vector<std::filesystem::path> directories_;
    PluginCopies how_ = PluginCopies::kMade;
    PluginLibraries libraries_;
    std::map<std::string, std::filesystem::path> files_;
    std::map<std::filesystem::path, PluginFile> copies_;
    std::map<std::filesystem::path, Plugin> loaded_;
};

}  // namespace grove::http
