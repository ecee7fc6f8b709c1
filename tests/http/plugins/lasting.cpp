// lasting - requests that last: /gone until its client has gone, /stream until the server stops, all others for an
// hour. Each says in the log that it has begun.
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <grove/plugin.h>

using namespace grove::http;
using namespace std::chrono_literals;

namespace {

Body stream(StartResponse& start_response) {
    start_response("200 OK", {{"Content-Type", "text/event-stream"}});
    return [begun = false, over = false]() mutable -> std::optional<std::string> {
        if (!std::exchange(begun, true)) return "data: here\n\n";
        if (std::exchange(over, true)) return std::nullopt;
        stopping().wait();
        return "data: over\n\n";
    };
}

Body last(Environ& environ, StartResponse& start_response) {
    const std::string path{environ["PATH_INFO"]};
    environ.errors() << path << " has begun\n";
    if (path == "/stream") return stream(start_response);
    if (path == "/gone") {
        environ.disconnected().wait();
        environ.errors() << "nobody waits for " << path << '\n';
    } else {
        grove::sleep(1h);
    }
    start_response("200 OK", {});
    return "told\n";
}

}  // namespace

GROVE_PLUGIN(lasting, "1.0", [](std::string_view) -> Application { return last; });
