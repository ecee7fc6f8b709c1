// local.h - a variable that has a value for each greenlet (gevent.local).
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <grove/core/detail/export.h>

namespace grove {
namespace detail {

class GreenletState;
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

    LocalVariable* variable_ = nullptr;  // nullptr: an InheritedValue, or in no list
    GreenletState* greenlet_ = nullptr;
    LocalValue* next_of_greenlet_ = nullptr;
    LocalValue* next_of_variable_ = nullptr;
    LocalValue* prev_of_variable_ = nullptr;
};

class GROVE_EXPORT LocalVariable {
public:
    LocalVariable() = default;
    ~LocalVariable();
    LocalVariable(const LocalVariable&) = delete;
    LocalVariable& operator=(const LocalVariable&) = delete;

    [[nodiscard]] LocalValue* find() const;  ///< The running greenlet's; nullptr: none yet.
    void adopt(std::unique_ptr<LocalValue> value);

private:
    friend class LocalValue;
    LocalValue* values_ = nullptr;
};

}  // namespace detail

/// Each greenlet's value is made when the greenlet first calls get(); it is destroyed when the
/// greenlet ends (before its links run) or with the Local. Main and the hub have values too.
/// Thread: all users of a Local share one thread. Never switches, unless T does.
template <class T>
class Local {
public:
    Local() : Local{[] { return T{}; }} {}
    /// `make` makes the value, in each greenlet that calls get().
    explicit Local(std::function<T()> make) : make_{std::move(make)} {}

    /// The running greenlet's value. @throws what making it throws; the next get() tries again
    T& get() {
        if (auto* value = static_cast<Value*>(variable_.find())) return value->value;
        auto made = std::make_unique<Value>(make_);
        T& value = made->value;
        variable_.adopt(std::move(made));
        return value;
    }
    /// Destroys the running greenlet's value: the next get() makes a new one.
    void reset() { delete variable_.find(); }

private:
    struct Value final : detail::LocalValue {
        explicit Value(const std::function<T()>& make) : value(make()) {}
        T value;
    };

    std::function<T()> make_;
    detail::LocalVariable variable_;
};

}  // namespace grove
