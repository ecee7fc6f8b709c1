#include "refusal_lines.h"

#include <gtest/gtest.h>

namespace grove::http {
namespace {

using namespace std::chrono_literals;

TEST(RefusalLines, AreAHundredASecondAndACount) {  // O-087
    RefusalLines lines;
    const auto told_of = [&](int refusals, Timer::Instant now) {
        int told = 0;
        for (int i = 0; i < refusals; ++i) told += lines.is_told(now) ? 1 : 0;
        return told;
    };
    EXPECT_EQ(told_of(100, 10s), 100);
    EXPECT_EQ(lines.untold(), "");
    EXPECT_EQ(told_of(7, 10999ms), 0);
    EXPECT_EQ(told_of(1, 11s), 1);
    EXPECT_EQ(lines.untold(), " (and 7 more refusals)");
    EXPECT_EQ(lines.untold(), "");
    EXPECT_EQ(told_of(500, 11999ms), 99);
    EXPECT_EQ(told_of(500, 12s), 100);
    EXPECT_EQ(lines.untold(), " (and 801 more refusals)");
}

TEST(RefusalLines, SayWhatTheyAreAbout) {  // O-087
    RefusalLines lines{"apples"};
    for (int i = 0; i < 102; ++i) static_cast<void>(lines.is_told(10s));
    EXPECT_EQ(lines.untold(), " (and 2 more apples)");
}

}  // namespace
}  // namespace grove::http
