#include "plugin_libraries.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include "elf_needs.h"
#include "elf_note.h"
#include "library_cache.h"
#include "plugin_error.h"
#include "read_file.h"

namespace grove::http {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = std::size_t{1} << 30U;

// "" if it cannot be had.
std::string bytes_of(const fs::path& file) {
    std::error_code ignored;
    if (!fs::is_regular_file(file, ignored)) return "";
    try {
        return read_file(file, kMostBytes);
    } catch (const std::system_error&) {
        return "";
    }
}

struct Found {
    fs::path file;
    std::string bytes;
    bool by_origin = false;
};

// nullopt: does not depend on where the file lies.
std::optional<fs::path> beside(const fs::path& file, std::string_view path) {
    for (const std::string_view origin : {"$ORIGIN", "${ORIGIN}"}) {
        if (path.starts_with(origin)) {
            return fs::path{fs::absolute(file).parent_path().string() +
                            std::string{path.substr(origin.size())}};
        }
    }
    return std::nullopt;
}

std::vector<fs::path> folders_of_environment() {
    std::vector<fs::path> folders;
    const char* const variable = std::getenv("LD_LIBRARY_PATH");
    std::string_view rest = variable == nullptr ? "" : variable;
    while (!rest.empty()) {
        const std::string_view folder = rest.substr(0, rest.find_first_of(":;"));
        folders.emplace_back(folder);
        rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
    }
    return folders;
}

// In the order of the system's loader, which passes over what is for another machine.
class Search {
public:
    std::optional<Found> find(const fs::path& asking, const ElfNeeds& needs,
                              const std::string& name) const {
        for (const fs::path& folder : environment_) {
            if (auto found = take(folder / name)) return found;
        }
        for (const std::string& path : needs.run_path) {
            const std::optional<fs::path> origin = beside(asking, path);
            if (auto found = take(origin.value_or(path) / name)) {
                found->by_origin = origin.has_value();
                return found;
            }
        }
        for (const std::string& file : find_in_library_cache(cache_, name)) {
            if (auto found = take(file)) return found;
        }
        return std::nullopt;
    }

private:
    static std::optional<Found> take(const fs::path& file) {
        std::string bytes = bytes_of(file);
        if (!elf_fault(bytes).empty()) return std::nullopt;
        return Found{.file = file, .bytes = std::move(bytes)};
    }

    std::vector<fs::path> environment_ = folders_of_environment();
    std::string cache_ = bytes_of("/etc/ld.so.cache");
};

// By which path the process has loaded a library of this name; empty: it has none.
std::string path_of_loaded(const std::string& name) {
    void* const object = ::dlopen(name.c_str(), RTLD_LAZY | RTLD_NOLOAD);
    if (object == nullptr) return "";
    const link_map* map = nullptr;
    const bool known = ::dlinfo(object, RTLD_DI_LINKMAP, &map) == 0;
    std::string path = known ? map->l_name : "";
    ::dlclose(object);
    return path;
}

// What the process had loaded when it first was asked for: before any plugin.
const std::set<std::string>& own_libraries() {
    static const std::set<std::string> own = [] {
        std::set<std::string> paths;
        const auto add = [](dl_phdr_info* object, std::size_t, void* all) {
            const std::string path = object->dlpi_name;  // the program's own is ""
            if (!path.empty()) static_cast<std::set<std::string>*>(all)->insert(path);
            return 0;
        };
        ::dl_iterate_phdr(add, &paths);
        return paths;
    }();
    return own;
}

std::string_view build_id(std::string_view bytes) {
    return find_elf_note(bytes, "GNU", NT_GNU_BUILD_ID).description;
}

bool is_one_library(const fs::path& a, const fs::path& b) {
    std::error_code ignored;
    if (a == b || fs::equivalent(a, b, ignored)) return true;
    const std::string bytes[] = {bytes_of(a), bytes_of(b)};
    const std::string_view id = build_id(bytes[0]);
    return (!id.empty() && id == build_id(bytes[1])) || bytes[0] == bytes[1];
}

// All that it asks for, and what those do, but for what is the process's own.
std::vector<PluginLibrary> find_all(const fs::path& plugin, std::string_view bytes) {
    const std::set<std::string>& own = own_libraries();
    const Search search;
    std::vector<PluginLibrary> libraries;
    std::set<std::string> seen;
    const std::function<void(const fs::path&, std::string_view)> look = [&](const fs::path& file,
                                                                            std::string_view its) {
        const ElfNeeds needs = find_elf_needs(its);
        for (const std::string& name : needs.libraries) {
            const bool is_path = name.find('/') != name.npos;  // is loaded whatever else there is
            if (is_path || !seen.insert(name).second) continue;
            if (own.contains(path_of_loaded(name))) continue;
            const std::optional<Found> found = search.find(file, needs, name);
            if (!found) continue;
            libraries.push_back({.name = name,
                                 .file = found->file,
                                 .beside = found->by_origin && &file == &plugin});
            look(found->file, found->bytes);
        }
    };
    look(plugin, bytes);
    return libraries;
}

}  // namespace

std::vector<PluginLibrary> PluginLibraries::add(const fs::path& plugin, std::string_view bytes) {
    std::vector<PluginLibrary> libraries = find_all(plugin, bytes);
    for (const PluginLibrary& library : libraries) {
        const auto known = known_.find(library.name);
        if (known == known_.end() || is_one_library(known->second.file, library.file)) continue;
        throw PluginError{plugin.string() + ": needs " + library.name + " and would get " +
                          library.file.string() + ", but " + known->second.plugin.string() +
                          " uses " + known->second.file.string() +
                          "; a process has one library of each name: give both plugins one file, "
                          "or two files of one build-id"};
    }
    for (const PluginLibrary& library : libraries)
        known_.emplace(library.name, Known{library.file, plugin});
    return libraries;
}

}  // namespace grove::http
