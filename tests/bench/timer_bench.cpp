// The queue of deadlines: what the first removal costs after a million timers were armed (O-039).
#include <benchmark/benchmark.h>

#include <chrono>
#include <memory>
#include <vector>

#include "faults.h"
#include "timer_queue.h"

namespace grove {
namespace {

struct Due final : Timer {
    void expired() noexcept override {}
};

void first_removal_after_arming(benchmark::State& state) {
    std::vector<std::unique_ptr<Due>> timers(static_cast<std::size_t>(state.range(0)));
    for (auto& timer : timers) timer = std::make_unique<Due>();
    const bench::Faults faults{state};
    for (auto _ : state) {
        TimerQueue queue;
        Timer::Instant deadline{};
        for (const auto& timer : timers) queue.arm(*timer, ++deadline);
        const auto begin = std::chrono::steady_clock::now();
        queue.expire(Timer::Instant{1});
        state.SetIterationTime(
            std::chrono::duration<double>{std::chrono::steady_clock::now() - begin}.count());
        for (const auto& timer : timers) queue.cancel(*timer);
    }
}
BENCHMARK(first_removal_after_arming)
    ->Arg(1'000'000)
    ->UseManualTime()
    ->MinWarmUpTime(1e-9)
    ->MinTime(2e-5);

void arm_and_cancel_among(benchmark::State& state) {
    std::vector<std::unique_ptr<Due>> timers(static_cast<std::size_t>(state.range(0)));
    TimerQueue queue;
    Timer::Instant deadline{};
    for (auto& timer : timers) queue.arm(*(timer = std::make_unique<Due>()), ++deadline);
    Due due;
    const bench::Faults faults{state};
    for (auto _ : state) {
        queue.arm(due, ++deadline);
        queue.cancel(due);
    }
    for (const auto& timer : timers) queue.cancel(*timer);
}
BENCHMARK(arm_and_cancel_among)->Arg(0)->Arg(3)->Arg(1000);

}  // namespace
}  // namespace grove
