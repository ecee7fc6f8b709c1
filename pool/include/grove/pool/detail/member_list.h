// member_list.h - the members of a group: a record for each, in the order of adding.
//
// Nothing here is for users. Thread: its hub's. A record is one of its greenlet's links, and is
// told of the greenlet's end as such: links registered before it still see a member, later links do
// not. A member is found by looking through its greenlet's links, so this costs the same in a group
// of 10 and of 100,000.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/core/detail/wait_list.h>
#include <grove/core/duration.h>
#include <grove/core/greenlet.h>
#include <grove/pool/detail/slot.h>

namespace grove::detail {

class Membership;

/// A place in the order of adding: a member's, or that of a waiter for all before it to leave.
struct Seat {
    explicit Seat(bool of_member) noexcept : member{of_member} {}
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

    Seat* prev = nullptr;
    Seat* next = nullptr;
    const bool member;
};

class GROVE_EXPORT MemberList {
public:
    MemberList() noexcept = default;
    ~MemberList();
    MemberList(const MemberList&) = delete;
    MemberList& operator=(const MemberList&) = delete;

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] Membership* find(const AnyGreenlet& greenlet) const noexcept;
    [[nodiscard]] std::vector<AnyGreenlet> snapshot() const;

    /// Tracks the greenlet, which keeps the slot until it leaves. @pre not a member yet
    /// @param spared_by the last kill that began while it waited for that slot, from 1; 0: none
    void add(AnyGreenlet greenlet, Slot slot, std::uint64_t spared_by);
    /// Ends a membership: gives the slot back, and wakes those that waited for the end.
    void remove(Membership& member) noexcept;
    /// Ends all memberships; the greenlets run on. @pre nobody waits here (asserted)
    void dissolve() noexcept;

    /// Marks a member as killed: its group kills it once. @return false if it was marked already
    static bool mark_dying(Membership& member) noexcept;
    /// The member waited for its slot when that kill began, so it is not a target of the kill.
    [[nodiscard]] static bool spared(const Membership& member, std::uint64_t kill) noexcept;

    /// Switches until there was a moment without members. @return false: `timeout` passed first
    bool wait_empty(Timespan timeout);
    /// Switches until all present members that the kill did not spare have left.
    /// @return false: `timeout` passed first
    bool wait_present_gone(std::uint64_t kill, Timespan timeout);

private:
    class Departure;

    void seat(Seat& seat) noexcept;
    void unseat(Seat& seat) noexcept;
    void wake_departures() noexcept;

    Seat* first_ = nullptr;
    Seat* last_ = nullptr;
    std::size_t size_ = 0;
    std::size_t departures_ = 0;
    WaitList joiners_;
};

}  // namespace grove::detail
