// thread_check.h - objects belong to the thread whose hub made them.
#pragma once

#include <stdexcept>
#include <string>

#include <grove/core/hub.h>

#include "this_hub.h"

namespace grove {

[[noreturn]] void refuse_thread(const char* call);

/// @throws std::logic_error naming `call` on any thread but the hub's
inline void check_thread(const Hub& hub, const char* call) {
    if (&hub != this_hub) [[unlikely]]
        refuse_thread(call);
}

}  // namespace grove
