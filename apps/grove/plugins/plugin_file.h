// plugin_file.h - a plugin's file, judged and mostly copied before anything of it runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <grove/core/file_descriptor.h>
#include <grove/http/plugin_abi.h>
#include <grove/http/sources.h>

#include "plugin_libraries.h"

namespace grove::http {

/// The form in which a plugin is loaded.
enum class PluginCopies : std::uint8_t {
    kMade,  ///< A copy in memory, or in a nameless file where memory may hold no code.
    kNone,  ///< The file itself, so that tools find the names of its functions.
};

/// Unless told otherwise it loads a copy and not the file itself: what happens to the file later is of no effect, in
/// any process that has the copy.
class PluginFile {
public:
    /// Judges the file, and copies it if it is told to.
    /// @param libraries  of the loader: this plugin's are added
    /// @return what another process needs to load it
    /// @throws PluginError  it cannot be read or copied, is no plugin, or one built for another grove, or asks for
    ///                      another library than an earlier one
    static Sources::Content read(const std::filesystem::path& file, PluginCopies copies,
                                 PluginLibraries& libraries);

    /// @param file  if it is relative, of the folder where the process is now: it is opened elsewhere
    /// @param content  of that file, as read() gave it
    PluginFile(std::filesystem::path file, Sources::Content content);

    /// Loads it; a second time it is the same object.
    /// @throws PluginError  the system refuses, or the symbol of a plugin is not in it. A file that was not copied
    ///                      may have become another, and is judged again
    const PluginDescriptor& open();

private:
    [[nodiscard]] std::string path_to_load() const;

    struct Library {
        std::string name;
        std::filesystem::path file;
    };

    std::filesystem::path file_;      // as the configuration has it
    std::filesystem::path place_;     // from the root on
    FileDescriptor copy_;             // until it is loaded; none: the file itself is
    std::string path_;                // by which the system's loader knows it, once it was asked
    std::vector<Library> libraries_;  // that lie beside the file
};

}  // namespace grove::http
