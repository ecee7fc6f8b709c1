#include <grove/pool/member_list.h>

#include <utility>

#include <grove/core/assert.h>
#include <grove/core/waiter.h>

namespace grove::detail {

class Membership final : public WaitNode, public Seat {
public:
    Membership(MemberList& list, AnyGreenlet greenlet, Slot slot) noexcept
        : WaitNode{Kind::kInternal},
          Seat{true},
          list_{list},
          greenlet_{std::move(greenlet)},
          slot_{std::move(slot)} {}

    void notify() noexcept override { list_.remove(*this); }

    [[nodiscard]] bool of(const MemberList& list) const noexcept { return &list_ == &list; }
    [[nodiscard]] const AnyGreenlet& greenlet() const noexcept { return greenlet_; }
    void give_slot_back() noexcept { slot_.give_back(); }
    bool mark_dying() noexcept { return !std::exchange(dying_, true); }

private:
    MemberList& list_;
    AnyGreenlet greenlet_;
    Slot slot_;
    bool dying_ = false;
};

/// Waits behind the members of one moment; it is at the front when they have left.
class MemberList::Departure final : public Seat {
public:
    explicit Departure(MemberList& list) : Seat{false}, list_{list} { list_.seat(*this); }
    ~Departure() {
        if (seated_) list_.unseat(*this);
    }
    bool wait(Timespan timeout) { return waiter_.block(timeout); }
    void wake() noexcept {
        list_.unseat(*this);
        seated_ = false;
        waiter_.wake();
    }

private:
    MemberList& list_;
    Waiter waiter_{WaitNode::Kind::kLooker};
    bool seated_ = true;
};

MemberList::~MemberList() { dissolve(); }

Membership* MemberList::find(const AnyGreenlet& greenlet) const noexcept {
    for (WaitNode* link = greenlet.first_link(); link != nullptr; link = link->next()) {
        if (link->kind() != WaitNode::Kind::kInternal) continue;
        auto* member = dynamic_cast<Membership*>(link);
        if (member != nullptr && member->of(*this)) return member;
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

void MemberList::add(AnyGreenlet greenlet, Slot slot) {
    auto* member = new Membership{*this, greenlet, std::move(slot)};
    seat(*member);
    ++size_;
    greenlet.attach(*member);
}

void MemberList::remove(Membership& member) noexcept {
    unseat(member);
    --size_;
    member.give_slot_back();
    wake_those_at_the_front();
    if (size_ == 0) {
        while (!joiners_.empty()) joiners_.notify_front();
    }
    delete &member;  // the last handle may be in it, and with it goes what the greenlet owns
}

void MemberList::dissolve() noexcept {
    bool nobody_waits = joiners_.empty();
    for (const Seat* seat = first_; seat != nullptr; seat = seat->next) {
        nobody_waits = nobody_waits && seat->member;
    }
    GROVE_ASSERT(nobody_waits,
                 "a Group was destroyed while a greenlet waited in its join() or kill()");
    while (first_ != nullptr) remove(*static_cast<Membership*>(first_));
}

bool MemberList::mark_dying(Membership& member) noexcept { return member.mark_dying(); }

bool MemberList::wait_empty(Timespan timeout) {
    if (size_ == 0) return true;
    Waiter waiter{WaitNode::Kind::kLooker};
    joiners_.push_back(waiter);
    return waiter.block(timeout);
}

bool MemberList::wait_present_gone(Timespan timeout) {
    if (size_ == 0) return true;
    return Departure{*this}.wait(timeout);
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

void MemberList::wake_those_at_the_front() noexcept {
    while (first_ != nullptr && !first_->member) static_cast<Departure*>(first_)->wake();
}

}  // namespace grove::detail
