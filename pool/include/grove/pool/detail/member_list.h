// member_list.h - who belongs to a group: one record a member, in the order of adding.
//
// Nothing here is for users. Thread: its hub's. A record is told of its greenlet's end as one of
// the greenlet's links, so links registered before it still see a member, later ones do not; a
// member is found by looking through its greenlet's links, so that costs the same in a group of 10
// and of 100,000.
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

/// A place in the order of adding: a member's, or of one who waits for all before it to leave.
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

    /// Tracks the greenlet, which keeps the slot until it leaves. @pre no member yet
    /// @param spared_by the last kill that began while it waited for that slot, from 1; 0: none
    void add(AnyGreenlet greenlet, Slot slot, std::uint64_t spared_by);
    /// Ends a membership: the slot is given back, and whoever waited for that is woken.
    void remove(Membership& member) noexcept;
    /// Ends all memberships; the greenlets run on. @pre nobody waits here (asserted)
    void dissolve() noexcept;

    /// A member is shot once by its group. @return false if it was marked already
    static bool mark_dying(Membership& member) noexcept;
    /// Whoever waited for a slot when that kill began is not its target.
    [[nodiscard]] static bool spared(const Membership& member, std::uint64_t kill) noexcept;

    /// Switches until there was a moment without members. @return false: `timeout` passed first
    bool wait_empty(Timespan timeout);
    /// Switches until all who are members now, and not spared by that kill, have left.
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
