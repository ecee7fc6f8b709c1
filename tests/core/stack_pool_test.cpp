#include "stack_pool.h"

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "hub_access.h"
#include "sanitized.h"

namespace grove {
namespace {

using namespace std::chrono_literals;

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

// All that nobody used goes back.
void pass_seconds() {
    SpareKeeper& keeper = HubAccess::spare(get_hub());
    for (Timer::Instant now{1h}; keeper.wanted(); now += 1s) keeper.turn(now);
}

TEST_P(StackPoolTest, KeepsGuardsWhenMemoryIsGivenBack) {
    get_hub();
    std::set<Context*> all;
    for (int i = 0; i < 3000; ++i) {
        Context& context = pool.take(0);
        use(context);
        all.insert(&context);
    }
    EXPECT_EQ(all.size(), 3000U);
    for (Context* context : all) pool.give_back(*context);
    pass_seconds();
    for (int i = 0; i < 3000; ++i) {
        Context& context = pool.take(0);
        EXPECT_TRUE(all.erase(&context)) << "no new stack was needed";
        use(context);
    }
    EXPECT_DEATH({ *(pool.take(0).bottom - 1) = 1; }, "");
    EXPECT_DEATH({ *(pool.take(0).bottom - StackGuards::kBytes) = 1; }, "");
}

// O-025
TEST_P(StackPoolTest, DiesOfAFrameOfUpTo256KibibytesThatStepsOverTheEnd) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    for (const std::size_t below : {4'097U, 72'000U, 131'072U, 262'144U}) {
        EXPECT_DEATH({ *(StackPool{StackGuards{GetParam()}}.take(0).bottom - below) = 1; }, "")
            << below;
        Context& context = pool.take(0);
        EXPECT_TRUE(StackPool::in_guard(context, context.bottom - below)) << below;
        EXPECT_FALSE(StackPool::in_guard(context, context.bottom - 262'145));
    }
}

std::size_t mappings() {
    std::ifstream maps{"/proc/self/maps"};
    std::size_t count = 0;
    for (std::string line; std::getline(maps, line);) ++count;
    return count;
}

#if defined(GROVE_TEST_SANITIZED)
constexpr std::size_t kOthers = 20;  // its own
#else
constexpr std::size_t kOthers = 2;
#endif

// O-025
TEST_P(StackPoolTest, TakesNoMoreMappingsThanAPageOfGuardWould) {
#if defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "the thread sanitizer maps some of its own for each stack";
#endif
    const std::size_t before = mappings();
    for (int i = 0; i < 1000; ++i) use(pool.take(0));
    EXPECT_LE(mappings(), before + (GetParam() == StackGuards::Kind::kPages ? 2000 : 0) + kOthers);
}

INSTANTIATE_TEST_SUITE_P(BothGuards, StackPoolTest,
                         testing::Values(StackGuards::Kind::kLightweight,
                                         StackGuards::Kind::kPages),
                         [](const auto& kind) {
                             return kind.param == StackGuards::Kind::kPages ? "Pages"
                                                                            : "Lightweight";
                         });

// Of this process: "VmRSS:".
std::size_t bytes_of(const std::string& key) {
    std::ifstream status{"/proc/self/status"};
    std::string word;
    while (status >> word && word != key) {
    }
    std::size_t kibibytes = 0;
    status >> kibibytes;
    return kibibytes * 1024;
}

// Ends the process: 0 if so many stacks can be had and used with at most `more` bytes above what it holds.
[[noreturn]] void take_many_within(int resource, const std::string& key, std::size_t more) {
    rlimit limit{};
    ::getrlimit(static_cast<__rlimit_resource>(resource), &limit);
    limit.rlim_cur = bytes_of(key) + more;
    ::setrlimit(static_cast<__rlimit_resource>(resource), &limit);
    StackPool pool;
    for (int i = 0; i < 600; ++i) use(pool.take(0));
    std::_Exit(0);
}

// O-025: 600 stacks of 64 KiB, with guards five times that.
TEST(StackPoolDeathTest, FindsRoomUnderALimitThatWouldNotHoldALargerSlab) {
#if defined(GROVE_TEST_SANITIZED)
    GTEST_SKIP() << "the sanitizer needs addresses without bound itself";
#endif
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(take_many_within(RLIMIT_AS, "VmSize:", 600 * (65536 + 262144) + (8U << 20)),
                testing::ExitedWithCode(0), "");
}

// O-025
TEST(StackPoolDeathTest, CountsNoGuardAsMemory) {
#if defined(GROVE_TEST_SANITIZED)
    GTEST_SKIP() << "the sanitizer needs memory itself";
#endif
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(take_many_within(RLIMIT_DATA, "VmData:", 600 * 65536 + (8U << 20)),
                testing::ExitedWithCode(0), "");
}

// A slab of 5 MiB, as more may not be locked by everybody.
[[noreturn]] void overflow_locked_memory(int if_it_cannot_be) {
    if (::mlockall(MCL_FUTURE) != 0) std::_Exit(if_it_cannot_be);
    StackPool pool;
    const std::size_t before = bytes_of("VmRSS:");
    Context* last = nullptr;
    for (int i = 0; i < 16; ++i) use(*(last = &pool.take(0)));
    if (bytes_of("VmRSS:") - before > 16 * 65536 + (1U << 20)) std::_Exit(1);
    *(last->bottom - StackGuards::kBytes) = 1;
    std::_Exit(2);
}

// O-025
TEST(StackPoolDeathTest, FillsNoGuardWhereMemoryIsLocked) {
#if defined(GROVE_TEST_SANITIZED)
    GTEST_SKIP() << "the sanitizer's own memory would be locked too";
#endif
    constexpr int kMayNotLock = 77;  // RLIMIT_MEMLOCK is 0 in some containers
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    const auto died_or_may_not = [](int status) {
        if (WIFEXITED(status)) return WEXITSTATUS(status) == kMayNotLock;
        return WTERMSIG(status) == SIGSEGV;
    };
    EXPECT_EXIT(overflow_locked_memory(kMayNotLock), died_or_may_not, "");
}

// P-009
TEST(StackPoolDeathTest, FindsABrokenCanaryWhereThereIsNoGuard) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    StackPool pool{StackGuards{StackGuards::Kind::kPages, 0}};
    int canaries = 0;
    Context* with_canary = nullptr;
    for (int i = 0; i < 32; ++i) {
        Context& context = pool.take(0);
        canaries += !context.guarded;
        if (!context.guarded) with_canary = &context;
    }
    EXPECT_EQ(canaries, 30) << "every 16th has a guard";
    pool.give_back(*with_canary);
    EXPECT_EQ(&pool.take(0), with_canary);
    *with_canary->bottom = 'x';
    EXPECT_DEATH(pool.give_back(*with_canary), "overflowed");
}

}  // namespace
}  // namespace grove
