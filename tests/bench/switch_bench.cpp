// The bare switch between two stacks, as core does it, without hub, list or clock.
#include <benchmark/benchmark.h>

#include "context.h"
#include "faults.h"
#include "stack_pool.h"

namespace grove {
namespace {

StackPool pool;
Context main_context{nullptr, 0};
Context* other = nullptr;

void RawSwitch(benchmark::State& state) {
    ExceptionState& exceptions = thread_exception_state();
    other = &pool.take(0);
    other->prepare([](boost::context::detail::transfer_t from) {
        other->begin(from);
        for (;;) other->switch_to(main_context, thread_exception_state());
    });
    const bench::Faults faults{state};
    for (auto _ : state) main_context.switch_to(*other, exceptions);
    state.SetItemsProcessed(2 * state.iterations());
}
BENCHMARK(RawSwitch);

// An inexact double operation leaves a flag in MXCSR; flows whose flags differ would pay for it at
// each switch.
void RawSwitchWithFloatingPoint(benchmark::State& state) {
    ExceptionState& exceptions = thread_exception_state();
    other = &pool.take(0);
    other->prepare([](boost::context::detail::transfer_t from) {
        other->begin(from);
        for (double sum = 0;; benchmark::DoNotOptimize(sum += 0.1))
            other->switch_to(main_context, thread_exception_state());
    });
    double sum = 0;
    const bench::Faults faults{state};
    for (auto _ : state) {
        benchmark::DoNotOptimize(sum += 0.3);
        main_context.switch_to(*other, exceptions);
    }
    state.SetItemsProcessed(2 * state.iterations());
}
BENCHMARK(RawSwitchWithFloatingPoint);

}  // namespace
}  // namespace grove
