#include <grove/pool/detail/lease_line.h>

#include <stdexcept>

#include <grove/core/detail/assert.h>
#include <grove/core/detail/waiter.h>
#include <grove/core/errors.h>
#include <grove/core/hub.h>

namespace grove::detail {
namespace {

constexpr int kTurnedAway = 1;

[[noreturn]] void refuse_closed() { throw ShutDown{"the ConnectionPool was closed"}; }

}  // namespace

LeaseLine::LeaseLine(std::size_t size) : hub_{get_hub()}, size_{size} {
    if (size == 0) throw std::invalid_argument{"ConnectionPool: the size must be at least 1"};
}

LeaseLine::~LeaseLine() {
    GROVE_ASSERT(line_.empty(), "a ConnectionPool's line was destroyed under its waiters");
}

void LeaseLine::take(void* parcel, Timespan timeout) {
    if (&hub_ != &get_hub())
        throw std::logic_error{"ConnectionPool::acquire() on a thread that is not its own"};
    if (closed_) refuse_closed();
    if (line_.empty() && in_use_ < size_) {
        ++in_use_;
        return;
    }
    Waiter waiter{WaitNode::Kind::kTaker, "a ConnectionPool", parcel};
    line_.push_back(waiter);
    if (!waiter.block(timeout)) throw Timeout{0, *timeout};
    if (waiter.word() == kTurnedAway) refuse_closed();
}

void LeaseLine::give_back() noexcept {
    if (!line_.hand_over()) --in_use_;
}

void LeaseLine::close() noexcept {
    closed_ = true;
    line_.turn_away(kTurnedAway);
}

}  // namespace grove::detail
