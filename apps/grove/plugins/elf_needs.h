// elf_needs.h - which libraries a shared object asks for, without running any of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace grove::http {

struct ElfNeeds {
    std::vector<std::string> libraries{};  ///< "libfoo.so.1"
    std::vector<std::string> run_path{};   ///< Where to look first; may begin with "$ORIGIN".
};

/// Empty where the bytes say nothing, or nothing that lies inside of them.
ElfNeeds find_elf_needs(std::string_view bytes);

}  // namespace grove::http
