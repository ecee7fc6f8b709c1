// debugged - has functions that debuggers and profilers are to find: /work keeps the processor busy for a while,
// /abort ends the worker.
#include <chrono>
#include <cstdlib>
#include <string_view>

#include <grove/plugin.h>

using namespace grove::http;

namespace {

[[gnu::noinline]] unsigned debugged_work() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{300};
    volatile unsigned sum = 0;
    while (std::chrono::steady_clock::now() < end) {
        for (unsigned i = 0; i < 100'000; ++i) sum = sum + i;
    }
    return sum;
}

[[gnu::noinline]] Body debugged_answer(Environ& environ, StartResponse& start_response) {
    if (environ["PATH_INFO"] == "/work") debugged_work();
    if (environ["PATH_INFO"] == "/abort") std::abort();
    start_response("200 OK", {{"Content-Type", "text/plain"}});
    return "debugged\n";
}

}  // namespace

GROVE_PLUGIN(debugged, "1.0", [](std::string_view) -> Application { return debugged_answer; });
