#include <chrono>
#include <optional>

#include <gtest/gtest.h>

#include "log_losses.h"

namespace {

using namespace std::chrono_literals;
constexpr LogLosses::Clock::time_point kStart{1000h};

TEST(LogLosses, TellsNothingIfNothingIsLost) {
    LogLosses losses;

    EXPECT_EQ(losses.take(kStart), std::nullopt);
    EXPECT_EQ(losses.due(), std::nullopt);
}

TEST(LogLosses, TellsTheFirstAtOnceAndWhatFollowsAMinuteLater) {
    LogLosses losses;

    losses.add(1, "the disk is full");
    EXPECT_LE(losses.due(), kStart);
    EXPECT_EQ(losses.take(kStart), "1 line lost: the disk is full");
    EXPECT_EQ(losses.due(), std::nullopt);

    losses.add(2, "the disk is full");
    losses.add(3, "the disk burns");
    EXPECT_EQ(losses.due(), kStart + 1min);
    EXPECT_EQ(losses.take(kStart + 59s), std::nullopt);
    EXPECT_EQ(losses.take(kStart + 60s), "5 lines lost: the disk burns");
    EXPECT_EQ(losses.take(kStart + 180s), std::nullopt);
}

TEST(LogLosses, TellsTheRestAtTheEnd) {
    LogLosses losses;
    losses.add(1, "the disk is full");
    EXPECT_NE(losses.take(kStart), std::nullopt);

    losses.add(2, "the disk is full");
    losses.add(0, "nothing");
    losses.hasten();

    EXPECT_EQ(losses.take(kStart + 1s), "2 lines lost: the disk is full");
    EXPECT_EQ(losses.due(), std::nullopt);
}

}  // namespace
