// call_site.h - the call that a return address belongs to, as the machine's code has it.
#pragma once

#include <cstdint>

#include "checked_memory.h"
#include "code_map.h"

namespace grove::http {

struct CallSite {
    enum class Kind : std::uint8_t {
        kNone,     // no call lies before the address
        kUnknown,  // one does, to what a register or a variable held
        kKnown,
    };

    Kind kind = Kind::kNone;
    std::uintptr_t target = 0;  ///< If known: the function's first instruction.
};

/// For signal handlers.
[[nodiscard]] CallSite call_before(std::uintptr_t return_address, const CodeMap& code,
                                   const CheckedMemory& memory) noexcept;

}  // namespace grove::http
