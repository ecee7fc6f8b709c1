// What a client sends without asking for anything, in points. H2-042, H2-043
#include "abuse_bucket.h"

#include <chrono>

#include <gtest/gtest.h>

namespace grove::http {
namespace {

using namespace std::chrono_literals;
using Instant = AbuseBucket::Instant;

constexpr Rate kDefault{.rate = 100, .burst = 1000};
constexpr Instant kStart = 1h;

/// How many of `points` each fit at once.
int fitting(AbuseBucket& bucket, unsigned points, Instant now = kStart) {
    int fit = 0;
    while (bucket.add(points, now)) ++fit;
    return fit;
}

// H2-042: SETTINGS and PING; H2-043: empty DATA and PRIORITY; H2-026, H2-035: refused heads and streams
TEST(AbuseBucket, TakesOfEachKindWhatItsPointsAllow) {
    const auto most = [](unsigned points) {
        AbuseBucket bucket{kDefault};
        return fitting(bucket, points);
    };
    EXPECT_EQ(most(AbuseBucket::kSettings), 100);
    EXPECT_EQ(most(AbuseBucket::kPing), 500);
    EXPECT_EQ(most(AbuseBucket::kEmptyData), 1000);
    EXPECT_EQ(most(AbuseBucket::kPriority), 1000);
    EXPECT_EQ(most(AbuseBucket::kRefusedStream), 200);
    EXPECT_EQ(most(AbuseBucket::kRefusedHead), 200);
}

TEST(AbuseBucket, AddsUpWhatIsOfDifferentKinds) {
    AbuseBucket bucket{kDefault};
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(bucket.add(AbuseBucket::kSettings, kStart)) << i;
    EXPECT_EQ(fitting(bucket, AbuseBucket::kPing), 250);
}

TEST(AbuseBucket, LeaksAtItsRateAndNeverBelowNothing) {
    AbuseBucket bucket{kDefault};
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(bucket.add(AbuseBucket::kSettings, kStart)) << i;
    ASSERT_TRUE(bucket.add(AbuseBucket::kSettings, kStart + 100ms)) << "ten points leaked";
    EXPECT_FALSE(bucket.add(AbuseBucket::kEmptyData, kStart + 100ms));

    EXPECT_EQ(fitting(bucket, AbuseBucket::kEmptyData, kStart + 24h), 1000);
}

TEST(AbuseBucket, HoldsForEverWhoKeepsToItsRate) {
    AbuseBucket bucket{kDefault};
    Instant now = kStart;
    for (int i = 0; i < 100'000; ++i, now += 20ms)
        ASSERT_TRUE(bucket.add(AbuseBucket::kPing, now)) << i;
    EXPECT_EQ(fitting(bucket, AbuseBucket::kEmptyData, now), 1000);
}

TEST(AbuseBucket, TakesAClockThatStandsBackAsStandingStill) {
    AbuseBucket bucket{kDefault};
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(bucket.add(AbuseBucket::kSettings, kStart)) << i;
    EXPECT_FALSE(bucket.add(AbuseBucket::kEmptyData, kStart - 1h));
    EXPECT_FALSE(bucket.add(AbuseBucket::kEmptyData, kStart));
}

TEST(AbuseBucket, FollowsALimitThatChanges) {
    Rate limit = kDefault;
    AbuseBucket bucket{limit};
    ASSERT_EQ(fitting(bucket, AbuseBucket::kEmptyData), 1000);

    limit.burst = 1500;

    EXPECT_EQ(fitting(bucket, AbuseBucket::kEmptyData), 499) << "one has been added in vain";
}

// H2-043: a reader that keeps its windows open is none that dribbles.
TEST(AbuseBucket, LetsTenWindowUpdatesThroughForEachDataFrameThatWasSent) {
    AbuseBucket bucket{kDefault};
    for (int sent = 0; sent < 10'000; ++sent) {
        bucket.count_sent_data();
        for (int i = 0; i < 10; ++i) ASSERT_TRUE(bucket.add_window_update(kStart)) << sent;
    }
    int updates = 0;
    while (bucket.add_window_update(kStart)) ++updates;
    EXPECT_EQ(updates, 1000);
}

TEST(AbuseBucket, OwesNoEndlessWindowUpdatesForALargeDownload) {
    AbuseBucket bucket{kDefault};
    for (int sent = 0; sent < 1'000'000; ++sent) bucket.count_sent_data();
    int updates = 0;
    while (bucket.add_window_update(kStart)) ++updates;
    EXPECT_EQ(updates, 2000);
}

}  // namespace
}  // namespace grove::http
