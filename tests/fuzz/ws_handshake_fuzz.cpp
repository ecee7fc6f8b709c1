// A handshake is refused with one of its statuses, and what is let in has every part that it needs.
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz.h"
#include "ws_handshake.h"

namespace {

using namespace grove::fuzz;
using namespace grove::http;

std::string_view take_line(std::string_view& rest) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return line;
}

}  // namespace

GROVE_FUZZ_TARGET(ws_handshake) {
    std::string_view rest{reinterpret_cast<const char*>(data), size};
    HandshakeRequest request{.method = "GET", .protocol = "HTTP/1.1"};
    for (auto part : {&HandshakeRequest::upgrade, &HandshakeRequest::connection,
                      &HandshakeRequest::key, &HandshakeRequest::version, &HandshakeRequest::host,
                      &HandshakeRequest::origin, &HandshakeRequest::subprotocols})
        request.*part = take_line(rest);
    const HandshakeFault fault = handshake_fault(request);
    require(!fault || fault.status == 400 || fault.status == 426, "a status that is documented");
    if (!fault) {
        require(request.key.size() == 24, "a key of 16 bytes");
        require(accept_of(request.key).size() == 28, "a digest of 20 bytes");
    }
    if (may_come_from(request, {}) && !request.origin.empty()) {
        require(request.origin.starts_with("http") || request.origin.starts_with("H") ||
                    request.origin.starts_with("h"),
                "an origin of the web");
        require(request.origin != "null" && !request.host.empty(), "of the request's host");
    }
    const std::array<std::string, 2> own{"v2", "v1"};
    const std::string_view chosen = chosen_subprotocol(request.subprotocols, own);
    require(chosen.empty() || request.subprotocols.find(chosen) != std::string_view::npos,
            "what is chosen was offered");
    return 0;
}
