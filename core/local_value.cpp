#include <grove/core/detail/local_value.h>

namespace grove::detail {

LocalValue::~LocalValue() {
    if (of_greenlet_ == nullptr) return;
    LocalValue** place = of_greenlet_;
    while (*place != this) place = &(*place)->next_of_greenlet_;
    *place = next_of_greenlet_;
    if (variable_ == nullptr) return;
    *link_of_variable_ = next_of_variable_;
    if (next_of_variable_ != nullptr) next_of_variable_->link_of_variable_ = link_of_variable_;
}

}  // namespace grove::detail
