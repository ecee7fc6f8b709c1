#include <grove/core/duration.h>

#include <grove/core/hub.h>

namespace grove {

Deadline::Deadline(Timespan timeout) : at_{timeout ? get_hub().instant_after(*timeout) : kNever} {}

Timespan Deadline::left() const {
    if (!bounded()) return std::nullopt;
    return std::max(at_ - get_hub().now(), Duration::zero());
}

bool Deadline::passed() const { return bounded() && get_hub().now() >= at_; }

}  // namespace grove
