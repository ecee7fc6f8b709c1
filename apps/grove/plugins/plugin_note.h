// plugin_note.h - what a plugin's file says of itself, read from its bytes: no code of the plugin runs.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace grove::http {

/// The bytes of a file that should be a plugin.
/// @throws PluginError  it cannot be read, or is not a regular file
std::string read_plugin(const std::filesystem::path& file);
/// @param bytes  of that file
/// @throws PluginError  the file is not a plugin, or was built for another grove
void check_plugin_note(const std::filesystem::path& file, std::string_view bytes);

/// A plugin file's description of itself.
struct PluginInfo {
    std::string name{};            ///< As given to its macro.
    std::string version{};         ///< As given to its macro.
    std::filesystem::path file{};  ///< The plugin's file.
};

/// Reads the description from the file; no code of the plugin runs.
/// @throws PluginError  the file is not a plugin, or was built for another grove
PluginInfo read_plugin_info(const std::filesystem::path& file);

}  // namespace grove::http
