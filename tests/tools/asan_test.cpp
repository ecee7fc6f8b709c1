// a program built with ASan over libraries that were not: greenlets switch, throw and end, and it has nothing
// to say.
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/wait.h>
#include <grove/testing.h>

namespace grove {
namespace {

// Each frame has an array, which ASan poisons the surroundings of.
[[gnu::noinline]] int descend(int depth, const char* above, const auto& at_the_bottom) {
    char here[64];
    volatile char* const first = here;
    first[0] = above[0];
    if (depth == 0) {
        at_the_bottom();
        return 0;
    }
    return descend(depth - 1, here, at_the_bottom) + first[0];
}

// A frame that lies over those that descend() had: what ASan left poisoned there would be found.
[[gnu::noinline]] void fill() {
    char large[16384];
    std::memset(large, 'x', sizeof large);
    volatile const char* const last = large + sizeof large - 1;
    EXPECT_EQ(*last, 'x');
}

[[noreturn]] void fail() { throw std::runtime_error{"from below"}; }

// As an application might: what it caught it still holds while others run.
void throw_and_sleep(int depth) {
    for (int i = 0; i < 3; ++i) {
        try {
            descend(depth, "", fail);
        } catch (const std::runtime_error& error) {
            fill();
            descend(depth, "", [] { sleep(); });
            EXPECT_STREQ(error.what(), "from below");
        }
    }
}

// O-033
TEST(Asan, HasNothingToSayOfThrowsInAnApplication) {
    const http::Application application = [](http::Environ&, http::StartResponse& start_response) {
        throw_and_sleep(20);
        start_response("200 OK", {{"Content-Type", "text/plain"}});
        return http::Body{"caught\n"};
    };
    for (int i = 0; i < 10; ++i) {
        const http::TestAnswer answer = http::call(application);
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, "caught\n");
    }
}

// O-033
TEST(Asan, HasNothingToSayOfGreenletsThatThrowInTurnAndOneAfterAnother) {
    for (int round = 0; round < 3; ++round) {  // on stacks that others left
        std::vector<Greenlet<void>> all;
        for (int depth = 1; depth <= 20; ++depth) all.push_back(spawn(throw_and_sleep, depth));
        throw_and_sleep(30);
        joinall(all);
    }
}

// O-033
TEST(Asan, HasNothingToSayOfKillsFarDown) {
    Event never;
    std::vector<Greenlet<void>> all;
    for (int depth = 1; depth <= 20; ++depth)
        all.push_back(spawn([&never, depth] { descend(depth, "", [&] { never.wait(); }); }));
    sleep();
    killall(all);
    for (const auto& greenlet : all) EXPECT_TRUE(greenlet.dead());
    for (int i = 0; i < 20; ++i) spawn(fill).join();  // on the stacks of the dead
}

// Without this the tests above prove nothing.
TEST(AsanDeathTest, IsThereAndFindsWhatIsWrongInAGreenlet) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    const auto write_beyond = [] {
        descend(5, "", [] {
            char small[8];
            volatile char* const first = small;
            volatile int beyond = 8;
            first[beyond] = 1;
        });
    };
    EXPECT_DEATH(spawn(write_beyond).join(), "stack-buffer-overflow");
}

}  // namespace
}  // namespace grove
