// local.h - a variable that has a value for each greenlet (gevent.local).
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <grove/core/detail/export.h>
#include <grove/core/detail/local_value.h>

namespace grove {
namespace detail {

/// What a Local is to all greenlets: it owns their values.
class GROVE_EXPORT LocalVariable {
public:
    LocalVariable() = default;
    ~LocalVariable();
    LocalVariable(const LocalVariable&) = delete;
    LocalVariable& operator=(const LocalVariable&) = delete;

    [[nodiscard]] LocalValue* find() const;  ///< The running greenlet's; nullptr: none yet.
    void adopt(std::unique_ptr<LocalValue> value);

private:
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
