#include <grove/pool/detail/slot.h>

#include <algorithm>
#include <climits>

namespace grove::detail {
namespace {

// Nobody has two thousand million greenlets: what is larger counts as that.
int as_counter(std::size_t count) {
    return static_cast<int>(std::min(count, static_cast<std::size_t>(INT_MAX)));
}

}  // namespace

void Slot::give_back() noexcept {
    if (owner_ == nullptr) return;
    Slots& slots = *std::exchange(owner_, nullptr);
    if (slots.owed_ > 0) {
        --slots.owed_;
    } else {
        slots.semaphore_.release();
    }
}

Slots::Slots(std::size_t count) : count_{count}, semaphore_{as_counter(count)} {}

Slot Slots::try_take() { return semaphore_.acquire(false) ? Slot{*this} : Slot{}; }

Slot Slots::take(Timespan timeout) {
    return semaphore_.acquire(true, timeout) ? Slot{*this} : Slot{};
}

void Slots::resize(std::size_t count) {
    for (; count_ < count; ++count_) Slot{*this}.give_back();
    for (; count_ > count; --count_) {
        if (!semaphore_.acquire(false)) ++owed_;
    }
}

}  // namespace grove::detail
