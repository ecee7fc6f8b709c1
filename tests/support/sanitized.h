// sanitized.h - GROVE_TEST_SANITIZED: a sanitizer holds memory back and opens descriptors of its own.
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GROVE_TEST_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define GROVE_TEST_SANITIZED
#endif
#endif

/// The thread sanitizer holds a signal back while code runs that it does not intercept: such a loop cannot tell where
/// it is.
#if defined(__SANITIZE_THREAD__)
inline constexpr bool kLoopsCanBeAsked = false;
#else
inline constexpr bool kLoopsCanBeAsked = true;
#endif
