// unruly - breaks where its configuration says, or when asked for /crash or /overflow; /pid tells who answers.
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include <unistd.h>

#include <grove/plugin.h>

using namespace grove::http;

namespace {

// Ends at the stack's guard page; the optimizer cannot make a loop of it.
int dig(volatile char* above) {
    volatile char here[512];
    here[0] = *above;
    return *above == 0 ? 0 : dig(here) + here[0];
}

Body answer(Environ& environ, StartResponse& start_response) {
    const std::string path{environ["PATH_INFO"]};
    const std::string body = environ.input().read();
    if (path == "/crash") std::raise(SIGSEGV);
    if (path == "/overflow") {
        volatile char top = 1;
        dig(&top);
    }
    start_response("200 OK", {{"Content-Type", "text/plain"}});
    if (path == "/pid") return "worker " + std::to_string(::getpid()) + ".\n";
    return body + "unruly\n";
}

Application make(std::string_view config) {
    if (config.find("throw") != config.npos) throw std::runtime_error{"as it was told to"};
    if (config.find("abort") != config.npos) std::abort();
    return answer;
}

}  // namespace

GROVE_PLUGIN(unruly, "1.0", make);
