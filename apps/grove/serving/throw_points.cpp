#include "throw_points.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <typeinfo>

#include <dlfcn.h>

#include <grove/core/run_info.h>

namespace {

struct Throw {
    const void* object = nullptr;
    const std::type_info* type = nullptr;
    std::size_t count = 0;
    std::array<const void*, 24> calls;
};

// Between a throw and its report other greenlets of the thread may throw too, but not many.
thread_local std::array<Throw, 8> throws;
thread_local std::size_t newest = 0;

}  // namespace

std::vector<const void*> throw_point(const std::exception_ptr& error) {
    if (error == nullptr) return {};
    const void* object = nullptr;  // all that an exception_ptr is
    static_assert(sizeof object == sizeof error);
    std::memcpy(&object, &error, sizeof object);
    for (std::size_t i = 0; i < throws.size(); ++i) {
        const Throw& noted = throws[(newest - i) % throws.size()];
        if (noted.object != object) continue;
        // What make_exception_ptr() made later may lie where a thrown one was.
        if (noted.type != error.__cxa_exception_type()) return {};
        const std::span known{noted.calls.data(), noted.count};
        return std::vector<const void*>(known.begin(),
                                        known.end());  // braces would mean two addresses
    }
    return {};
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define GROVE_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GROVE_SANITIZED
#endif

#ifndef GROVE_SANITIZED  // theirs must be the first
namespace {

using ThrowFunction = void (*)(void*, void*, void (*)(void*));

ThrowFunction next_throw() noexcept {
    static const auto next = reinterpret_cast<ThrowFunction>(::dlsym(RTLD_NEXT, "__cxa_throw"));
    return next;
}

}  // namespace

// As the compiler declares it by itself: the type is a void*.
extern "C" [[noreturn, gnu::visibility("default")]] void __cxa_throw(void* object, void* type,
                                                                     void (*destroy)(void*)) {
    Throw& noted = throws[++newest % throws.size()];
    noted.object = object;
    noted.type = static_cast<const std::type_info*>(type);
    noted.count = grove::capture_calls(noted.calls);
    next_throw()(object, type, destroy);
    __builtin_unreachable();
}
#endif
