#include <grove/core/detail/inherited_value.h>

#include <utility>

namespace grove::detail {

void InheritedValue::join(LocalValue*& list) noexcept {
    of_greenlet_ = &list;
    next_of_greenlet_ = std::exchange(list, this);
}

const InheritedValue* InheritedValue::newest_of(const LocalValue* list) noexcept {
    const LocalValue* value = list;
    while (value != nullptr && value->variable_ != nullptr) value = value->next_of_greenlet_;
    return static_cast<const InheritedValue*>(value);
}

void InheritedValue::hand_on(const LocalValue* of_maker, LocalValue*& of_made) {
    const InheritedValue* const value = newest_of(of_maker);
    if (value == nullptr) return;
    if (std::unique_ptr<InheritedValue> its_own = value->for_child())
        its_own.release()->join(of_made);
}

}  // namespace grove::detail
