// What HTTP/2 sessions free is kept for those to come.
#include "small_blocks.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include <malloc.h>

#include <gtest/gtest.h>

namespace grove::http {
namespace {

TEST(SmallBlocks, GivesABlockOfTheSameSizeAgain) {
    SmallBlocks blocks;
    void* const first = blocks.allocate(100);
    std::memset(first, 1, 100);

    blocks.release(first);

    EXPECT_EQ(blocks.spare_count(), 1U);
    EXPECT_EQ(blocks.allocate(100), first);
    EXPECT_EQ(blocks.spare_count(), 0U);
    blocks.release(first);
}

TEST(SmallBlocks, GivesNoBlockThatIsSmallerThanWasAskedFor) {
    SmallBlocks blocks;
    for (std::size_t size = 1; size <= 1200; ++size) {
        void* const small = blocks.allocate(size);
        blocks.release(small);
        void* const large = blocks.allocate(size + 16);
        EXPECT_GE(::malloc_usable_size(large), size + 16);
        blocks.release(large);
    }
}

TEST(SmallBlocks, KeepsNoLargeOne) {
    SmallBlocks blocks;

    blocks.release(blocks.allocate(16384));
    blocks.release(nullptr);

    EXPECT_EQ(blocks.spare_count(), 0U);
}

TEST(SmallBlocks, KeepsABoundedNumber) {
    SmallBlocks blocks;
    std::vector<void*> taken(5000);
    for (void*& block : taken) block = blocks.allocate(64);

    for (void* const block : taken) blocks.release(block);

    EXPECT_EQ(blocks.spare_count(), 2048U);
}

TEST(SmallBlocks, FillsWithZerosWhatASessionWantsSo) {
    SmallBlocks blocks;
    const nghttp2_mem memory = blocks.memory();
    auto* const used = static_cast<char*>(memory.malloc(96, memory.mem_user_data));
    std::memset(used, 'x', 96);
    memory.free(used, memory.mem_user_data);

    auto* const zeros = static_cast<char*>(memory.calloc(12, 8, memory.mem_user_data));

    EXPECT_EQ(zeros, used);
    EXPECT_TRUE(std::all_of(zeros, zeros + 96, [](char byte) { return byte == 0; }));
    memory.free(zeros, memory.mem_user_data);
}

}  // namespace
}  // namespace grove::http
