// symbols.h - names of code addresses, from the symbol tables of the program and its libraries.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace grove {

/// Reads each file's table once, when first asked. For reports: slow, and allocates.
class Symbols {
public:
    /// "grove::sleep(...)+0x1f", "libc.so.6+0x29d90" where no name is known, or the bare address.
    [[nodiscard]] std::string describe(const void* address);

private:
    struct Function {
        std::uintptr_t begin;  // from where the file was loaded
        std::uintptr_t bytes;
        std::string name;
    };

    static std::vector<Function> read(const char* file);
    const Function* find(const char* file, std::uintptr_t offset);

    std::map<std::string, std::vector<Function>> files_;  // each sorted by begin
};

}  // namespace grove
