// pieces - ten pieces of 16 bytes: from a generator at /generator, else as a list.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <grove/plugin.h>

namespace {

using namespace grove::http;

constexpr int kPieces = 10;
constexpr std::string_view kPiece = "sixteen bytes...";

Body pieces(Environ& environ, StartResponse& start_response) {
    start_response("200 OK", {{"Content-Type", "text/plain"}});
    if (environ["PATH_INFO"] != "/generator")
        return std::vector<std::string>(kPieces, std::string{kPiece});
    return [left = kPieces]() mutable -> std::optional<std::string> {
        if (left-- == 0) return std::nullopt;
        return std::string{kPiece};
    };
}

}  // namespace

GROVE_PLUGIN(pieces, "1.0", [](std::string_view) -> Application { return pieces; });
