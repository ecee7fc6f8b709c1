// greenlet_test.h - GREENLET_TEST(Suite, IsASentence) { ... }: a test whose body is main of a fresh
// hub.
//
// The body runs in a thread of its own. It fails if a greenlet or a descriptor is left behind, and
// ends the process if it does not end itself within a minute.
// FAKE_CLOCK_TEST is the same on a fake clock (fake_clock.h): its waits take no real time.
#pragma once

#include <chrono>
#include <functional>

#include <gtest/gtest.h>

namespace grove::test {

struct HubOptions {
    /// Some greenlets are meant to be alive at the end: the hub's teardown unwinds them.
    bool may_leave_greenlets = false;
    bool fake_clock = false;
    std::chrono::seconds more_time{};  ///< For a test that means to take longer.
};

void run_in_fresh_hub(const std::function<void()>& body, const HubOptions& options);

/// Greenlets of this test are meant to fail: this thread's hub tells nobody.
void ignore_reports();

}  // namespace grove::test

#define GROVE_TEST_BODY_(suite, name, ...)                                       \
    static void suite##_##name##_body();                                         \
    TEST(suite, name) {                                                          \
        ::grove::test::run_in_fresh_hub(&suite##_##name##_body,                  \
                                        ::grove::test::HubOptions{__VA_ARGS__}); \
    }                                                                            \
    static void suite##_##name##_body()

#define GREENLET_TEST(suite, name) GROVE_TEST_BODY_(suite, name, .may_leave_greenlets = false)
#define FAKE_CLOCK_TEST(suite, name) GROVE_TEST_BODY_(suite, name, .fake_clock = true)
/// For tests of what happens to greenlets that are still alive when their thread ends.
#define GREENLET_TEST_LEAVING_GREENLETS(suite, name) \
    GROVE_TEST_BODY_(suite, name, .may_leave_greenlets = true)
