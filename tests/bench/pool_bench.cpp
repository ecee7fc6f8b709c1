// Cost of what groups and pools do for one greenlet or item. Run: build/release/bin/pool_bench
#include <numeric>
#include <vector>

#include <benchmark/benchmark.h>

#include <grove/core/greenlet.h>
#include <grove/pool/group.h>
#include <grove/pool/pool.h>

#include "faults.h"

namespace grove {
namespace {

constexpr int kMany = 100'000;

std::vector<int> numbers() {
    std::vector<int> items(kMany);
    std::iota(items.begin(), items.end(), 0);
    return items;
}

void count_each(benchmark::State& state) {
    state.counters["per_item"] =
        benchmark::Counter(static_cast<double>(state.iterations()) * kMany,
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void pool100_map(benchmark::State& state) {
    const auto items = numbers();
    const bench::Faults faults{state};
    for (auto _ : state) {
        Pool pool{100};
        benchmark::DoNotOptimize(pool.map([](int item) { return item; }, items));
    }
    count_each(state);
}
BENCHMARK(pool100_map);

void pool100_imap(benchmark::State& state) {
    const auto items = numbers();
    const bench::Faults faults{state};
    for (auto _ : state) {
        Pool pool{100};
        for (int& item : pool.imap([](int given) { return given; }, items))
            benchmark::DoNotOptimize(item);
    }
    count_each(state);
}
BENCHMARK(pool100_imap);

void pool100_imap_unordered(benchmark::State& state) {
    const auto items = numbers();
    const bench::Faults faults{state};
    for (auto _ : state) {
        Pool pool{100};
        for (int& item : pool.imap_unordered([](int given) { return given; }, items))
            benchmark::DoNotOptimize(item);
    }
    count_each(state);
}
BENCHMARK(pool100_imap_unordered);

void pool100_spawn_join(benchmark::State& state) {
    const bench::Faults faults{state};
    for (auto _ : state) {
        Pool pool{100};
        for (int i = 0; i < kMany; ++i) pool.spawn([] {});
        pool.join();
    }
    count_each(state);
}
BENCHMARK(pool100_spawn_join);

// Every spawn but the first blocks until the member before it ends and hands its slot over.
void pool1_spawn_handed_over(benchmark::State& state) {
    const bench::Faults faults{state};
    for (auto _ : state) {
        Pool pool{1};
        for (int i = 0; i < kMany; ++i) pool.spawn([] {});
        pool.join();
    }
    count_each(state);
}
BENCHMARK(pool1_spawn_handed_over);

void group_spawn_join(benchmark::State& state) {
    const bench::Faults faults{state};
    for (auto _ : state) {
        Group group;
        for (int i = 0; i < kMany; ++i) group.spawn([] {});
        group.join();
    }
    count_each(state);
}
BENCHMARK(group_spawn_join);

void spawn_join_without_group(benchmark::State& state) {
    const bench::Faults faults{state};
    for (auto _ : state) {
        for (int i = 0; i < kMany; ++i) spawn([] {});
        sleep();
    }
    count_each(state);
}
BENCHMARK(spawn_join_without_group);

}  // namespace
}  // namespace grove
