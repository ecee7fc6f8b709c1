#include <grove/core/detail/trim_stack.h>

#include <grove/core/hub.h>

#include "hub_access.h"
#include "stack_pool.h"

namespace grove {

void trim_stack() noexcept {
    StackPool::trim_below(*HubAccess::current(get_hub()).context, __builtin_frame_address(0));
}

}  // namespace grove
