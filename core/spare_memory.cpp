#include <grove/core/detail/spare_memory.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include <malloc.h>

#include "hub_access.h"

namespace grove {
namespace {

constexpr std::chrono::seconds kBetweenLooks{1};
constexpr std::size_t kWorthTrimming = 1U << 20;      // bytes
constexpr std::size_t kWorthTrimmingLast = 1U << 16;  // before it sleeps

}  // namespace

SpareMemory::~SpareMemory() {
    if (keeper_ == nullptr) return;
    SpareMemory** place = &keeper_->first_;
    while (*place != this) place = &(*place)->next_;
    *place = next_;
}

// Only once there is something to give: a pool may be made before the thread's hub.
bool SpareMemory::join() noexcept {
    if (keeper_ != nullptr) return true;
    Hub* const hub = HubAccess::existing();
    if (hub == nullptr) return false;
    keeper_ = &HubAccess::spare(*hub);
    next_ = std::exchange(keeper_->first_, this);
    fewest_ = count_;
    return true;
}

void SpareMemory::want() noexcept {
    if (join()) keeper_->wanted_ = true;
}

void SpareMemory::passed_on(std::size_t bytes) noexcept {
    if (!join()) return;
    keeper_->freed_bytes_ += bytes;
    if (keeper_->freed_bytes_ >= kWorthTrimming) keeper_->wanted_ = true;
}

void SpareMemory::note_idle() noexcept {
    idle_ = fewest_ > always_kept_ ? (fewest_ - always_kept_ + 1) / 2 : 0;
    fewest_ = count_;
}

SpareKeeper::~SpareKeeper() {
    for (SpareMemory* memory = first_; memory != nullptr; memory = memory->next_)
        memory->keeper_ = nullptr;
}

void SpareKeeper::turn(Timer::Instant now) noexcept {
    if (next_turn_ == Timer::Instant{}) {
        for (SpareMemory* memory = first_; memory != nullptr; memory = memory->next_)
            memory->fewest_ = memory->count_;
        next_turn_ = now + kBetweenLooks;
    }
    if (now < next_turn_) return;
    if (!std::exchange(giving_, true)) {
        for (SpareMemory* memory = first_; memory != nullptr; memory = memory->next_)
            memory->note_idle();
    }
    if (give_slice()) rest(now);
}

// True: nothing is left that is idle.
bool SpareKeeper::give_slice() noexcept {
    std::size_t left = kSlice;
    for (SpareMemory* memory = first_; memory != nullptr; memory = memory->next_) {
        for (; memory->idle_ > 0 && memory->count_ > memory->always_kept_; --memory->idle_) {
            if (left-- == 0) return false;
            freed_bytes_ += memory->let_one_go();
            memory->taken();
        }
    }
    return true;
}

void SpareKeeper::rest(Timer::Instant now) noexcept {
    giving_ = false;
    wanted_ = false;
    for (SpareMemory* memory = first_; memory != nullptr; memory = memory->next_)
        wanted_ = wanted_ || memory->count_ > memory->always_kept_;
    if (freed_bytes_ >= (wanted_ ? kWorthTrimming : kWorthTrimmingLast)) {
        freed_bytes_ = 0;
        ::malloc_trim(0);
    }
    next_turn_ = wanted_ ? now + kBetweenLooks : Timer::Instant{};
}

}  // namespace grove
