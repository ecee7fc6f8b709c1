// group.h - greenlets that are waited for and killed together (gevent.pool.Group).
//
// Thread: belongs to the hub of the thread that made it; other threads get std::logic_error.
// Order:  members are listed, killed and looked at in the order in which they were added.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <memory>
#include <ranges>
#include <utility>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/core/errors.h>
#include <grove/core/greenlet.h>
#include <grove/core/wait.h>
#include <grove/pool/detail/mapped_task.h>
#include <grove/pool/detail/mapping_job.h>
#include <grove/pool/detail/member_list.h>
#include <grove/pool/detail/members.h>
#include <grove/pool/greenlet_class.h>
#include <grove/pool/mapping.h>

namespace grove {

class Group;
class Hub;

namespace detail {

/// A range of handles that is not a group: to copy a group would be a mistake.
template <class Range>
concept GreenletRange = std::ranges::input_range<Range> &&
    std::convertible_to<std::ranges::range_reference_t<Range>, AnyGreenlet> &&
    !std::derived_from<std::remove_cvref_t<Range>, Group>;

}  // namespace detail

/// Tracks greenlets until they end. A group keeps its members' handles, but does not own the
/// greenlets: they run on when the group is destroyed. A greenlet may be in several groups.
class GROVE_EXPORT Group : public GroupMapping<Group> {
public:
    Group();
    /// Tracks all of them; duplicates count once. @throws std::invalid_argument for a null handle
    explicit Group(const std::vector<AnyGreenlet>& greenlets);
    /// The same for any range of handles but another group.
    template <detail::GreenletRange Range>
    explicit Group(Range&& greenlets) : Group{} {
        for (auto&& greenlet : greenlets) track(greenlet);
    }
    /// Kills nobody, never switches. @pre nobody is blocked in a call of this group (asserted):
    /// join it first, or use a GroupScope
    virtual ~Group();
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;

    [[nodiscard]] std::size_t size() const noexcept { return members_.size(); }  ///< Members now.
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }  ///< It has no members.
    [[nodiscard]] explicit operator bool() const noexcept { return !empty(); }  ///< Not empty.
    /// `greenlet` is a member now.
    [[nodiscard]] bool contains(const AnyGreenlet& greenlet) const noexcept {
        return members_.find(greenlet) != nullptr;
    }
    /// Iterates over the present members; members may come and go meanwhile.
    [[nodiscard]] MemberIterator begin() const { return MemberIterator{members_.snapshot()}; }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }  ///< See begin().

    /// Sets what runs around the functions of greenlets made from now on; null: nothing.
    void set_greenlet_class(std::shared_ptr<const GreenletClass> greenlet_class) noexcept;

    /// Tracks `greenlet`, in any state; a greenlet that has ended leaves in the hub's next round.
    /// No effect on a member. @throws std::invalid_argument if null
    virtual void add(AnyGreenlet greenlet);
    /// Stops tracking `greenlet`, which runs on. No effect if it is not a member.
    virtual void discard(const AnyGreenlet& greenlet);
    /// add(), then starts the greenlet. If add() throws, the greenlet is not started.
    virtual void start(AnyGreenlet greenlet);

    /// Makes a greenlet and calls start() with it. If start() throws, `function` is destroyed with
    /// the greenlet.
    template <class F, class... A>
    requires detail::Spawnable<F, A...> && detail::NotOptions<F>
    auto spawn(F&& function, A&&... arguments) {
        return spawn(SpawnOptions{}, std::forward<F>(function), std::forward<A>(arguments)...);
    }
    /// The same with a stack or a name of its own.
    template <class F, class... A>
    requires detail::Spawnable<F, A...>
    auto spawn(const SpawnOptions& options, F&& function, A&&... arguments) {
        auto greenlet = detail::make_member(greenlet_class_, options, std::forward<F>(function),
                                            std::forward<A>(arguments)...);
        start(greenlet);
        return greenlet;
    }

    /// Blocks until there was a moment without members, at most `timeout`; an empty group returns
    /// at once.
    /// @return false: `timeout` passed first
    /// @throws with `raise_error`, the exception of a failed member: of the first, in order of
    /// adding, among the members at the call that have failed by the return, even if `timeout`
    /// passed
    bool join(Timespan timeout = {}, bool raise_error = false);

    /// Throws `exception` (by default GreenletExit; an std::exception_ptr stands for what it points
    /// at) into every member that this group has not killed before, at the member's turn. Members
    /// that never ran die without running. With `block`, waits until all members have left, also
    /// those added meanwhile, at most `timeout`; it returns silently when `timeout` passes.
    /// Greenlets blocked in add() or spawn() are not touched.
    template <class E = GreenletExit>
    void kill(E exception = {}, bool block = true, Timespan timeout = {}) {
        kill_all(detail::pointer_to(std::move(exception)), block, timeout);
    }
    template <std::same_as<bool> B>
    void kill(B, bool = true, Timespan = {}) = delete;
    /// The same for one member. No effect on a greenlet that is not a member, or that this group
    /// has killed before.
    template <class E = GreenletExit>
    void killone(const AnyGreenlet& greenlet, E exception = {}, bool block = true,
                 Timespan timeout = {}) {
        kill_one(greenlet, detail::pointer_to(std::move(exception)), block, timeout);
    }
    template <std::same_as<bool> B>
    void killone(const AnyGreenlet&, B, bool = true, Timespan = {}) = delete;

    /// add() would have to wait. A group has room for any number.
    [[nodiscard]] virtual bool full() const;
    /// Blocks until another member would fit, at most `timeout`. @return how many would fit; a
    /// group returns a large number at once
    virtual std::size_t wait_available(Timespan timeout = {});

protected:
    /// For a pool, whose members hold slots.
    explicit Group(detail::Slots& slots) : Group{} { slots_ = &slots; }
    /// @throws std::invalid_argument if null; std::logic_error on another thread
    void check(const AnyGreenlet& greenlet, const char* call) const;
    /// @throws std::logic_error naming `call`, on any thread but the hub's
    void check_thread(const char* call) const;
    /// @pre not a member yet
    void track(AnyGreenlet greenlet, detail::Slot slot, std::uint64_t spared_by) {
        members_.add(std::move(greenlet), std::move(slot), spared_by);
    }
    /// How many calls of kill() have begun.
    [[nodiscard]] std::uint64_t kills() const noexcept { return kills_; }
    /// For destructors of derived classes that own what the members' slots point at.
    void drop_members() noexcept { members_.dissolve(); }
    /// The class that set_greenlet_class() was given.
    [[nodiscard]] const detail::GreenletClassPtr& greenlet_class() const noexcept {
        return greenlet_class_;
    }

private:
    friend class GroupMapping<Group>;
    template <class R, class P, class F, class Z>
    friend void detail::feed(P&, detail::JobOf<F>&, Z&, bool);

    /// A task that is made and not started.
    struct NewTask {
        detail::MappedTask* task;
        AnyGreenlet greenlet;
    };

    // For GroupMapping.
    [[nodiscard]] detail::JobList& jobs() noexcept { return jobs_; }
    [[nodiscard]] detail::Slots* slots() noexcept { return slots_; }
    [[nodiscard]] bool called_by_member() const { return contains(getcurrent()); }
    template <class R, class F, class Items>
    NewTask make_task(detail::MappingJob& job, F& function, Items&& items) {
        auto* task = new detail::MappedGreenlet<R, F, Items>{greenlet_class_, job, function,
                                                             std::move(items)};
        return {task, AnyGreenlet{task}};
    }
    void launch(NewTask task, detail::Slot slot);
    template <class Call>
    auto run_and_wait(Call&& call) {
        auto task = spawn(std::move(call));
        wait_or_kill(task);
        return std::move(task).get();
    }
    static void wait_or_kill(const AnyGreenlet& task);
    template <class Call>
    auto spawn_async(Call&& call);
    template <class Callback, class... Result>
    static void after_apply(Callback&& callback, const Result&... result) {
        if constexpr (!std::same_as<std::remove_cvref_t<Callback>, NoCallback>)
            grove::spawn(std::forward<Callback>(callback), result...);
    }

    void track(const AnyGreenlet& greenlet);
    void kill_all(std::exception_ptr exception, bool block, Timespan timeout);
    bool shoot_all(const std::exception_ptr& exception, std::uint64_t kill);
    void kill_one(const AnyGreenlet& greenlet, std::exception_ptr exception, bool block,
                  Timespan timeout);

    Hub& hub_;
    detail::Slots* slots_ = nullptr;  // null: no limit
    detail::MemberList members_;
    detail::GreenletClassPtr greenlet_class_;
    detail::JobList jobs_;
    std::uint64_t kills_ = 0;
};

template <class Call>
auto Group::spawn_async(Call&& call) {
    if (!full()) return spawn(std::move(call));
    // The greenlet joins the line at its first turn, and the group when it has a slot.
    return grove::spawn([this, call = std::move(call)]() mutable {
        add(getcurrent());
        return detail::call_in_class(greenlet_class_, call);
    });
}

}  // namespace grove
