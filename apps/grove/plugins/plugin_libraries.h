// plugin_libraries.h - which files the libraries of plugins are, before the system's loader is asked.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace grove::http {

struct PluginLibrary {
    std::string name{};            ///< By which it is asked for.
    std::filesystem::path file{};  ///< What a process loads that has none of this name.
    bool beside = false;           ///< The plugin itself asks for it and finds it by $ORIGIN.
};

/// The libraries that the plugins of one loader bring into a process. A process has one library of
/// each name: a plugin that asks for another library of the name silently gets the first.
class PluginLibraries {
public:
    /// Finds the libraries that `plugin`, with these bytes, asks for, and the libraries that they
    /// ask for. Leaves out this process's own libraries, and missing libraries, which the system's
    /// loader will name. Reads files.
    /// @throws PluginError  an earlier plugin has another library of one of the names; then nothing
    ///                      is added. Another library has neither the file, nor the build-id, nor
    ///                      the bytes of the first.
    std::vector<PluginLibrary> add(const std::filesystem::path& plugin, std::string_view bytes);

private:
    struct Known {
        std::filesystem::path file;
        std::filesystem::path plugin;
    };

    std::map<std::string, Known> known_;
};

}  // namespace grove::http
