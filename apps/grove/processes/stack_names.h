// stack_names.h - the names of the calls that another process has noted.
#pragma once

#include <string>

#include "stack_note.h"

namespace grove::http {

struct StackNames {
    std::string
        text{};  ///< "innermost+0x1f < its caller+0x8 < …", up to where the server called an application.
    std::string place{};  ///< The innermost function outside of the system's libraries.
};

/// Reads the files that hold the code, which may block. Of those that have no name any more (copies of plugins)
/// it reads what this process has open. Fit for a log.
[[nodiscard]] StackNames names_of(const StackNote& stack);
/// Reads nothing: places in files, "plugin.so+0x1234 < …", which tools can name later.
[[nodiscard]] StackNames places_of(const StackNote& stack);

}  // namespace grove::http
