// A ThreadPool's round trip beside the least that any could cost: a condition variable there, an
// eventfd back. Run: build/release/bin/thread_pool_bench
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include <benchmark/benchmark.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <grove/core/file_descriptor.h>
#include <grove/pool/group.h>
#include <grove/pool/thread_pool.h>

#include "faults.h"

namespace grove {
namespace {

void bare_hop(benchmark::State& state) {
    const FileDescriptor back{::eventfd(0, EFD_NONBLOCK)};
    std::mutex mutex;
    std::condition_variable wake;
    bool asked = false;
    bool over = false;
    std::thread worker{[&] {
        std::unique_lock lock{mutex};
        for (;;) {
            wake.wait(lock, [&] { return asked || over; });
            if (over) return;
            asked = false;
            lock.unlock();
            const std::uint64_t one = 1;
            benchmark::DoNotOptimize(::write(back.get(), &one, sizeof one));
            lock.lock();
        }
    }};
    const bench::Faults faults{state};
    for (auto _ : state) {
        {
            const std::lock_guard lock{mutex};
            asked = true;
        }
        wake.notify_one();
        pollfd readable{.fd = back.get(), .events = POLLIN, .revents = 0};
        ::poll(&readable, 1, -1);
        std::uint64_t count = 0;
        benchmark::DoNotOptimize(::read(back.get(), &count, sizeof count));
    }
    {
        const std::lock_guard lock{mutex};
        over = true;
    }
    wake.notify_one();
    worker.join();
}
BENCHMARK(bare_hop)->UseRealTime();

void thread_pool_round_trip(benchmark::State& state) {
    ThreadPool pool{1};
    const bench::Faults faults{state};
    for (auto _ : state) benchmark::DoNotOptimize(pool.spawn([] { return 1; }).get());
}
BENCHMARK(thread_pool_round_trip)->UseRealTime();

// Each of 64 greenlets waits for its own; among so many threads.
void thread_pool_64_at_once(benchmark::State& state) {
    constexpr int kGreenlets = 64;
    ThreadPool pool{static_cast<std::size_t>(state.range(0))};
    const bench::Faults faults{state};
    for (auto _ : state) {
        Group group;
        for (int i = 0; i < kGreenlets; ++i)
            group.spawn([&] { benchmark::DoNotOptimize(pool.spawn([] { return 1; }).get()); });
        group.join();
    }
    state.SetItemsProcessed(state.iterations() * kGreenlets);
}
BENCHMARK(thread_pool_64_at_once)->Arg(2)->Arg(10)->Arg(64)->UseRealTime();

}  // namespace
}  // namespace grove
