#include <grove/pool/detail/member_list.h>

#include <algorithm>
#include <typeinfo>
#include <utility>

#include <grove/core/detail/assert.h>
#include <grove/core/detail/waiter.h>

namespace grove::detail {

class Membership final : public WaitNode, public Seat {
public:
    Membership(MemberList& list, AnyGreenlet greenlet, Slot slot, std::uint64_t spared_by) noexcept
        : WaitNode{Kind::kInternal},
          Seat{true},
          list_{list},
          greenlet_{std::move(greenlet)},
          slot_{std::move(slot)},
          spared_by_{spared_by} {}

    // From the hub's pool of blocks, as greenlets are: one a greenlet or two.
    static void* operator new(std::size_t bytes) { return GreenletState::operator new(bytes); }
    static void operator delete(void* block, std::size_t bytes) noexcept {
        GreenletState::operator delete(block, bytes);
    }

    /// Out of the greenlet's line first: the last handle of the greenlet may be ours.
    ~Membership() override { leave(); }

    void notify() noexcept override { list_.remove(*this); }

    [[nodiscard]] bool of(const MemberList& list) const noexcept { return &list_ == &list; }
    [[nodiscard]] const AnyGreenlet& greenlet() const noexcept { return greenlet_; }
    void give_slot_back() noexcept { slot_.give_back(); }
    bool mark_dying() noexcept { return !std::exchange(dying_, true); }
    [[nodiscard]] std::uint64_t spared_by() const noexcept { return spared_by_; }

private:
    MemberList& list_;
    AnyGreenlet greenlet_;
    Slot slot_;
    std::uint64_t spared_by_;
    bool dying_ = false;
};

/// Waits behind the members of one moment until those that a kill aims at have left.
class MemberList::Departure final : public Seat {
public:
    Departure(MemberList& list, std::uint64_t kill) : Seat{false}, list_{list}, kill_{kill} {
        list_.seat(*this);
        ++list_.departures_;
    }
    ~Departure() { leave(); }
    bool wait(Timespan timeout) { return waiter_.block(timeout); }
    [[nodiscard]] std::uint64_t kill() const noexcept { return kill_; }
    void wake() noexcept {
        leave();
        waiter_.wake();
    }

private:
    void leave() noexcept {
        if (!std::exchange(seated_, false)) return;
        list_.unseat(*this);
        --list_.departures_;
    }

    MemberList& list_;
    std::uint64_t kill_;
    Waiter waiter_{WaitNode::Kind::kLooker, "the killed members of a Group"};
    bool seated_ = true;
};

MemberList::~MemberList() { dissolve(); }

Membership* MemberList::find(const AnyGreenlet& greenlet) const noexcept {
    for (WaitNode* link = greenlet.first_link(); link != nullptr; link = link->next()) {
        const WaitNode& node = *link;
        if (typeid(node) != typeid(Membership)) continue;  // it is final: no dynamic_cast needed
        auto* member = static_cast<Membership*>(link);
        if (member->of(*this)) return member;
    }
    return nullptr;
}

std::vector<AnyGreenlet> MemberList::snapshot() const {
    std::vector<AnyGreenlet> greenlets;
    greenlets.reserve(size_);
    for (const Seat* seat = first_; seat != nullptr; seat = seat->next) {
        if (seat->member) greenlets.push_back(static_cast<const Membership*>(seat)->greenlet());
    }
    return greenlets;
}

void MemberList::add(AnyGreenlet greenlet, Slot slot, std::uint64_t spared_by) {
    auto* member = new Membership{*this, greenlet, std::move(slot), spared_by};
    seat(*member);
    ++size_;
    greenlet.attach(*member);
}

void MemberList::remove(Membership& member) noexcept {
    unseat(member);
    --size_;
    member.give_slot_back();
    if (departures_ != 0) wake_departures();
    if (size_ == 0) {
        while (!joiners_.empty()) joiners_.notify_front();
    }
    delete &member;  // the last handle may be in it, and with it goes what the greenlet owns
}

void MemberList::dissolve() noexcept {
    bool nobody_waits = joiners_.empty();
    for (const Seat* seat = first_; seat != nullptr; seat = seat->next)
        nobody_waits = nobody_waits && seat->member;
    GROVE_ASSERT(nobody_waits,
                 "a Group was destroyed while a greenlet waited in its join() or kill()");
    while (first_ != nullptr) remove(*static_cast<Membership*>(first_));
}

bool MemberList::mark_dying(Membership& member) noexcept { return member.mark_dying(); }

bool MemberList::wait_empty(Timespan timeout) {
    if (size_ == 0) return true;
    Waiter waiter{WaitNode::Kind::kLooker, "the members of a Group"};
    joiners_.push_back(waiter);
    return waiter.block(timeout);
}

bool MemberList::spared(const Membership& member, std::uint64_t kill) noexcept {
    return member.spared_by() >= kill;
}

bool MemberList::wait_present_gone(std::uint64_t kill, Timespan timeout) {
    if (size_ == 0) return true;
    Departure departure{*this, kill};
    wake_departures();  // all who are left may be spared
    return departure.wait(timeout);
}

void MemberList::seat(Seat& seat) noexcept {
    seat.prev = last_;
    (last_ != nullptr ? last_->next : first_) = &seat;
    last_ = &seat;
}

void MemberList::unseat(Seat& seat) noexcept {
    (seat.prev != nullptr ? seat.prev->next : first_) = seat.next;
    (seat.next != nullptr ? seat.next->prev : last_) = seat.prev;
}

void MemberList::wake_departures() noexcept {
    std::uint64_t spared_by = UINT64_MAX;  // what all so far are spared by
    for (Seat* seat = first_; seat != nullptr && spared_by != 0;) {
        Seat* next = seat->next;
        if (seat->member) {
            spared_by = std::min(spared_by, static_cast<const Membership*>(seat)->spared_by());
        } else if (auto& departure = static_cast<Departure&>(*seat);
                   spared_by >= departure.kill()) {
            departure.wake();
        }
        seat = next;
    }
}

}  // namespace grove::detail
