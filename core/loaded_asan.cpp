#include "loaded_asan.h"

#include <cstddef>

#include <pthread.h>

#include <boost/context/detail/fcontext.hpp>

#include "context.h"
#include "hub_access.h"
#include "sanitizer.h"
#include "switching.h"
#include "this_hub.h"

namespace grove {

#if defined(GROVE_ASAN) || defined(GROVE_TSAN)
void look_for_asan() noexcept {}
#else

// Of <sanitizer/common_interface_defs.h> and <sanitizer/asan_interface.h>; null where there is none.
extern "C" {
[[gnu::weak]] void __sanitizer_start_switch_fiber(void**, const void*, std::size_t);
[[gnu::weak]] void __sanitizer_finish_switch_fiber(void*, const void**, std::size_t*);
[[gnu::weak]] void __asan_unpoison_memory_region(const volatile void*, std::size_t);
}

namespace {

using boost::context::detail::fcontext_t;
using boost::context::detail::jump_fcontext;
using boost::context::detail::transfer_t;

struct Bounds {
    const void* lowest = nullptr;
    std::size_t bytes = 0;
};

// Asked once a thread: the system reads a file for it.
const Bounds& bounds_of_thread() noexcept {
    thread_local Bounds bounds;
    pthread_attr_t attributes;
    if (bounds.lowest == nullptr && ::pthread_getattr_np(::pthread_self(), &attributes) == 0) {
        void* lowest = nullptr;
        ::pthread_attr_getstack(&attributes, &lowest, &bounds.bytes);
        ::pthread_attr_destroy(&attributes);
        bounds.lowest = lowest;
    }
    return bounds;
}

Bounds bounds_of_next() noexcept {
    const Context& next = *HubAccess::current(*this_hub).context;
    return next.bottom != nullptr ? Bounds{next.bottom, next.bytes} : bounds_of_thread();
}

transfer_t tell_and_jump(fcontext_t to, void* own) {
    const Bounds next = bounds_of_next();
    void* fake_stack = nullptr;
    __sanitizer_start_switch_fiber(&fake_stack, next.lowest, next.bytes);
    const transfer_t from = jump_fcontext(to, own);
    __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
    return from;
}

transfer_t tell_and_jump_for_good(fcontext_t to, void* own) {
    const Bounds next = bounds_of_next();
    __sanitizer_start_switch_fiber(nullptr, next.lowest, next.bytes);
    return jump_fcontext(to, own);
}

// What an earlier flow left poisoned is gone.
void tell_of_beginning(const Context& context) noexcept {
    __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
    __asan_unpoison_memory_region(context.bottom, context.bytes);
}

bool asan_is_there() noexcept {
    return &__sanitizer_start_switch_fiber != nullptr &&
           &__sanitizer_finish_switch_fiber != nullptr && &__asan_unpoison_memory_region != nullptr;
}

}  // namespace

void look_for_asan() noexcept {
    static const bool found = [] {
        if (!asan_is_there()) return false;
        switching = {.away = &tell_and_jump,
                     .for_good = &tell_and_jump_for_good,
                     .begun = &tell_of_beginning};
        return true;
    }();
    static_cast<void>(found);
}

#endif

}  // namespace grove
