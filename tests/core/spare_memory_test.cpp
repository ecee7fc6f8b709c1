// What a pool keeps is given back when nobody comes: O-035.
#include <grove/core/detail/spare_memory.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "hub_access.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

constexpr std::size_t kAlways = 4;

struct Stock final : SpareMemory {
    Stock() noexcept : SpareMemory{kAlways} {}
    using SpareMemory::passed_on;
    std::size_t let_one_go() noexcept override { return 100; }

    void put_some(std::size_t count) {
        for (; count > 0; --count) put();
    }
    void take_some(std::size_t count) {
        for (; count > 0; --count) taken();
    }
};

/// A hub's keeper, and seconds that pass for it.
struct Seconds {
    // All turns that a second brings.
    void pass_one() {
        now += 1s;
        while (keeper.wanted() && keeper.next_turn() <= now) keeper.turn(now);
    }

    SpareKeeper& keeper{HubAccess::spare(get_hub())};
    Timer::Instant now{1h};
};

/// With a hub that is as new.
void in_own_thread(const std::function<void(Seconds&)>& body) {
    std::thread{[&] {
        Seconds seconds;
        body(seconds);
    }}.join();
}

TEST(SpareMemory, GivesHalfOfWhatLayUnusedBackEachSecond) {
    in_own_thread([](Seconds& seconds) {
        Stock stock;
        EXPECT_FALSE(seconds.keeper.wanted());
        stock.put_some(kAlways + 1000);
        EXPECT_TRUE(seconds.keeper.wanted());
        seconds.keeper.turn(seconds.now);

        std::vector<std::size_t> left;
        for (int second = 0; second < 4; ++second) {
            seconds.pass_one();
            left.push_back(stock.spare_count() - kAlways);
        }

        EXPECT_THAT(left, ElementsAre(500, 250, 125, 62));
        for (int second = 4; second < 15; ++second) seconds.pass_one();
        EXPECT_EQ(stock.spare_count(), kAlways);
        EXPECT_FALSE(seconds.keeper.wanted()) << "it sleeps when there is nothing to give";
    });
}

TEST(SpareMemory, KeepsWhatASteadyLoadUses) {
    in_own_thread([](Seconds& seconds) {
        Stock stock;
        stock.put_some(kAlways + 1000);
        seconds.keeper.turn(seconds.now);

        for (int second = 0; second < 15; ++second) {
            stock.take_some(1000);
            stock.put_some(1000);
            seconds.pass_one();
        }

        EXPECT_EQ(stock.spare_count(), kAlways + 1000);
    });
}

TEST(SpareMemory, GivesNothingInItsFirstSecond) {
    in_own_thread([](Seconds& seconds) {
        Stock stock;
        stock.put_some(1000);
        seconds.keeper.turn(seconds.now);
        seconds.keeper.turn(seconds.now + 999ms);
        EXPECT_EQ(stock.spare_count(), 1000U);
    });
}

TEST(SpareMemory, GivesASliceATurn) {
    in_own_thread([](Seconds& seconds) {
        Stock stock;
        stock.put_some(kAlways + 1000);
        seconds.keeper.turn(seconds.now);
        seconds.now += 1s;

        seconds.keeper.turn(seconds.now);
        EXPECT_EQ(stock.spare_count(), kAlways + 1000 - SpareKeeper::kSlice);
        EXPECT_LE(seconds.keeper.next_turn(), seconds.now) << "there is more";
        stock.take_some(stock.spare_count());  // a burst comes between two slices
        seconds.keeper.turn(seconds.now);

        EXPECT_EQ(stock.spare_count(), 0U);
    });
}

TEST(SpareMemory, ForgetsAPoolThatEnds) {
    in_own_thread([](Seconds& seconds) {
        Stock stays;
        stays.put_some(100);
        auto ends = std::make_unique<Stock>();
        Stock last;
        ends->put_some(100);
        last.put_some(100);
        seconds.keeper.turn(seconds.now);
        ends.reset();

        for (int second = 0; second < 15; ++second) seconds.pass_one();

        EXPECT_EQ(stays.spare_count(), kAlways);
        EXPECT_EQ(last.spare_count(), kAlways);
    });
}

TEST(SpareMemory, TrimsTheHeapForWhatAFullPoolPassedOn) {
    in_own_thread([](Seconds& seconds) {
        Stock stock;
        stock.passed_on(1000);
        EXPECT_FALSE(seconds.keeper.wanted()) << "it is not worth it";
        stock.passed_on(2'000'000);
        EXPECT_TRUE(seconds.keeper.wanted());
        seconds.keeper.turn(seconds.now);
        seconds.pass_one();
        EXPECT_FALSE(seconds.keeper.wanted());
    });
}

TEST(SpareMemory, KeepsWhatItHasWithoutAHub) {
    std::thread{[] {
        Stock stock;
        stock.put_some(1000);
        EXPECT_EQ(stock.spare_count(), 1000U);
        EXPECT_EQ(HubAccess::existing(), nullptr);
    }}.join();
}

}  // namespace
}  // namespace grove
