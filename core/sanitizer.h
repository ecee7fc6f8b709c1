// sanitizer.h - what ASan and TSan must be told around a switch. Empty in a plain build.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define GROVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GROVE_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define GROVE_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define GROVE_TSAN 1
#endif
#endif

#if defined(GROVE_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif
#if defined(GROVE_TSAN)
#include <sanitizer/tsan_interface.h>
#endif

namespace grove {

/// What the sanitizers keep for one stack.
class SanitizerNotes {
public:
    /// @param bottom the stack's lowest address; nullptr for a thread's own stack, learnt at the
    /// first switch away.
    SanitizerNotes([[maybe_unused]] const void* bottom,
                   [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(GROVE_ASAN)
        bottom_ = bottom;
        bytes_ = bytes;
#endif
#if defined(GROVE_TSAN)
        own_fiber_ = bottom != nullptr;
        fiber_ = own_fiber_ ? __tsan_create_fiber(0) : __tsan_get_current_fiber();
#endif
    }
    ~SanitizerNotes() {
#if defined(GROVE_TSAN)
        if (own_fiber_) __tsan_destroy_fiber(fiber_);
#endif
    }
    SanitizerNotes(const SanitizerNotes&) = delete;
    SanitizerNotes& operator=(const SanitizerNotes&) = delete;

    /// A new flow starts on the stack: what an earlier one left poisoned is gone.
    void fresh_start() const noexcept {
#if defined(GROVE_ASAN)
        __asan_unpoison_memory_region(bottom_, bytes_);
#endif
    }
    /// Last words before leaving this stack for `next`; `for_good`: nothing comes back to it.
    void leave([[maybe_unused]] const SanitizerNotes& next,
               [[maybe_unused]] bool for_good) noexcept {
#if defined(GROVE_ASAN)
        __sanitizer_start_switch_fiber(for_good ? nullptr : &fake_stack_, next.bottom_,
                                       next.bytes_);
#endif
#if defined(GROVE_TSAN)
        __tsan_switch_to_fiber(next.fiber_, 0);
#endif
    }
    /// First words on this stack after a switch from `previous`; `first`: the flow begins.
    void arrive([[maybe_unused]] SanitizerNotes& previous, [[maybe_unused]] bool first) noexcept {
#if defined(GROVE_ASAN)
        const void* bottom = nullptr;
        std::size_t bytes = 0;
        __sanitizer_finish_switch_fiber(first ? nullptr : fake_stack_, &bottom, &bytes);
        if (previous.bottom_ == nullptr) {
            previous.bottom_ = bottom;
            previous.bytes_ = bytes;
        }
#endif
    }

private:
#if defined(GROVE_ASAN)
    const void* bottom_ = nullptr;
    std::size_t bytes_ = 0;
    void* fake_stack_ = nullptr;
#endif
#if defined(GROVE_TSAN)
    void* fiber_ = nullptr;
    bool own_fiber_ = false;
#endif
};

/// `object` is never freed, and that is meant.
inline void note_intended_leak([[maybe_unused]] const void* object) noexcept {
#if defined(GROVE_ASAN)
    __lsan_ignore_object(object);
#endif
}

}  // namespace grove
