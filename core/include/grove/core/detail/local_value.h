// local_value.h - what a greenlet has as its own: a Local's value, or a value from its maker.
//
// Nothing here is for users; it is public because Local is a template. Thread: the greenlet's.
#pragma once

#include <grove/core/detail/export.h>

namespace grove::detail {

class InheritedValue;
class LocalVariable;

/// One greenlet's value of one variable. It stands in the lists of both, and is destroyed with
/// whichever ends first.
class GROVE_EXPORT LocalValue {
public:
    LocalValue() = default;
    virtual ~LocalValue();
    LocalValue(const LocalValue&) = delete;
    LocalValue& operator=(const LocalValue&) = delete;

private:
    friend class InheritedValue;
    friend class LocalVariable;

    const LocalVariable* variable_ = nullptr;  // nullptr: an InheritedValue, or in no list
    LocalValue** of_greenlet_ = nullptr;       // the list of all that its greenlet has
    LocalValue* next_of_greenlet_ = nullptr;
    LocalValue* next_of_variable_ = nullptr;
    LocalValue** link_of_variable_ = nullptr;  // what points at it in the variable's list
};

}  // namespace grove::detail
