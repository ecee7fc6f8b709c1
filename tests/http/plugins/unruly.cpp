// unruly - breaks where its configuration says, or when asked for /crash.
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include <grove/plugin.h>

using namespace grove::http;

namespace {

Body answer(Environ& environ, StartResponse& start_response) {
    if (environ["PATH_INFO"] == "/crash") std::raise(SIGSEGV);
    start_response("200 OK", {{"Content-Type", "text/plain"}});
    return "unruly\n";
}

Application make(std::string_view config) {
    if (config.find("throw") != config.npos) throw std::runtime_error{"as it was told to"};
    if (config.find("abort") != config.npos) std::abort();
    return answer;
}

}  // namespace

GROVE_PLUGIN(unruly, "1.0", make);
