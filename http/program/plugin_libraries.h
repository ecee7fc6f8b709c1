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

/// What the plugins of one loader bring into a process. That has one library of a name: whoever asks for another of it
/// gets the first, and nobody says so.
class PluginLibraries {
public:
    /// Finds what `plugin`, with these bytes, asks for, and what that asks for. Left out is what this process has for its
    /// own, and what is not found: the system's loader will name it. Reads files.
    /// @throws PluginError  an earlier plugin has another library of one of the names; then none is added. Another: not
    ///                      that file, nor one of its build-id, nor one of its bytes.
    std::vector<PluginLibrary> add(const std::filesystem::path& plugin, std::string_view bytes);

private:
    struct Known {
        std::filesystem::path file;
        std::filesystem::path plugin;
    };

    std::map<std::string, Known> known_;
};

}  // namespace grove::http
