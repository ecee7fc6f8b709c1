#include "block_pool.h"

#include <cstring>

#include <gtest/gtest.h>

namespace grove {
namespace {

TEST(BlockPool, GivesTheBlockThatCameBackLast) {
    BlockPool pool;
    void* first = pool.take(200);
    void* second = pool.take(200);
    EXPECT_NE(first, second);
    std::memset(first, 1, 200);
    pool.give_back(first, 200);
    pool.give_back(second, 200);
    EXPECT_EQ(pool.take(193), second) << "sizes are rounded up to 32";
    EXPECT_EQ(pool.take(224), first);
    pool.give_back(first, 200);
    pool.give_back(second, 200);
}

TEST(BlockPool, LeavesLargeBlocksToTheHeap) {
    BlockPool pool;
    void* large = pool.take(100'000);
    std::memset(large, 1, 100'000);
    pool.give_back(large, 100'000);
}

TEST(BlockPool, TakesBlocksThatWereMadeElsewhere) {
    BlockPool pool;
    void* block = ::operator new(BlockPool::rounded(100));
    pool.give_back(block, 100);
    EXPECT_EQ(pool.take(128), block);
    pool.give_back(block, 128);
}

}  // namespace
}  // namespace grove
