#include "plugin_file.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <dlfcn.h>

#include "elf_note.h"
#include "own_note.h"
#include "plugin_copy.h"
#include "read_file.h"

namespace grove::http {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostPluginBytes = std::size_t{1} << 30U;
constexpr const char* kWanted = ", wanted a plugin built with grove_add_plugin()";
constexpr const char* kRebuild = ", build it again against this grove";
const PluginNote& kOurs = own_note();

[[noreturn]] void refuse(const fs::path& file, const std::string& reason) {
    throw PluginError{file.string() + ": " + reason};
}

std::string read_plugin(const fs::path& file) {
    std::error_code ignored;
    if (fs::exists(file, ignored) && !fs::is_regular_file(file, ignored)) {
        refuse(file, std::string{"is no regular file"} + kWanted);
    }
    try {
        return read_file(file, kMostPluginBytes);
    } catch (const std::system_error& error) {
        refuse(file, error.what());
    }
}

std::string printable(std::string_view text) {
    std::string shown;
    for (const char c : text) shown += c >= ' ' && c <= '~' ? c : '?';
    return shown;
}

void check_note(const fs::path& file, std::string_view bytes) {
    const ElfNote note = find_elf_note(bytes, kOurs.name, kOurs.type);
    if (!note.fault.empty()) {
        refuse(file, note.fault + kWanted);
    }
    std::uint32_t abi = 0;
    if (note.description.size() < sizeof(abi)) {
        refuse(file, std::string{"has a broken note of grove"} + kWanted);
    }
    std::memcpy(&abi, note.description.data(), sizeof(abi));
    if (abi != kOurs.abi) {
        refuse(file, "is built for plugin ABI " + std::to_string(abi) + ", wanted " +
                         std::to_string(kOurs.abi) + kRebuild);
    }
    std::string_view signature = note.description.substr(sizeof(abi));
    signature = signature.substr(0, signature.find('\0'));
    if (signature != kOurs.signature) {
        refuse(file, "is built with \"" + printable(signature) + "\", wanted \"" + kOurs.signature +
                         "\"" + kRebuild);
    }
}

FileDescriptor copy_of(const fs::path& file, std::string_view bytes) {
    try {
        return copy_of_code(file.filename(), bytes, copy_folders());
    } catch (const std::runtime_error& error) {
        refuse(file, std::string{"cannot be copied to where code may be loaded from ("} +
                         error.what() +
                         "), wanted a TMPDIR that allows it, or \"copy_plugins\": false");
    }
}

// In a copy $ORIGIN does not mean the file's folder: what was found by it is to be loaded from where it lies.
// @return names and files, each with a NUL behind it
std::string text_of_those_beside(const std::vector<PluginLibrary>& libraries) {
    std::string text;
    for (const PluginLibrary& library : libraries)
        if (library.beside) text += library.name + '\0' + library.file.string() + '\0';
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
    check_note(file, bytes);
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
    check_note(file_, read_plugin(place_));
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
        if (reason.starts_with(path_ + ": ")) {
            reason.remove_prefix(path_.size() + 2);
        }
        refuse(file_, "cannot be loaded: " + std::string{reason});
    }
    (void)copy_.release();
    const void* const symbol = ::dlsym(object, "grove_plugin");
    if (symbol == nullptr) {
        refuse(
            file_,
            "has no symbol grove_plugin, wanted one GROVE_PLUGIN(…) or GROVE_MIDDLEWARE(…) in it");
    }
    return *static_cast<const PluginDescriptor*>(symbol);
}

PluginInfo read_plugin_info(const fs::path& file) {
    const std::string bytes = read_plugin(file);
    check_note(file, bytes);
    const ElfNote note = find_elf_note(bytes, kOurs.name, kPluginNameNoteType);
    if (!note.fault.empty()) refuse(file, "does not say its name" + std::string{kWanted});
    const std::size_t end = note.description.find('\0');
    std::string_view version = note.description.substr(std::min(end, note.description.size()));
    if (!version.empty()) version.remove_prefix(1);
    return {.name = printable(note.description.substr(0, end)),
            .version = printable(version.substr(0, version.find('\0'))),
            .file = file};
}

}  // namespace grove::http
