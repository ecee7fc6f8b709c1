// root_warning.h - what `grove check` says to root of a configuration that names no user.
#pragma once

#include <string>

#include <unistd.h>

namespace grove {

/// A line of its standard error, or "" to who is not root.
inline std::string root_warning(const std::string& file) {
    if (::geteuid() != 0) return "";
    return file +
           ": /user: warning: if root starts grove, as it did this check, workers run as root; "
           "\"user\" may name another user\n";
}

}  // namespace grove
