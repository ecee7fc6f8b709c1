#include <grove/core/local.h>

#include <grove/core/detail/greenlet_state.h>
#include <grove/core/hub.h>

#include "hub_access.h"
#include "this_hub.h"

namespace grove::detail {

LocalValue::~LocalValue() {
    if (greenlet_ == nullptr) return;
    LocalValue** place = &greenlet_->locals;
    while (*place != this) place = &(*place)->next_of_greenlet_;
    *place = next_of_greenlet_;
    if (variable_ == nullptr) return;
    (prev_of_variable_ != nullptr ? prev_of_variable_->next_of_variable_ : variable_->values_) =
        next_of_variable_;
    if (next_of_variable_ != nullptr) next_of_variable_->prev_of_variable_ = prev_of_variable_;
}

LocalVariable::~LocalVariable() {
    while (values_ != nullptr) delete values_;
}

LocalValue* LocalVariable::find() const {
    LocalValue* value = HubAccess::current(current_hub()).locals;
    while (value != nullptr && value->variable_ != this) value = value->next_of_greenlet_;
    return value;
}

void LocalVariable::adopt(std::unique_ptr<LocalValue> owned) {
    LocalValue* value = owned.release();
    value->variable_ = this;
    value->greenlet_ = &HubAccess::current(current_hub());
    value->next_of_greenlet_ = std::exchange(value->greenlet_->locals, value);
    value->next_of_variable_ = std::exchange(values_, value);
    if (value->next_of_variable_ != nullptr) value->next_of_variable_->prev_of_variable_ = value;
}

}  // namespace grove::detail
