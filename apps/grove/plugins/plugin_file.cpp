#include "plugin_file.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <dlfcn.h>

#include "plugin_copy.h"
#include "plugin_error.h"
#include "plugin_note.h"

namespace grove::http {
namespace {

namespace fs = std::filesystem;

FileDescriptor copy_of(const fs::path& file, std::string_view bytes) {
    try {
        return copy_of_code(file.filename(), bytes, copy_folders());
    } catch (const std::runtime_error& error) {
        refuse_plugin(file,
                      std::string{"cannot be copied to a place that code may be loaded from ("} +
                          error.what() +
                          "), wanted a TMPDIR that allows it, or \"copy_plugins\": false");
    }
}

// In a copy $ORIGIN does not mean the file's folder: what was found by it is to be loaded from where it lies.
// @return names and files, each with a NUL behind it
std::string text_of_those_beside(const std::vector<PluginLibrary>& libraries) {
    std::string text;
    for (const PluginLibrary& library : libraries) {
        if (library.beside) text += library.name + '\0' + library.file.string() + '\0';
    }
    return text;
}

// Up to the next NUL, which goes too.
std::string_view take_text(std::string_view& rest) {
    const std::string_view text = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(rest.size(), text.size() + 1));
    return text;
}

}  // namespace

Sources::Content PluginFile::read(const fs::path& file, PluginCopies copies,
                                  PluginLibraries& libraries) {
    const std::string bytes = read_plugin(file);
    check_plugin_note(file, bytes);
    if (copies == PluginCopies::kNone) {
        libraries.add(fs::absolute(file), bytes);
        return {};  // the system's loader finds what lies beside the file
    }
    FileDescriptor copy = copy_of(file, bytes);  // first: what is refused brings no libraries
    return {.bytes = text_of_those_beside(libraries.add(fs::absolute(file), bytes)),
            .file = std::move(copy)};
}

PluginFile::PluginFile(fs::path file, Sources::Content content)
    : file_{std::move(file)}, place_{fs::absolute(file_)}, copy_{std::move(content.file)} {
    for (std::string_view rest = content.bytes; !rest.empty();) {
        std::string name{take_text(rest)};
        libraries_.push_back({std::move(name), take_text(rest)});
    }
}

// dlopen() of a path that is open already gives the code that is loaded already, even if the file was
// replaced: so each copy has a path of its own, which names a descriptor that stays open for ever: its
// number must not come to mean another object. The path is that of the process that loads it: a debugger is to find
// it there.
std::string PluginFile::path_to_load() const {
    if (copy_) return name_for_all(copy_);
    check_plugin_note(file_, read_plugin(place_));
    return place_.string();
}

const PluginDescriptor& PluginFile::open() {
    for (const Library& library : libraries_) {
        // Grove's own are there. One that cannot be loaded is reported below, as missing.
        if (void* const known = ::dlopen(library.name.c_str(), RTLD_LAZY | RTLD_NOLOAD)) {
            ::dlclose(known);
        } else {
            ::dlopen(library.file.c_str(), RTLD_NOW | RTLD_LOCAL);
        }
    }
    if (path_.empty()) path_ = path_to_load();
    void* const object = ::dlopen(path_.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (object == nullptr) {
        std::string_view reason = ::dlerror();
        if (reason.starts_with(path_ + ": ")) reason.remove_prefix(path_.size() + 2);
        refuse_plugin(file_, "cannot be loaded: " + std::string{reason});
    }
    (void)copy_.release();
    const void* const symbol = ::dlsym(object, "grove_plugin");
    if (symbol == nullptr) {
        refuse_plugin(
            file_,
            "has no symbol grove_plugin, wanted one GROVE_PLUGIN(…) or GROVE_MIDDLEWARE(…) in it");
    }
    return *static_cast<const PluginDescriptor*>(symbol);
}

}  // namespace grove::http
