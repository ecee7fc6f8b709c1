// Deadlines beside a model: an ordered set.
#include "timer_queue.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <set>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

struct Due final : Timer {
    explicit Due(std::vector<int>& told, int of) : log{told}, number{of} {}
    void expired() noexcept override { log.push_back(number); }

    std::vector<int>& log;
    int number;
};

TEST(TimerQueue, ExpiresEarliestFirstThenFirstArmedFirst) {
    TimerQueue queue;
    std::vector<int> log;
    std::deque<Due> timers;
    for (int i = 0; i < 6; ++i) timers.emplace_back(log, i);
    for (const auto& [timer, deadline] : {std::pair{0, 3}, {1, 1}, {2, 2}, {3, 1}, {4, 3}, {5, 1}})
        queue.arm(timers[static_cast<std::size_t>(timer)], Timer::Instant{deadline});

    queue.expire(Timer::Instant{2});
    EXPECT_THAT(log, ElementsAre(1, 3, 5, 2));
    EXPECT_EQ(queue.next_deadline(), Timer::Instant{3});
    queue.expire(Timer::Instant{3});

    EXPECT_THAT(log, ElementsAre(1, 3, 5, 2, 0, 4));
    EXPECT_TRUE(queue.empty());
}

struct Model {
    using Entry = std::tuple<std::int64_t, std::uint64_t, int>;  // deadline, order, number

    explicit Model(std::size_t count) : armed(count) {
        for (std::size_t i = 0; i < count; ++i) timers.emplace_back(log, static_cast<int>(i));
    }
    ~Model() {
        for (Due& timer : timers) queue.cancel(timer);
    }
    void arm(std::size_t i, std::int64_t deadline) {
        queue.arm(timers[i], Timer::Instant{deadline});
        armed[i] = Entry{deadline, ++order, static_cast<int>(i)};
        entries.insert(armed[i]);
    }
    void cancel(std::size_t i) {
        queue.cancel(timers[i]);
        entries.erase(armed[i]);
    }
    void expire(std::int64_t now) {
        std::vector<int> expected;
        while (!entries.empty() && std::get<0>(*entries.begin()) <= now) {
            expected.push_back(std::get<2>(*entries.begin()));
            entries.erase(entries.begin());
        }
        log.clear();
        queue.expire(Timer::Instant{now});
        ASSERT_EQ(log, expected);
    }
    void compare() const {
        ASSERT_EQ(queue.empty(), entries.empty());
        if (entries.empty()) return;
        ASSERT_EQ(queue.next_deadline().count(), std::get<0>(*entries.begin()));
    }

    TimerQueue queue;
    std::vector<int> log;
    std::deque<Due> timers;
    std::vector<Entry> armed;
    std::set<Entry> entries;
    std::uint64_t order = 0;
};

// O-039
TEST(TimerQueue, KeepsTheOrderOfAModel) {
    std::mt19937 random{7};  // NOLINT(cert-msc51-cpp): the same each time
    for (const std::size_t count : {1U, 3U, 20U, 700U}) {
        Model model{count};
        for (std::int64_t step = 0; step < 20'000; ++step) {
            const std::size_t i = random() % count;
            if (model.timers[i].armed()) {
                model.cancel(i);
            } else {
                model.arm(i, step + static_cast<std::int64_t>(random() % 500));
            }
            if (random() % 16 == 0) model.expire(step);
            model.compare();
            if (testing::Test::HasFatalFailure()) return;
        }
        model.expire(30'000);
    }
}

}  // namespace
}  // namespace grove
