// What a burst of greenlets leaves behind: O-035.
#include <chrono>
#include <cstddef>

#include <gtest/gtest.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>

#include "greenlet_test.h"
#include "resident.h"
#include "sanitized.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;

// O-035
FAKE_CLOCK_TEST(MemoryAfterABurst, IsBackWithin15Seconds) {
#if defined(GROVE_TEST_SANITIZED)
    GTEST_SKIP() << "the sanitizer holds memory back itself";
#endif
    const std::size_t before = resident_bytes();
    {
        Event over;
        for (int i = 0; i < 20'000; ++i) spawn([&] { over.wait(); });
        sleep(0s);
        over.set();
        while (get_hub().greenlet_count() > 0) sleep(0s);
    }
    const std::size_t peak = resident_bytes();
    ASSERT_GT(peak - before, 20'000U * 4096);

    sleep(15s);

    EXPECT_LE(resident_bytes() - before, (peak - before) / 20);
    int ran = 0;  // on stacks that were given back
    for (int i = 0; i < 20'000; ++i) spawn([&] { ++ran; });
    while (get_hub().greenlet_count() > 0) sleep(0s);
    EXPECT_EQ(ran, 20'000);
}

}  // namespace
}  // namespace grove::test
