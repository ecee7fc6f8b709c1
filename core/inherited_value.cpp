#include <grove/core/detail/inherited_value.h>

#include <utility>

#include <grove/core/detail/greenlet_state.h>
#include <grove/core/hub.h>

#include "hub_access.h"
#include "this_hub.h"

namespace grove::detail {

void InheritedValue::join(GreenletState& greenlet) noexcept {
    greenlet_ = &greenlet;
    next_of_greenlet_ = std::exchange(greenlet.locals, this);
}

void InheritedValue::join_running() { join(HubAccess::current(current_hub())); }

const InheritedValue* InheritedValue::newest_of(const GreenletState& greenlet) noexcept {
    const LocalValue* value = greenlet.locals;
    while (value != nullptr && value->variable_ != nullptr) value = value->next_of_greenlet_;
    return static_cast<const InheritedValue*>(value);
}

const InheritedValue* InheritedValue::of_running() noexcept {
    return this_hub != nullptr ? newest_of(HubAccess::current(*this_hub)) : nullptr;
}

void InheritedValue::hand_on(const GreenletState& maker, GreenletState& made) {
    const InheritedValue* const value = newest_of(maker);
    if (value == nullptr) return;
    if (std::unique_ptr<InheritedValue> its_own = value->for_child()) its_own.release()->join(made);
}

}  // namespace grove::detail
