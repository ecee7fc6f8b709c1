#include <grove/pool/group.h>
#include "greenlet_test.h"
namespace grove {
namespace {
using namespace std::chrono_literals;
// P-120
GREENLET_TEST(Group, LosesMembersWhenTheyEnd) {
    Group group;
    group.spawn([] { sleep(1ms); });
    group.spawn([] { sleep(5ms); });
    EXPECT_EQ(group.size(), 2U);
    EXPECT_TRUE(group.join());
    EXPECT_TRUE(group.empty());
}
}  // namespace
}  // namespace grove
