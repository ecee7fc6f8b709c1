#include "elf_note.h"

#include <bit>
#include <cstddef>
#include <optional>

#include <elf.h>

#include "elf_bytes.h"

namespace grove::http {
namespace {

#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
#elif defined(__riscv)
constexpr Elf64_Half kMachine = EM_RISCV;
#else
#error "which machine do this platform's ELF files name?"
#endif
static_assert(sizeof(void*) == 8, "plugins are 64-bit");

constexpr unsigned char kByteOrder =
    std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;

std::string identity_fault(std::string_view bytes) {
    if (bytes.size() < EI_NIDENT || !bytes.starts_with(std::string_view{ELFMAG, SELFMAG}))
        return "is not an ELF file";
    if (bytes[EI_CLASS] != ELFCLASS64 || bytes[EI_DATA] != kByteOrder)
        return "is an ELF file of another word size or byte order";
    return "";
}

std::string header_fault(const std::optional<Elf64_Ehdr>& header) {
    if (!header) return "is an ELF file cut short in its header";
    if (header->e_machine != kMachine) {
        return "is made for another machine (ELF machine " + std::to_string(header->e_machine) +
               ")";
    }
    if (header->e_type != ET_DYN) return "is an ELF file but not a shared object";
    if (header->e_phentsize != sizeof(Elf64_Phdr))
        return "is an ELF file with program headers of a wrong size";
    return "";
}

// The notes of one segment lie one behind the other, each part padded to the segment's alignment.
std::optional<std::string_view> find_in_segment(std::string_view segment, std::uint64_t alignment,
                                                std::string_view owner, std::uint32_t type) {
    const std::uint64_t step = alignment == 8 ? 8 : 4;
    const auto padded = [&](std::uint64_t size) { return (size + step - 1) / step * step; };
    std::uint64_t offset = 0;
    while (const auto header = elf_load<Elf64_Nhdr>(segment, offset)) {
        const std::uint64_t name_at = offset + sizeof(Elf64_Nhdr);
        const std::uint64_t description_at = offset + padded(sizeof(Elf64_Nhdr) + header->n_namesz);
        const auto name = elf_slice(segment, name_at, header->n_namesz);
        const auto description = elf_slice(segment, description_at, header->n_descsz);
        if (!name || !description) return std::nullopt;
        const bool ours =
            name->size() == owner.size() + 1 && name->starts_with(owner) && name->back() == '\0';
        if (ours && header->n_type == type) return description;
        offset = padded(description_at + header->n_descsz);
    }
    return std::nullopt;
}

}  // namespace

std::string elf_fault(std::string_view bytes) {
    std::string fault = identity_fault(bytes);
    return fault.empty() ? header_fault(elf_load<Elf64_Ehdr>(bytes, 0)) : fault;
}

ElfNote find_elf_note(std::string_view bytes, std::string_view owner, std::uint32_t type) {
    if (std::string fault = elf_fault(bytes); !fault.empty()) return {.fault = std::move(fault)};
    const auto header = elf_load<Elf64_Ehdr>(bytes, 0);
    std::optional<std::string_view> found;
    for (std::uint64_t i = 0; i < header->e_phnum; ++i) {
        // e_phoff may be anything; what wraps around does not lie behind the header.
        const std::uint64_t at = header->e_phoff + i * sizeof(Elf64_Phdr);
        const auto segment = at < header->e_phoff ? std::nullopt : elf_load<Elf64_Phdr>(bytes, at);
        if (!segment) return {.fault = "is an ELF file cut short in its program headers"};
        const auto content = elf_slice(bytes, segment->p_offset, segment->p_filesz);
        if (!content) return {.fault = "is an ELF file cut short: a segment lies past its end"};
        if (segment->p_type == PT_NOTE && !found)
            found = find_in_segment(*content, segment->p_align, owner, type);
    }
    if (!found) return {.fault = "has no note of " + std::string{owner}};
    return {.description = *found};
}

}  // namespace grove::http
