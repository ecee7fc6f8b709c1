// What the primitives of core cost, in CPU time of one thread.
//
//     core_bench --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
#include <cstddef>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <grove/core.h>

#include "faults.h"

namespace grove {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMany = 100'000;

void Yield(benchmark::State& state) {
    bool stop = false;
    auto other = spawn([&] {
        while (!stop) sleep();
    });
    const bench::Faults faults{state};
    for (auto _ : state) sleep();  // to the other one and back: two yields
    state.SetItemsProcessed(2 * state.iterations());
    stop = true;
    other.join();
}
BENCHMARK(Yield);

void YieldOverMany(benchmark::State& state) {
    bool stop = false;
    std::vector<Greenlet<void>> all;
    for (int i = 0; i < state.range(0); ++i) {
        all.push_back(spawn([&] {
            while (!stop) sleep();
        }));
    }
    const bench::Faults faults{state};
    for (auto _ : state) sleep();
    state.SetItemsProcessed(state.iterations() * (state.range(0) + 1));
    stop = true;
    joinall(all);
}
BENCHMARK(YieldOverMany)->Arg(1000);

void SpawnJoin(benchmark::State& state) {
    const bench::Faults faults{state};
    for (auto _ : state) spawn([] {}).join();
}
BENCHMARK(SpawnJoin);

void SpawnManyThenJoin(benchmark::State& state) {
    std::vector<Greenlet<void>> all;
    all.reserve(kMany);
    const bench::Faults faults{state};
    for (auto _ : state) {
        for (std::size_t i = 0; i < kMany; ++i) all.push_back(spawn([] {}));
        for (auto& greenlet : all) greenlet.join();
        all.clear();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kMany));
}
BENCHMARK(SpawnManyThenJoin)->Unit(benchmark::kMillisecond);

void EventPingPong(benchmark::State& state) {
    Event ping;
    Event pong;
    bool stop = false;
    auto other = spawn([&] {
        for (;;) {
            ping.wait();
            ping.clear();
            if (stop) return;
            pong.set();
        }
    });
    const bench::Faults faults{state};
    for (auto _ : state) {
        ping.set();
        pong.wait();
        pong.clear();
    }
    stop = true;
    ping.set();
    other.join();
}
BENCHMARK(EventPingPong);

void SemaphorePingPong(benchmark::State& state) {
    Semaphore ping{0};
    Semaphore pong{0};
    auto other = spawn([&] {
        for (;;) {
            ping.acquire();
            pong.release();
        }
    });
    const bench::Faults faults{state};
    for (auto _ : state) {
        ping.release();
        pong.acquire();
    }
    other.kill();
}
BENCHMARK(SemaphorePingPong);

void QueuePingPong(benchmark::State& state) {
    Queue<int> ping;
    Queue<int> pong;
    auto other = spawn([&] {
        for (const int item : ping) pong.put(item);
    });
    const bench::Faults faults{state};
    for (auto _ : state) {
        ping.put(1);
        benchmark::DoNotOptimize(pong.get());
    }
    ping.shutdown();
    other.join();
}
BENCHMARK(QueuePingPong);

void ChannelPingPong(benchmark::State& state) {
    Channel<int> ping;
    Channel<int> pong;
    auto other = spawn([&] {
        for (const int item : ping) pong.put(item);
    });
    const bench::Faults faults{state};
    for (auto _ : state) {
        ping.put(1);
        benchmark::DoNotOptimize(pong.get());
    }
    ping.shutdown();
    other.join();
}
BENCHMARK(ChannelPingPong);

void SemaphoreUncontended(benchmark::State& state) {
    Semaphore semaphore{1};
    const bench::Faults faults{state};
    for (auto _ : state) {
        semaphore.acquire();
        semaphore.release();
    }
}
BENCHMARK(SemaphoreUncontended);

void TimeoutArmedAndCancelled(benchmark::State& state) {
    const bench::Faults faults{state};
    for (auto _ : state) {
        const TimeoutGuard guard{10s};
        benchmark::DoNotOptimize(&guard);
    }
}
BENCHMARK(TimeoutArmedAndCancelled);

void KillOfBlocked(benchmark::State& state) {
    Event never;
    std::vector<Greenlet<void>> all;
    all.reserve(kMany);
    const bench::Faults faults{state};
    for (auto _ : state) {
        state.PauseTiming();
        for (std::size_t i = 0; i < kMany; ++i) all.push_back(spawn([&] { never.wait(); }));
        sleep(1ms);  // now all wait
        state.ResumeTiming();
        killall(all);
        state.PauseTiming();
        all.clear();
        state.ResumeTiming();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kMany));
}
BENCHMARK(KillOfBlocked)->Unit(benchmark::kMillisecond)->MinTime(2);

struct Footprint {
    double resident = 0;
    double maps = 0;

    static Footprint now() {
        Footprint footprint;
        std::ifstream statm{"/proc/self/statm"};
        double pages = 0;
        statm >> pages >> pages;
        std::ifstream status{"/proc/self/status"};
        for (std::string word; status >> word;) {
            if (word != "VmPTE:") continue;
            double kibibytes = 0;
            status >> kibibytes;
            footprint.resident += kibibytes * 1024;
        }
        footprint.resident += pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
        std::ifstream lines{"/proc/self/maps"};
        for (std::string line; std::getline(lines, line);) ++footprint.maps;
        return footprint;
    }
};

// In a hub of its own, so that no stack of an earlier benchmark is used again. Bytes are resident
// memory and page tables, guards included.
void SuspendedGreenlet(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    const bench::Faults faults{state};
    for (auto _ : state) {
        std::thread{[&] {
            Event go;
            std::vector<Greenlet<void>> all;
            all.reserve(count);
            spawn([] {}).join();
            const Footprint before = Footprint::now();
            for (std::size_t i = 0; i < count; ++i) all.push_back(spawn([&] { go.wait(); }));
            sleep(1ms);
            const Footprint after = Footprint::now();
            state.counters["bytes"] =
                (after.resident - before.resident) / static_cast<double>(count);
            state.counters["maps"] = after.maps - before.maps;
            go.set();
            joinall(all);
        }}.join();
    }
}
BENCHMARK(SuspendedGreenlet)
    ->Arg(kMany)
    ->Arg(1'000'000)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace grove
