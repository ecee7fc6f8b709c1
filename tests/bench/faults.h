// faults.h - how many pages a benchmark touched for the first time while it was measured: "faults", about 0 when memory
// was there already.
#pragma once

#include <sys/resource.h>

#include <benchmark/benchmark.h>

namespace grove::bench {

/// Of this process, from here on; told at its end.
class Faults {
public:
    explicit Faults(benchmark::State& state) : state_{state} {}
    Faults(const Faults&) = delete;
    Faults& operator=(const Faults&) = delete;
    ~Faults() { state_.counters["faults"] = static_cast<double>(now() - before_); }

private:
    static long now() {
        rusage used{};
        ::getrusage(RUSAGE_SELF, &used);
        return used.ru_minflt;
    }

    benchmark::State& state_;
    const long before_ = now();
};

}  // namespace grove::bench
