// Which upstream is chosen (C-052).
#include <array>
#include <optional>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/proxy/upstreams.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr Upstreams::Clock::time_point kStart{1h};

/// So many choices in a row, at one time.
std::vector<std::size_t> choices(Upstreams& upstreams, int count,
                                 Upstreams::Clock::time_point now = kStart) {
    std::vector<std::size_t> chosen;
    while (count-- != 0) chosen.push_back(upstreams.choose({}, now).value());
    return chosen;
}

void fail(Upstreams& upstreams, std::size_t which, Upstreams::Clock::time_point now = kStart) {
    for (int i = 0; i < Upstreams::kFailures; ++i) upstreams.failed(which, now);
}

TEST(ProxyUpstreams, TakeTurns) {
    Upstreams upstreams{3};
    EXPECT_THAT(choices(upstreams, 5), ElementsAre(0, 1, 2, 0, 1));
}

TEST(ProxyUpstreams, AreTriedOnceEach) {
    Upstreams upstreams{3};
    EXPECT_EQ(upstreams.choose(std::array<std::size_t, 1>{0}, kStart), 1U);
    EXPECT_EQ(upstreams.choose(std::array<std::size_t, 2>{2, 1}, kStart), 0U);
    EXPECT_EQ(upstreams.choose(std::array<std::size_t, 3>{2, 1, 0}, kStart), std::nullopt);
}

TEST(ProxyUpstreams, AreOffForTenSecondsAfterThreeFailuresInARow) {
    Upstreams upstreams{2};
    EXPECT_FALSE(upstreams.failed(0, kStart));
    EXPECT_FALSE(upstreams.failed(0, kStart));
    EXPECT_THAT(choices(upstreams, 2), ElementsAre(0, 1));
    EXPECT_TRUE(upstreams.failed(0, kStart));
    EXPECT_FALSE(upstreams.failed(0, kStart)) << "it was off already";
    EXPECT_THAT(choices(upstreams, 3), ElementsAre(1, 1, 1));
    EXPECT_THAT(choices(upstreams, 2, kStart + 10s - 1ns), ElementsAre(1, 1));
    EXPECT_THAT(choices(upstreams, 2, kStart + 10s), ElementsAre(0, 1));
}

TEST(ProxyUpstreams, ForgetFailuresAtAnAnswer) {
    Upstreams upstreams{2};
    upstreams.failed(0, kStart);
    upstreams.failed(0, kStart);
    upstreams.answered(0);
    EXPECT_FALSE(upstreams.failed(0, kStart));
    EXPECT_FALSE(upstreams.failed(0, kStart));
    EXPECT_THAT(choices(upstreams, 2), ElementsAre(0, 1));
}

TEST(ProxyUpstreams, AreOnTrialAfterTheirTimeOff) {
    Upstreams upstreams{2};
    fail(upstreams, 0);
    const auto later = kStart + 11s;
    EXPECT_TRUE(upstreams.failed(0, later)) << "one more failure is enough";
    EXPECT_THAT(choices(upstreams, 2, later + 9s), ElementsAre(1, 1));
    EXPECT_THAT(choices(upstreams, 2, later + 10s), ElementsAre(0, 1));
    upstreams.answered(0);
    EXPECT_FALSE(upstreams.failed(0, later + 10s));
}

TEST(ProxyUpstreams, AreTriedAllTheSameIfAllAreOffTheOldestFirst) {
    Upstreams upstreams{3};
    fail(upstreams, 1, kStart);
    fail(upstreams, 2, kStart + 1s);
    fail(upstreams, 0, kStart + 2s);
    const auto now = kStart + 3s;
    EXPECT_THAT(choices(upstreams, 2, now), ElementsAre(1, 1));
    EXPECT_EQ(upstreams.choose(std::array<std::size_t, 1>{1}, now), 2U);
    EXPECT_THAT(choices(upstreams, 2, kStart + 10s), ElementsAre(1, 1))
        << "the others are still off";
}

TEST(ProxyUpstreams, MayBeOne) {
    Upstreams upstreams{1};
    fail(upstreams, 0);
    EXPECT_THAT(choices(upstreams, 2), ElementsAre(0, 0));
}

}  // namespace
}  // namespace grove
