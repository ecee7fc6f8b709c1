// core_stress [--seed=N] [--epochs=N] [--seconds=N] [--posters=N]
// Epoch after epoch with the next seed, until both bounds are met. With posters, foreign threads
// call run_threadsafe meanwhile, and the run is not repeatable.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>
#include <vector>

#include "fake_clock.h"
#include "world.h"

namespace {

using namespace grove;

unsigned long long option(int count, char** arguments, std::string_view name,
                          unsigned long long otherwise) {
    for (int i = 1; i < count; ++i) {
        const std::string_view argument{arguments[i]};
        if (argument.starts_with(name) && argument[name.size()] == '=')
            return std::strtoull(arguments[i] + name.size() + 1, nullptr, 10);
    }
    return otherwise;
}

// Threads that post to a hub until they go; every posted call must have run by then.
class Posters {
public:
    Posters(Hub& hub, unsigned long long count) {
        for (unsigned long long i = 0; i < count; ++i) {
            threads_.emplace_back([this, &hub] {
                while (!stop_) {
                    ++posted_;
                    hub.run_threadsafe([this] { ++ran_; });
                    std::this_thread::yield();
                }
            });
        }
    }
    ~Posters() { join(); }
    Posters(const Posters&) = delete;
    Posters& operator=(const Posters&) = delete;

    void join() {
        stop_ = true;
        for (std::thread& thread : threads_) thread.join();
        threads_.clear();
    }
    [[nodiscard]] bool conserved() const { return posted_ == ran_; }

private:
    std::atomic<bool> stop_ = false;
    std::atomic<unsigned long long> posted_ = 0;
    unsigned long long ran_ = 0;
    std::vector<std::thread> threads_;
};

bool run_epoch(unsigned long long seed, unsigned long long poster_count, stress::Counts& counts) {
    bool passed = false;
    std::thread{[&] {
        Hub& hub = make_hub(std::make_unique<test::FakeClock>());
        try {
            Posters posters{hub, poster_count};
            stress::World{seed, counts}.run();
            posters.join();
            sleep(std::chrono::milliseconds{1});
            sleep(std::chrono::milliseconds{1});
            passed = posters.conserved();
            if (!passed) std::fprintf(stderr, "seed %llu: a posted call was lost\n", seed);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "seed %llu: %s\n", seed, error.what());
        }
    }}.join();
    return passed;
}

}  // namespace

int main(int count, char** arguments) {
    const auto began = std::chrono::steady_clock::now();
    const std::chrono::seconds seconds{option(count, arguments, "--seconds", 0)};
    const auto epochs = option(count, arguments, "--epochs", 1);
    const auto posters = option(count, arguments, "--posters", 0);
    const auto first = option(count, arguments, "--seed", 1);
    stress::Counts counts;
    auto seed = first;
    for (; seed < first + epochs || std::chrono::steady_clock::now() - began < seconds; ++seed) {
        if (!run_epoch(seed, posters, counts)) return EXIT_FAILURE;
    }
    std::printf(
        "seeds %llu to %llu: %llu steps, %llu greenlets, %llu kills sent, %llu delivered, %llu "
        "timeouts, %llu wakes; nothing lost, nothing doubled\n",
        first, seed - 1, static_cast<unsigned long long>(counts.steps),
        static_cast<unsigned long long>(counts.greenlets),
        static_cast<unsigned long long>(counts.kills_sent),
        static_cast<unsigned long long>(counts.kills_delivered),
        static_cast<unsigned long long>(counts.timeouts),
        static_cast<unsigned long long>(counts.wakes));
    return EXIT_SUCCESS;
}
