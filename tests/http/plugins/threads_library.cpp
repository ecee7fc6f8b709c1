// The library that the plugin `threads` is linked with. Its static constructor starts a thread, which knows nothing of
// signals.
#include <chrono>
#include <thread>

#include <pthread.h>

namespace {

const bool started = [] {
    std::thread{[] {
        ::pthread_setname_np(::pthread_self(), "of_a_library");
        for (;;) std::this_thread::sleep_for(std::chrono::hours{1});
    }}.detach();
    return true;
}();

}  // namespace

extern "C" __attribute__((visibility("default"))) bool has_a_thread_of_a_library();

bool has_a_thread_of_a_library() { return started; }
