#include "large_thread.h"

#include <cstddef>
#include <memory>
#include <system_error>
#include <utility>

#include <pthread.h>

namespace grove::wsgi {
namespace {

constexpr std::size_t kStackBytes = 8 * 1024 * 1024;

struct Begin {
    std::string name;
    std::function<void()> function;
};

void* run(void* argument) {
    const std::unique_ptr<Begin> begin{static_cast<Begin*>(argument)};
    ::pthread_setname_np(::pthread_self(), begin->name.c_str());
    begin->function();
    return nullptr;
}

}  // namespace

void start_large_thread(const std::string& name, std::function<void()> function) {
    auto begin = std::make_unique<Begin>(Begin{.name = name, .function = std::move(function)});
    pthread_attr_t attributes;
    ::pthread_attr_init(&attributes);
    ::pthread_attr_setstacksize(&attributes, kStackBytes);
    ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t thread{};
    const int error = ::pthread_create(&thread, &attributes, &run, begin.get());
    ::pthread_attr_destroy(&attributes);
    if (error != 0)
        throw std::system_error{error, std::generic_category(), "cannot start the thread " + name};
    static_cast<void>(begin.release());  // the thread's
}

}  // namespace grove::wsgi
