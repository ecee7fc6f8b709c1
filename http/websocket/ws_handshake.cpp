#include "ws_handshake.h"

#include <algorithm>

#include <grove/core/detail/sha1.h>

#include "ascii.h"
#include "list.h"

namespace grove::http {
namespace {

bool has_token(std::string_view list, std::string_view lower) noexcept {
    bool found = false;
    for_each_element(list, [&](std::string_view token) { found = found || matches(token, lower); });
    return found;
}

bool is_base64(char byte) noexcept {
    return is_alpha(byte) || is_digit(byte) || byte == '+' || byte == '/';
}

// 16 bytes in base64: 22 digits, the last of which has two bits of the bytes and four that are 0, and "==".
bool is_key(std::string_view key) noexcept {
    constexpr std::size_t kDigits = 22;
    constexpr std::string_view kLast = "AQgw";
    return key.size() == kDigits + 2 && key.ends_with("==") &&
           std::all_of(key.begin(), key.begin() + kDigits, is_base64) &&
           kLast.find(key[kDigits - 1]) != std::string_view::npos;
}

bool same_in_any_case(std::string_view left, std::string_view right) noexcept {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char a, char b) { return to_lower(a) == to_lower(b); });
}

std::string_view without(std::string_view host, std::string_view port) noexcept {
    if (host.ends_with(port)) host.remove_suffix(port.size());
    return host;
}

// Both without the port that is the scheme's own. A proxy that ends TLS leaves the server to think that it speaks
// http, so that the scheme is the origin's.
bool is_of_host(std::string_view origin, std::string_view host) noexcept {
    const std::size_t end = origin.find("://");
    if (end == std::string_view::npos || host.empty()) return false;
    const std::string_view scheme = origin.substr(0, end);
    const bool secure = matches(scheme, "https");
    if (!secure && !matches(scheme, "http")) return false;
    const std::string_view port = secure ? ":443" : ":80";
    return same_in_any_case(without(origin.substr(end + 3), port), without(host, port));
}

}  // namespace

HandshakeFault handshake_fault(const HandshakeRequest& request) noexcept {
    if (request.method != "GET") return {400, "a WebSocket begins with GET"};
    if (request.protocol != "HTTP/1.1") return {400, "a WebSocket begins with HTTP/1.1"};
    if (!has_token(request.upgrade, "websocket"))
        return {400, "a WebSocket begins with Upgrade: websocket"};
    if (!has_token(request.connection, "upgrade"))
        return {400, "a WebSocket begins with Connection: Upgrade"};
    if (request.version.empty()) return {400, "Sec-WebSocket-Version is absent"};
    if (request.version != kWebSocketVersion) return {426, "Sec-WebSocket-Version must be 13"};
    if (!is_key(request.key)) return {400, "Sec-WebSocket-Key must be 16 bytes in base64"};
    return {};
}

bool may_come_from(const HandshakeRequest& request, std::span<const std::string> allowed) noexcept {
    if (request.origin.empty()) return true;
    if (request.origin == "null") return false;
    if (allowed.empty()) return is_of_host(request.origin, request.host);
    return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& each) {
        return each == "*" || same_in_any_case(each, request.origin);
    });
}

std::string_view chosen_subprotocol(std::string_view offered,
                                    std::span<const std::string> own) noexcept {
    for (const std::string& each : own) {
        bool found = false;
        for_each_element(offered, [&](std::string_view token) { found = found || token == each; });
        if (found) return each;
    }
    return {};
}

std::string accept_of(std::string_view key) {
    constexpr std::string_view kOfRfc = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    return grove::detail::sha1_in_base64(std::string{key}.append(kOfRfc));
}

}  // namespace grove::http
