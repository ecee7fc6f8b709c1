#include "abuse_bucket.h"

#include <algorithm>
#include <chrono>

namespace grove::http {

bool AbuseBucket::add(unsigned points, Instant now) noexcept {
    if (now > leaked_until_) {
        const std::chrono::duration<double> passed = now - leaked_until_;
        points_ = std::max(0.0, points_ - passed.count() * limit_.rate);
        leaked_until_ = now;
    }
    points_ += points;
    return points_ <= limit_.burst;
}

bool AbuseBucket::add_window_update(Instant now) noexcept {
    if (free_updates_ == 0) return add(kWindowUpdate, now);
    --free_updates_;
    return true;
}

void AbuseBucket::count_sent_data() noexcept {
    free_updates_ = std::min(free_updates_ + kUpdatesPerData, kMostFreeUpdates);
}

}  // namespace grove::http
