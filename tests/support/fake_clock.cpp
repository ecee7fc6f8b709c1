#include "fake_clock.h"

#include <grove/core/hub.h>

namespace grove::test {
namespace {

FakeClock& fake_clock() { return dynamic_cast<FakeClock&>(get_hub().loop()); }

}  // namespace

FakeClock::FakeClock() : system_{make_system_loop()} {}
FakeClock::~FakeClock() = default;

std::size_t FakeClock::poll(Timespan timeout) {
    rests();
    const std::size_t happened = system_->poll(timeout ? Duration::zero() : timeout);
    if (timeout && happened == 0) now_ += *timeout;
    goes_on(now_);
    return happened;
}

Timer::Instant now() { return get_hub().now(); }

void compute(Duration duration) { fake_clock().advance(duration); }
void let_tick_lag(Duration lag) { fake_clock().let_tick_lag(lag); }
std::size_t descriptors_added() { return fake_clock().added(); }

}  // namespace grove::test
