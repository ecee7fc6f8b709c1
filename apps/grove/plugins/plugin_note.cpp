#include "plugin_note.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <system_error>

#include "elf_note.h"
#include "own_note.h"
#include "plugin_error.h"
#include "read_file.h"

namespace grove::http {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostPluginBytes = std::size_t{1} << 30U;
constexpr const char* kWanted = ", wanted a plugin built with grove_add_plugin()";
constexpr const char* kRebuild = ", build it again against this grove";
const PluginNote& kOurs = own_note();

std::string printable(std::string_view text) {
    std::string shown;
    for (const char c : text) shown += c >= ' ' && c <= '~' ? c : '?';
    return shown;
}

}  // namespace

std::string read_plugin(const fs::path& file) {
    std::error_code ignored;
    if (fs::exists(file, ignored) && !fs::is_regular_file(file, ignored))
        refuse_plugin(file, std::string{"is not a regular file"} + kWanted);
    try {
        return read_file(file, kMostPluginBytes);
    } catch (const std::system_error& error) {
        refuse_plugin(file, error.what());
    }
}

void check_plugin_note(const fs::path& file, std::string_view bytes) {
    const ElfNote note = find_elf_note(bytes, kOurs.name, kOurs.type);
    if (!note.fault.empty()) refuse_plugin(file, note.fault + kWanted);
    std::uint32_t abi = 0;
    if (note.description.size() < sizeof(abi))
        refuse_plugin(file, std::string{"has a broken note of grove"} + kWanted);
    std::memcpy(&abi, note.description.data(), sizeof(abi));
    if (abi != kOurs.abi) {
        refuse_plugin(file, "is built for plugin ABI " + std::to_string(abi) + ", wanted " +
                                std::to_string(kOurs.abi) + kRebuild);
    }
    std::string_view signature = note.description.substr(sizeof(abi));
    signature = signature.substr(0, signature.find('\0'));
    if (signature != kOurs.signature) {
        refuse_plugin(file, "is built with \"" + printable(signature) + "\", wanted \"" +
                                kOurs.signature + "\"" + kRebuild);
    }
}

PluginInfo read_plugin_info(const fs::path& file) {
    const std::string bytes = read_plugin(file);
    check_plugin_note(file, bytes);
    const ElfNote note = find_elf_note(bytes, kOurs.name, kPluginNameNoteType);
    if (!note.fault.empty()) refuse_plugin(file, "does not say its name" + std::string{kWanted});
    const std::size_t end = note.description.find('\0');
    std::string_view version = note.description.substr(std::min(end, note.description.size()));
    if (!version.empty()) version.remove_prefix(1);
    return {.name = printable(note.description.substr(0, end)),
            .version = printable(version.substr(0, version.find('\0'))),
            .file = file};
}

}  // namespace grove::http
