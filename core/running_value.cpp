// running_value.cpp - the inherited value of the greenlet that runs.
#include <grove/core/detail/greenlet_state.h>
#include <grove/core/detail/inherited_value.h>
#include <grove/core/hub.h>

#include "hub_access.h"
#include "this_hub.h"

namespace grove::detail {

void InheritedValue::join_running() { join(HubAccess::current(current_hub()).locals); }

const InheritedValue* InheritedValue::of_running() noexcept {
    return this_hub != nullptr ? newest_of(HubAccess::current(*this_hub).locals) : nullptr;
}

}  // namespace grove::detail
