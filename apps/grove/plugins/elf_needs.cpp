#include "elf_needs.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include <elf.h>

#include "elf_bytes.h"

namespace grove::http {
namespace {

class Object {
public:
    explicit Object(std::string_view bytes) : bytes_{bytes} {
        const auto header = elf_load<Elf64_Ehdr>(bytes, 0);
        for (std::uint64_t i = 0; header && i < header->e_phnum; ++i) {
            const std::uint64_t at = header->e_phoff + i * sizeof(Elf64_Phdr);
            const auto segment =
                at < header->e_phoff ? std::nullopt : elf_load<Elf64_Phdr>(bytes, at);
            if (!segment) return;
            if (segment->p_type == PT_LOAD) loaded_.push_back(*segment);
            if (segment->p_type == PT_DYNAMIC)
                dynamic_ = elf_slice(bytes, segment->p_offset, segment->p_filesz).value_or("");
        }
    }

    /// Of all entries with this tag.
    [[nodiscard]] std::vector<std::uint64_t> values(std::int64_t tag) const {
        std::vector<std::uint64_t> found;
        for (std::uint64_t at = 0;; at += sizeof(Elf64_Dyn)) {
            const auto entry = elf_load<Elf64_Dyn>(dynamic_, at);
            if (!entry || entry->d_tag == DT_NULL) return found;
            if (entry->d_tag == tag) found.push_back(entry->d_un.d_val);
        }
    }

    /// The bytes that would lie at this address, up to their segment's end.
    [[nodiscard]] std::string_view at_address(std::uint64_t address) const {
        for (const Elf64_Phdr& segment : loaded_) {
            const std::uint64_t offset = address - segment.p_vaddr;
            if (address < segment.p_vaddr || offset >= segment.p_filesz) continue;
            const auto content = elf_slice(bytes_, segment.p_offset, segment.p_filesz);
            return content ? content->substr(offset) : std::string_view{};
        }
        return {};
    }

private:
    std::string_view bytes_;
    std::string_view dynamic_;
    std::vector<Elf64_Phdr> loaded_;
};

}  // namespace

ElfNeeds find_elf_needs(std::string_view bytes) {
    const Object object{bytes};
    const std::vector<std::uint64_t> addresses = object.values(DT_STRTAB);
    const std::string_view strings = addresses.empty() ? "" : object.at_address(addresses[0]);
    const auto text = [&](std::uint64_t at) {
        const std::string_view rest = at < strings.size() ? strings.substr(at) : "";
        return rest.substr(0, rest.find('\0'));
    };
    ElfNeeds needs;
    for (const std::uint64_t at : object.values(DT_NEEDED)) needs.libraries.emplace_back(text(at));
    std::vector<std::uint64_t> paths = object.values(DT_RUNPATH);
    if (paths.empty()) paths = object.values(DT_RPATH);
    std::string_view path = paths.empty() ? "" : text(paths[0]);
    while (!path.empty()) {
        needs.run_path.emplace_back(path.substr(0, path.find(':')));
        path.remove_prefix(std::min(path.size(), needs.run_path.back().size() + 1));
    }
    return needs;
}

}  // namespace grove::http
