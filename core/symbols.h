// symbols.h - names of code addresses, from the symbol tables of the program and its libraries.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

namespace grove {

/// For reports. An address is looked for in its file once, which takes some tens of microseconds, and is
/// remembered then: the places where greenlets block are few.
class Symbols {
public:
    /// "grove::sleep(...)+0x1f", "libc.so.6+0x29d90" where no name is known, or the bare address.
    [[nodiscard]] const std::string& describe(const void* address);
    /// As name_of_code(), of a file that need not be loaded here.
    [[nodiscard]] static std::string in_file(const std::string& file, std::uint64_t offset,
                                             bool returns);

private:
    std::unordered_map<const void*, std::string> known_;
};

}  // namespace grove
