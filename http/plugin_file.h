// plugin_file.h - a plugin's file, judged and copied before anything of it runs.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <grove/core/file_descriptor.h>
#include <grove/http/plugin_abi.h>
#include <grove/http/plugin_loader.h>

namespace grove::http {

/// Not the file itself is loaded but a copy in memory, made when the object is: what happens to the file
/// later is of no effect, in this process and in those forked from it.
class PluginFile {
public:
    /// @throws PluginError  it cannot be read or copied, is no plugin, or one built for another grove
    explicit PluginFile(std::filesystem::path file);

    /// Loads the copy; a second time it is the same object.
    /// @throws PluginError if the system refuses, or the symbol of a plugin is not in it
    const PluginDescriptor& open();

private:
    struct Library {
        std::string name;
        std::filesystem::path file;
    };

    void find_libraries(std::string_view bytes);

    std::filesystem::path file_;
    FileDescriptor copy_;             // until it is loaded
    std::string path_;                // by which the system's loader knows it
    std::vector<Library> libraries_;  // that lie beside the file
};

}  // namespace grove::http
