// inherited_value.h - a value that greenlets have from those that made them (gevent's
// spawn_tree_locals).
//
// For grove's own rooms. Thread: the greenlet's.
#pragma once

#include <memory>

#include <grove/core/detail/export.h>
#include <grove/core/detail/local_value.h>

namespace grove::detail {

/// One greenlet's value. A greenlet that is made asks the newest value of its maker for its own,
/// wherever it is made: by spawn(), later, in a group. What the hub makes has none. Who has no value
/// pays nothing for this.
class GROVE_EXPORT InheritedValue : public LocalValue {
public:
    InheritedValue() = default;

    /// The running greenlet has it from here on, until it ends or the value is destroyed. What
    /// stands on a stack must be destroyed by its greenlet.
    void join_running();
    /// The running greenlet's newest; nullptr: none. Any thread, also one without a hub.
    [[nodiscard]] static const InheritedValue* of_running() noexcept;

    /// Gives a greenlet that is about to be made what it has from its maker, which runs.
    /// @param of_maker, of_made  their lists (GreenletState::locals)
    /// @throws what for_child() throws
    static void hand_on(const LocalValue* of_maker, LocalValue*& of_made);

private:
    /// What a greenlet has from one that has this: it must not point to anything of that one.
    /// nullptr: nothing.
    [[nodiscard]] virtual std::unique_ptr<InheritedValue> for_child() const = 0;

    void join(LocalValue*& list) noexcept;
    [[nodiscard]] static const InheritedValue* newest_of(const LocalValue* list) noexcept;
};

}  // namespace grove::detail
