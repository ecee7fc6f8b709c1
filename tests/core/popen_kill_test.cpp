// C-008, C-071: greenlets with a child, killed at random points: no child is left, and no descriptor.
#include <grove/core/popen.h>

#include <cerrno>
#include <chrono>
#include <string>

#include <sys/wait.h>

#include <gtest/gtest.h>

#include "greenlet_test.h"
#include "random_kills.h"

namespace grove {
namespace {

void run_a_child(unsigned kind) {
    switch (kind % 3) {
        case 0:
            EXPECT_EQ(Popen{{"true"}}.wait(), 0);
            break;
        case 1: {
            Popen cat{{"cat"}, {.in = Pipe::kPipe, .out = Pipe::kPipe, .err = Pipe::kPipe}};
            EXPECT_EQ(cat.communicate("text").first, "text");
            break;
        }
        default:
            EXPECT_EQ(check_output({"echo", "x"}), "x\n");
    }
}

TEST(PopenKills, LeaveNothingAtRandomPoints) {
    test::run_in_fresh_hub(
        [] {
            unsigned next = 0;
            // A child takes a millisecond and more.
            test::kill_at_random_points([&] { run_a_child(next++); }, test::kills() / 5);
            EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
            EXPECT_EQ(errno, ECHILD) << "a child is left";
        },
        {.more_time = std::chrono::minutes{2}});
}

}  // namespace
}  // namespace grove
