#include <grove/core/every.h>

#include <exception>
#include <stdexcept>
#include <utility>

#include <grove/core/errors.h>
#include <grove/core/hub.h>

namespace grove {
namespace {

void call(const std::function<void()>& function) {
    try {
        function();
    } catch (const GreenletExit&) {
        throw;
    } catch (...) {
        get_hub().handle_error("a call of every() in " + getcurrent().name() + " failed",
                               std::current_exception());
    }
}

}  // namespace

Greenlet<void> every(Duration period, std::function<void()> function) {
    if (period <= Duration::zero())
        throw std::invalid_argument{"every(): the period must be longer than 0"};
    if (!function) throw std::invalid_argument{"every(): the function is empty"};
    return spawn(
        [period, due = get_hub().instant_after(period), function = std::move(function)]() mutable {
            for (Hub& hub = get_hub();;) {
                sleep(due - hub.now());
                call(function);
                due += period;
                const Timer::Instant now = hub.now();
                // Missed: to the next end of a period, which may be now.
                if (now > due) due += (now - due + period - Duration{1}) / period * period;
            }
        });
}

}  // namespace grove
