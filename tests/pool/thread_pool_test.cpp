#include <gmock/gmock.h>
#include <grove/pool.h>
#include <thread>
#include "greenlet_test.h"
namespace grove {
namespace {
using namespace std::chrono_literals;
using ::testing::ElementsAre;
// P-200
GREENLET_TEST(ThreadPool, MakesThreadsOnDemand) {
    ThreadPool pool{3};
    for (int i = 0; i < 5; ++i) EXPECT_EQ(pool.spawn([i] { return i; }).get(), i);
    EXPECT_EQ(pool.size(), 1U);
    EXPECT_THAT(pool.map(
                    [](int a) {
                        std::this_thread::sleep_for(5ms);
                        return a + 1;
                    },
                    std::vector<int>{1, 2, 3}),
                ElementsAre(2, 3, 4));
    EXPECT_EQ(pool.size(), 3U);
    EXPECT_EQ(pool.apply([&] { return pool.apply([] { return 5; }); }), 5);
    EXPECT_EQ(pool.apply_async([] { return 5; }, std::tuple{}, [](int) {}).get(), 5);
    std::vector<int> got;
    for (int x : pool.imap([](int a) { return a; }, std::vector<int>{1, 2, 3})) got.push_back(x);
    EXPECT_THAT(got, ElementsAre(1, 2, 3));
    pool.kill();
    EXPECT_EQ(pool.size(), 0U);
    EXPECT_EQ(pool.spawn([] { return 5; }).get(), 5);
    pool.set_maxsize(1);
}
}  // namespace
}  // namespace grove
