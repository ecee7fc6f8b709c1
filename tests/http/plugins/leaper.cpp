// leaper - /N writes one byte, at the far end of a frame of N bytes; /spawned/N does so in a greenlet of its own.
// Built twice: as plugins are, and as "foreign_leaper" without -fstack-clash-protection.
#include <cstddef>
#include <string>
#include <string_view>

#include <grove/core/greenlet.h>
#include <grove/plugin.h>

using namespace grove::http;

namespace {

[[gnu::noinline]] void leap(std::size_t bytes) {
    auto* const frame = static_cast<volatile char*>(__builtin_alloca(bytes));
    frame[0] = 1;
}

Body answer(Environ& request, StartResponse& start_response) {
    std::string path{request["PATH_INFO"]};
    constexpr std::string_view kSpawned = "/spawned/";
    if (path.starts_with(kSpawned)) {
        const std::size_t bytes = std::stoul(path.substr(kSpawned.size()));
        grove::spawn({.stack_bytes = 32768, .name = "diver\n"}, leap, bytes).get();
    } else {
        leap(std::stoul(path.substr(1)));
    }
    start_response("200 OK", {{"Content-Type", "text/plain"}});
    return "landed\n";
}

Application make(std::string_view) { return answer; }

}  // namespace

#if defined(GROVE_FOREIGN)
GROVE_PLUGIN(foreign_leaper, "1.0", make);
#else
GROVE_PLUGIN(leaper, "1.0", make);
#endif
