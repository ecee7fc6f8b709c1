#include "fake_clock.h"

#include <grove/core/hub.h>

namespace grove::test {

FakeClock::FakeClock() : system_{make_system_loop()} {}
FakeClock::~FakeClock() = default;

std::size_t FakeClock::poll(Timespan timeout) {
    if (!timeout) return system_->poll(timeout);
    const std::size_t happened = system_->poll(Duration::zero());
    if (happened == 0) now_ += *timeout;
    return happened;
}

Timer::Instant now() { return get_hub().now(); }

void compute(Duration duration) { dynamic_cast<FakeClock&>(get_hub().loop()).advance(duration); }

}  // namespace grove::test
