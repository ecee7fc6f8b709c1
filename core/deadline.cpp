// deadline.cpp - a Deadline reads the clock of the running thread's hub.
#include <grove/core/duration.h>

#include <algorithm>

#include <grove/core/hub.h>

#include "this_hub.h"

namespace grove {

Deadline::Deadline(Timespan timeout)
    : at_{timeout ? current_hub().instant_after(*timeout) : kNever} {}

Timespan Deadline::left() const {
    if (!bounded()) return std::nullopt;
    return std::max(at_ - current_hub().now(), Duration::zero());
}

bool Deadline::passed() const { return bounded() && current_hub().now() >= at_; }

}  // namespace grove
