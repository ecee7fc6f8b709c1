// Stacks as users meet them: many, small, of settable size, and what happens when one overflows.
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <unistd.h>

#include <grove/core/detail/trim_stack.h>
#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/core/wait.h>

#include "greenlet_test.h"
#include "sanitized.h"
#include "stack_pages.h"
#include "stream_pair.h"

namespace grove {
namespace {

#if defined(__SANITIZE_THREAD__)
constexpr std::size_t kMany = 4'000;  // this sanitizer ends at 8,128 flows
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
constexpr std::size_t kMany = 4'000;
#else
constexpr std::size_t kMany = 100'000;
#endif
#else
constexpr std::size_t kMany = 100'000;
#endif

std::size_t mappings() {
    std::ifstream maps{"/proc/self/maps"};
    std::size_t count = 0;
    for (std::string line; std::getline(maps, line);) ++count;
    return count;
}

// Deeper than any stack of these tests, and not to be flattened by the optimiser.
[[gnu::noinline]] int descend(volatile char* above, int depth = 1'000'000) {
    volatile char frame[512];
    frame[0] = above != nullptr ? above[0] : '\0';
    return depth > 0 ? descend(frame, depth - 1) + frame[0] : 0;
}

// P-224, O-025: the sanitizers follow every switch; under them the count or the cost differs, not the rule
GREENLET_TEST(Stack, HundredThousandGreenletsWaitAtATime) {
    Event go;
    std::size_t woken = 0;
    std::vector<Greenlet<void>> all;
    all.reserve(kMany);
    [[maybe_unused]] const std::size_t before = mappings();
    for (std::size_t i = 0; i < kMany; ++i) {
        all.push_back(spawn([&] {
            go.wait();
            ++woken;
        }));
    }
    sleep();
    while (all.back().link_count() == 0 && get_hub().rounds() < 2) sleep();
    EXPECT_EQ(woken, 0U);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_LE(mappings(), before + 10) << "a guard must not cost a mapping";
#endif
    go.set();
    joinall(all);
    EXPECT_EQ(woken, kMany);
}

// P-009
TEST(StackDeathTest, NamesTheGreenletThatOverflowed) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_DEATH(
        {
            auto deep =
                spawn({.stack_bytes = 32768, .name = "deep one"}, [] { return descend(nullptr); });
            deep.join();
        },
        "greenlet deep one overflowed its stack of 32768 bytes");
}

// P-009
TEST(StackDeathTest, GoesOnToTheFormerHandler) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(
        {
            std::signal(SIGSEGV, [](int) { std::_Exit(33); });
            spawn([] { return descend(nullptr); }).join();
        },
        testing::ExitedWithCode(33), "overflowed");
}

GREENLET_TEST(Stack, IsAsLargeAsItsGreenletAsksFor) {
    auto deep = spawn({.stack_bytes = 4 << 20}, [] {
        volatile char large[3 << 20];
        large[0] = 1;
        sleep();
        return large[0] + 0;
    });
    EXPECT_EQ(deep.get(), 1);
    auto shallow = spawn({.stack_bytes = 1}, [] { return 2; });
    EXPECT_EQ(shallow.get(), 2);
}

#ifndef GROVE_TEST_SANITIZED
using test::call_deep;
using test::kDeep;
using test::pages_below;

GREENLET_TEST(Stack, IsGivenBackBelowItsUser) {
    auto user = spawn([] {
        char top = 'y';
        call_deep();
        EXPECT_EQ(pages_below(&top, kDeep), 10U);
        trim_stack();
        EXPECT_LE(pages_below(&top, kDeep), 2U);
        call_deep();
        return top;
    });
    EXPECT_EQ(user.get(), 'y');
    trim_stack();  // the thread's own stays as it is
}

// It has called deep functions before.
GREENLET_TEST(Stack, OfOneWhoWaitsForASlowReaderIsGivenBack) {  // O-086
    auto [near, far] = test::tcp_pair();
    const char* here = nullptr;
    std::size_t deep = 0;
    auto writer = spawn([&, near = std::ref(near)] {
        char top = 0;
        here = &top;
        call_deep();
        deep = pages_below(here, kDeep);
        near.get().sendall(std::string(24'000'000, 'x'));
        near.get().shutdown_write();
        return 'y';
    });
    sleep();  // it runs until the kernel has no room
    ASSERT_NE(here, nullptr);
    EXPECT_EQ(deep, 10U);
    EXPECT_LE(pages_below(here, kDeep), 2U);
    std::array<char, 65536> buffer;
    std::size_t all = 0;
    while (const std::size_t got = far.recv(buffer)) all += got;
    EXPECT_EQ(all, 24'000'000U);
    EXPECT_EQ(writer.get(), 'y');
}
#endif

}  // namespace
}  // namespace grove
