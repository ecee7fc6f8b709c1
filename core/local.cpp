#include <grove/core/local.h>

#include <grove/core/detail/greenlet_state.h>
#include <grove/core/hub.h>

#include "hub_access.h"
#include "this_hub.h"

namespace grove::detail {

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
    value->of_greenlet_ = &HubAccess::current(current_hub()).locals;
    value->next_of_greenlet_ = std::exchange(*value->of_greenlet_, value);
    value->link_of_variable_ = &values_;
    value->next_of_variable_ = std::exchange(values_, value);
    if (value->next_of_variable_ != nullptr)
        value->next_of_variable_->link_of_variable_ = &value->next_of_variable_;
}

}  // namespace grove::detail
