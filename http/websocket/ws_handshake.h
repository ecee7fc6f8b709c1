// ws_handshake.h - whether a request may become a WebSocket, and what is answered (RFC 6455 section 4.2). No I/O.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace grove::http {

/// The parts of a request that count. Fields that were not sent are "".
struct HandshakeRequest {
    std::string_view method{};
    std::string_view protocol{};    // "HTTP/1.1"
    std::string_view upgrade{};     // a list
    std::string_view connection{};  // a list
    std::string_view key{};
    std::string_view version{};
    std::string_view host{};
    std::string_view origin{};
    std::string_view subprotocols{};  // a list
    std::string_view extensions{};    // a list
};

/// Why a request is refused, or that it is not.
struct HandshakeFault {
    int status = 0;  // 400, 403 or 426; 0: it is not refused
    const char* why = "";

    [[nodiscard]] explicit operator bool() const noexcept { return status != 0; }
};

/// Everything but the origin. A 426 names the version that is spoken, kWebSocketVersion.
[[nodiscard]] HandshakeFault handshake_fault(const HandshakeRequest& request) noexcept;
inline constexpr std::string_view kWebSocketVersion = "13";

/// The request may come from a page of its origin (RFC 6455 section 10.2). A program that is not a browser sends none,
/// and may. An origin "null" may not.
/// @param allowed  "https://a.test" or "*"; none: an origin of the host that the request names
[[nodiscard]] bool may_come_from(const HandshakeRequest& request,
                                 std::span<const std::string> allowed) noexcept;

/// The first of `own` that the client offers; "": none.
[[nodiscard]] std::string_view chosen_subprotocol(std::string_view offered,
                                                  std::span<const std::string> own) noexcept;

/// Sec-WebSocket-Accept. @throws std::bad_alloc
[[nodiscard]] std::string accept_of(std::string_view key);

}  // namespace grove::http
