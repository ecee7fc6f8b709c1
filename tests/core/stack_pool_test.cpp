#include "stack_pool.h"

#include <cstdint>
#include <set>

#include <gtest/gtest.h>

namespace grove {
namespace {

char* top_page(const Context& context) {
    return reinterpret_cast<char*>(reinterpret_cast<std::uintptr_t>(&context) - 64);
}

void use(const Context& context) {
    *top_page(context) = 1;
    *context.bottom = 1;
}

class StackPoolTest : public testing::TestWithParam<StackGuards::Kind> {
protected:
    StackPool pool{StackGuards{GetParam()}};
};

// P-009
TEST_P(StackPoolTest, DiesOnAWriteBelowAStack) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_DEATH({ *(StackPool{StackGuards{GetParam()}}.take(0).bottom - 1) = 1; }, "");
    Context& context = pool.take(0);
    use(context);
    EXPECT_TRUE(StackPool::in_guard(context, context.bottom - 1));
    EXPECT_FALSE(StackPool::in_guard(context, context.bottom));
    pool.give_back(context);
}

TEST_P(StackPoolTest, GivesTheStackThatCameBackLast) {
    Context& first = pool.take(20'000);
    Context& second = pool.take(20'000);
    EXPECT_NE(&first, &second);
    EXPECT_GE(first.bytes, 18'000U);
    pool.give_back(second);
    pool.give_back(first);
    EXPECT_EQ(&pool.take(20'000), &first);
    EXPECT_EQ(&pool.take(20'000), &second);
    EXPECT_EQ(pool.in_use(), 2U);
    EXPECT_NE(&pool.take(200'000), &second) << "sizes are kept apart";
}

TEST_P(StackPoolTest, KeepsGuardsWhenMemoryIsGivenBack) {
    std::set<Context*> all;
    for (int i = 0; i < 3000; ++i) {
        Context& context = pool.take(0);
        use(context);
        all.insert(&context);
    }
    EXPECT_EQ(all.size(), 3000U);
    for (Context* context : all) pool.give_back(*context);
    pool.trim();
    for (int i = 0; i < 3000; ++i) {
        Context& context = pool.take(0);
        EXPECT_TRUE(all.erase(&context)) << "no new stack was needed";
        use(context);
    }
    EXPECT_DEATH({ *(pool.take(0).bottom - 1) = 1; }, "");
}

INSTANTIATE_TEST_SUITE_P(BothGuards, StackPoolTest,
                         testing::Values(StackGuards::Kind::kLightweight,
                                         StackGuards::Kind::kPages),
                         [](const auto& kind) {
                             return kind.param == StackGuards::Kind::kPages ? "Pages"
                                                                            : "Lightweight";
                         });

// P-009
TEST(StackPoolDeathTest, FindsABrokenCanaryWhereThereIsNoGuardPage) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    StackPool pool{StackGuards{StackGuards::Kind::kPages, 0}};
    int canaries = 0;
    Context* with_canary = nullptr;
    for (int i = 0; i < 32; ++i) {
        Context& context = pool.take(0);
        canaries += !context.guarded;
        if (!context.guarded) with_canary = &context;
    }
    EXPECT_EQ(canaries, 30) << "every 16th has a page";
    pool.give_back(*with_canary);
    EXPECT_EQ(&pool.take(0), with_canary);
    *with_canary->bottom = 'x';
    EXPECT_DEATH(pool.give_back(*with_canary), "overflowed");
}

}  // namespace
}  // namespace grove
