// greenlet_test.h - GREENLET_TEST(Suite, IsASentence) { ... }: a test whose body is main of a fresh
// hub.
//
// The body runs in a thread of its own. It fails if a greenlet or a descriptor is left behind, and
// ends the process if it does not end itself within ten seconds (a minute under a sanitizer).
#pragma once

#include <functional>

#include <gtest/gtest.h>

namespace grove::test {

/// @param may_leave_greenlets some greenlets are meant to be alive at the end: the hub's teardown
/// unwinds them
void run_in_fresh_hub(const std::function<void()>& body, bool may_leave_greenlets);

}  // namespace grove::test

#define GROVE_TEST_BODY_(suite, name, may_leave)                                              \
    static void suite##_##name##_body();                                                      \
    TEST(suite, name) { ::grove::test::run_in_fresh_hub(&suite##_##name##_body, may_leave); } \
    static void suite##_##name##_body()

#define GREENLET_TEST(suite, name) GROVE_TEST_BODY_(suite, name, false)
/// For tests of what happens to greenlets that are still alive when their thread ends.
#define GREENLET_TEST_LEAVING_GREENLETS(suite, name) GROVE_TEST_BODY_(suite, name, true)
