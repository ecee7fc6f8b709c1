// random_kills.h - greenlets that are killed at random points of what they do (C-008).
#pragma once

#include <cstdlib>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <grove/core/errors.h>
#include <grove/core/greenlet.h>

#include "sanitized.h"

namespace grove::test {

/// 10,000; a tenth of that under a sanitizer, where each takes about ten times as long. GROVE_TEST_KILLS says otherwise.
inline int kills() {
    const char* wanted = std::getenv("GROVE_TEST_KILLS");
    if (wanted != nullptr) return std::atoi(wanted);
#ifdef GROVE_TEST_SANITIZED
    return 1'000;
#else
    return 10'000;
#endif
}

/// How many turns of the hub they take to their ends.
inline unsigned turns_to_end(const std::vector<Greenlet<void>>& all) {
    unsigned turns = 0;
    for (const auto& one : all) {
        for (; !one.dead(); ++turns) sleep();
    }
    return turns;
}

/// Runs `work` in groups of ten greenlets. Each tenth group is let be; the others are killed after a random part of the
/// turns that the last of those took. Whatever else ends a greenlet fails the test.
/// @param wanted  so many are killed; fewer for work that takes a millisecond or more
template <class Work>
void kill_at_random_points(const Work& work, int wanted = kills()) {
    constexpr int kGroup = 10;
    std::mt19937 random{20261203};
    unsigned usual = 0;
    int killed = 0;
    int ended = 0;
    for (int group = 0; killed < wanted; ++group) {
        std::vector<Greenlet<void>> all;
        for (int i = 0; i < kGroup; ++i) all.push_back(spawn(work));
        if (group % 10 == 0) {
            usual = turns_to_end(all);
        } else {
            for (auto turns = random() % (usual + 1); turns != 0; --turns) sleep();
            for (auto& one : all) one.kill(GreenletExit{}, false);
        }
        for (auto& one : all) {
            one.join();
            EXPECT_TRUE(one.successful());
            ++(one.returned() ? ended : killed);
        }
    }
    EXPECT_GE(ended, wanted / 10) << "some are not killed";
}

}  // namespace grove::test
