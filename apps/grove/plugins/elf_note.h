// elf_note.h - finds one note in the bytes of a shared object, without running any of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace grove::http {

/// What the bytes are. Views into them.
struct ElfNote {
    std::string_view description{};  ///< Of the note; empty if `fault` is not.
    std::string fault{};             ///< Why there is none, as in "is not an ELF file".
};

/// Why the system's loader would not take these bytes for a shared object of this machine; empty if it would.
std::string elf_fault(std::string_view bytes);

/// Looks for the note of `owner` and `type` in the program headers, as the system's loader would
/// see the file. Any bytes may be given: nothing outside of them is read. Also refuses what that
/// loader would map without a look at the file's size: segments past its end.
ElfNote find_elf_note(std::string_view bytes, std::string_view owner, std::uint32_t type);

}  // namespace grove::http
