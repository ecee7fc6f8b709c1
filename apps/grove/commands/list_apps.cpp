#include "list_apps.h"

#include <algorithm>
#include <iomanip>
#include <ostream>
#include <vector>

#include "one_line.h"
#include "plugin_error.h"
#include "plugin_note.h"

namespace fs = std::filesystem;
using namespace grove::http;

void list_apps(const fs::path& directory, std::ostream& out, std::ostream& errors) {
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::directory_iterator{directory}) {
        if (entry.path().extension() == ".so") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
        try {
            const PluginInfo info = read_plugin_info(file);
            out << std::left << std::setw(11) << one_line(info.name) << ' ' << std::setw(7)
                << one_line(info.version) << ' ' << one_line(file.string()) << '\n';
        } catch (const PluginError& error) {
            errors << "grove: " << one_line(error.what()) << '\n';
        }
    }
}
