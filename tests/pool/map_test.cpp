#include <gmock/gmock.h>
#include <grove/pool.h>
#include "greenlet_test.h"
namespace grove {
namespace {
using namespace std::chrono_literals;
using ::testing::ElementsAre;
// P-176
GREENLET_TEST(Map, GivesResultsInTheOrderOfItems) {
    Pool pool{2};
    const std::vector<int> delays{3, 2, 1};
    auto results = pool.map(
        [](int ms) {
            sleep(std::chrono::milliseconds{ms});
            return ms * 2;
        },
        delays);
    EXPECT_THAT(results, ElementsAre(6, 4, 2));
    pool.map([](int) {}, delays);
    auto it = pool.imap([](int a) { return a; }, std::vector<int>{1, 2, 3});
    std::vector<int> got;
    for (int x : it) got.push_back(x);
    EXPECT_THAT(got, ElementsAre(1, 2, 3));
    got.clear();
    for (int x : pool.imap_unordered(
             Maxsize{2}, [](int a, int b) { return a + b; }, std::vector<int>{1, 2, 3}, delays))
        got.push_back(x);
    EXPECT_THAT(got, ElementsAre(4, 4, 4));
    EXPECT_EQ(pool.apply([](int a) { return a; }, std::tuple{5}), 5);
    EXPECT_EQ(pool.apply_async([](int a) { return a; }, std::tuple{5}, [](int) {}).get(), 5);
    EXPECT_EQ(pool.map_async([](int a) { return a; }, delays).get().size(), 3U);
    EXPECT_EQ(pool.apply_cb([](int a) { return a; }, std::tuple{5}, [](int) {}), 5);
    EXPECT_EQ(pool.map_cb([](int a) { return a; }, delays, [](const std::vector<int>&) {}).size(),
              3U);
    pool.join();
}
}  // namespace
}  // namespace grove
