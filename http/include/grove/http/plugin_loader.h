// plugin_loader.h - finds, judges and loads plugins.
//
// Thread: one that starts or reloads a server; loading reads files and blocks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/http/application.h>

namespace grove::http {

class PluginFile;
class PluginLibraries;
class Sources;
struct PluginDescriptor;

/// A plugin that cannot be had: "FILE: what was found, what is wanted".
class GROVE_EXPORT PluginError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
    ~PluginError() override;
};

/// A loaded plugin: a handle, cheap to copy. The code behind it stays until the process ends.
class GROVE_EXPORT Plugin {
public:
    /// Made by PluginLoader.
    Plugin(const PluginDescriptor& descriptor, std::filesystem::path file);

    /// Its own, which need not be the file's.
    [[nodiscard]] std::string_view name() const noexcept;
    [[nodiscard]] std::string_view version() const noexcept;  ///< Its own.
    /// What was loaded.
    [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }

    /// Calls the plugin's factory with a JSON object's text.
    /// @throws PluginError  with the text of what the factory threw, and nothing else in it.
    [[nodiscard]] Application create(std::string_view config) const;

private:
    const PluginDescriptor* descriptor_;
    std::filesystem::path file_;
};

/// What a plugin's file says of itself.
struct PluginInfo {
    std::string name{};            ///< As GROVE_PLUGIN was given it.
    std::string version{};         ///< Likewise.
    std::filesystem::path file{};  ///< Where it lies.
};

/// Reads it from the file; nothing of the plugin runs.
/// @throws PluginError  no plugin, or one built for another grove
GROVE_EXPORT PluginInfo read_plugin_info(const std::filesystem::path& file);

/// What is loaded of a plugin.
enum class PluginCopies : std::uint8_t {
    kMade,  ///< A copy in memory, or where that may hold no code in a nameless file.
    kNone,  ///< The file itself, so that tools find the names of its functions.
};

/// Loads plugins, each file once. A new loader loads the files anew, beside what an older one
/// loaded: so a reload gets the code that lies there now.
///
/// Processes that are forked after copy() load the copy, whatever has become of the file meanwhile. Without
/// copies each loads the file as it is then. A file that a process has loaded once stays the same for it: replace
/// such a file by another (rename(2)), never write into it.
///
/// Libraries that plugins ask for are loaded once in a process, from where they lie: a new loader changes none of them.
class GROVE_EXPORT PluginLoader {
public:
    /// `directories`: where names are looked for, in order.
    explicit PluginLoader(std::vector<std::filesystem::path> directories);
    /// @param sources  by which all is found and copied; must outlive this
    PluginLoader(std::vector<std::filesystem::path> directories, Sources& sources,
                 PluginCopies copies = PluginCopies::kMade);
    ~PluginLoader();
    PluginLoader(const PluginLoader&) = delete;
    PluginLoader& operator=(const PluginLoader&) = delete;

    /// Finds, judges and copies what load() will load; nothing of it runs.
    /// @return the file. @throws PluginError as load() does
    const std::filesystem::path& copy(const std::string& app);
    /// @param app  a name, looked for as NAME.so in the directories in their order; with a "/" the
    ///             path of a file.
    /// @throws PluginError  it is not there, or no plugin, or one built for another grove, or it asks for a
    ///                      library of which an earlier plugin has another; then
    ///                      nothing of it has run, unless the system refused to load it.
    Plugin load(const std::string& app);

private:
    [[nodiscard]] std::filesystem::path find(const std::string& app) const;

    std::unique_ptr<Sources> own_;
    Sources& sources_;
    std::vector<std::filesystem::path> directories_;
    PluginCopies how_ = PluginCopies::kMade;
    std::unique_ptr<PluginLibraries> libraries_;
    std::map<std::string, std::filesystem::path> files_;
    std::map<std::filesystem::path, std::unique_ptr<PluginFile>> copies_;
    std::map<std::filesystem::path, Plugin> loaded_;
};

}  // namespace grove::http
