#include "library_cache.h"

#include <cstdint>

#include "elf_bytes.h"

namespace grove::http {
namespace {

// glibc's sysdeps/generic/dl-cache.h; offsets of texts count from the file's begin.
constexpr std::string_view kMagic = "glibc-ld.so.cache1.1";

struct Header {
    char magic[kMagic.size()];
    std::uint32_t entries;
    std::uint32_t text_bytes;
    std::uint32_t others[5];
};

struct Entry {
    std::int32_t flags;
    std::uint32_t name;
    std::uint32_t file;
    std::uint32_t os_version;
    std::uint64_t hardware;
};

std::string_view text_at(std::string_view bytes, std::uint64_t at) {
    const std::string_view rest = at < bytes.size() ? bytes.substr(at) : "";
    return rest.substr(0, rest.find('\0'));
}

}  // namespace

std::vector<std::string> find_in_library_cache(std::string_view bytes, std::string_view name) {
    std::vector<std::string> files;
    const auto header = elf_load<Header>(bytes, 0);
    if (!header || !bytes.starts_with(kMagic)) return files;
    for (std::uint64_t i = 0; i < header->entries; ++i) {
        const auto entry = elf_load<Entry>(bytes, sizeof(Header) + i * sizeof(Entry));
        if (!entry) break;
        if (text_at(bytes, entry->name) == name) files.emplace_back(text_at(bytes, entry->file));
    }
    return files;
}

}  // namespace grove::http
