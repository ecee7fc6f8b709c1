// hello - "Hello, World!" at its mount.
#include <string_view>

#include <grove/plugin.h>

namespace {

using namespace grove::http;

constexpr std::size_t kPiece = 65536;

Body hello(Environ& environ, StartResponse& start_response) {
    while (!environ.input().read(kPiece).empty()) {
    }
    if (const std::string_view path = environ["PATH_INFO"]; !path.empty() && path != "/") {
        start_response("404 Not Found", {{"Content-Type", "text/plain"}});
        return "Not Found\n";
    }
    start_response("200 OK", {{"Content-Type", "text/plain"}});
    return "Hello, World!";
}

}  // namespace

GROVE_PLUGIN(hello, "1.0", [](std::string_view) -> Application { return hello; });
