// local.h - a variable of which each greenlet has its own (gevent.local).
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <grove/core/detail/export.h>

namespace grove {
namespace detail {

class GreenletState;
class LocalVariable;

/// One greenlet's value of one variable: stands in the lists of both, and goes with whichever ends
/// first.
class GROVE_EXPORT LocalValue {
public:
    LocalValue() = default;
    virtual ~LocalValue();
    LocalValue(const LocalValue&) = delete;
    LocalValue& operator=(const LocalValue&) = delete;

private:
    friend class LocalVariable;

    LocalVariable* variable_ = nullptr;
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

/// Made for a greenlet when it asks first, destroyed when it ends (before its links run) or when
/// the Local goes. Main and the hub have theirs too. Thread: all its users share one thread. Never
/// switches, unless T does.
template <class T>
class Local {
public:
    Local() : Local{[] { return T{}; }} {}
    /// `make` is called in each greenlet that asks.
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
