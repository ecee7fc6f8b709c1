// assertion_failed.cpp - the last line of a process whose contract or invariant is broken; it names
// the running greenlet.
#include <cstdlib>
#include <exception>
#include <string>

#include <grove/core/detail/assert.h>
#include <grove/core/detail/standard_error.h>

#include "hub_access.h"

namespace grove {
namespace {

constexpr int kPatience = 100;  // milliseconds, of a process that is about to die

}  // namespace

void detail::assertion_failed(const char* condition, const char* message, const char* file,
                              int line) noexcept {
    Hub* const hub = HubAccess::existing();
    try {
        write_to_standard_error(
            std::string{"grove: "} + file + ":" + std::to_string(line) + ": " + message + " (" +
                condition + "), in greenlet " +
                (hub != nullptr ? HubAccess::current(*hub).display_name() : "none") + "\n",
            kPatience);
    } catch (const std::exception&) {  // no memory: it aborts all the same
    }
    std::abort();
}

}  // namespace grove
