#include <grove/pool.h>
#include "greenlet_test.h"
namespace grove {
namespace {
using namespace std::chrono_literals;
// P-151
GREENLET_TEST(Pool, BlocksWhileFull) {
    Pool pool{1};
    int ran = 0;
    for (int i = 0; i < 5; ++i)
        pool.spawn([&] {
            sleep();
            ++ran;
        });
    pool.join();
    EXPECT_EQ(ran, 5);
    EXPECT_EQ(pool.free_count(), 1U);
    EXPECT_THROW(
        {
            pool.spawn([] { sleep(1ms); });
            pool.start(make_greenlet([] {}), false);
        },
        PoolFull);
    EXPECT_FALSE(pool.try_spawn([] {}).valid());
    pool.join();
    EXPECT_TRUE(pool.try_spawn([] {}).valid());
    pool.kill();
}
}  // namespace
}  // namespace grove
