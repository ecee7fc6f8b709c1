#include "upstreams.h"

#include <algorithm>

std::optional<std::size_t> Upstreams::choose(std::span<const std::size_t> tried,
                                             Clock::time_point now) {
    std::optional<std::size_t> oldest;
    for (std::size_t step = 0; step < all_.size(); ++step) {
        const std::size_t which = (next_ + step) % all_.size();
        if (std::find(tried.begin(), tried.end(), which) != tried.end()) continue;
        if (all_[which].off_until <= now) {
            next_ = (which + 1) % all_.size();
            return which;
        }
        if (!oldest || all_[which].off_until < all_[*oldest].off_until) oldest = which;
    }
    return oldest;
}

bool Upstreams::failed(std::size_t which, Clock::time_point now) {
    Health& health = all_[which];
    if (++health.failures < kFailures) return false;
    const bool was_off = health.off_until > now;
    health.failures = kFailures;
    health.off_until = now + kTimeOff;
    return !was_off;
}
