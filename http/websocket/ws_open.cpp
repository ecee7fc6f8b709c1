#include "ws_open.h"

#include <algorithm>
#include <utility>

#include <grove/http/http_error.h>
#include <grove/http/stopping.h>

#include "connection.h"
#include "end_http.h"
#include "leave_pool.h"
#include "request_of.h"
#include "request_terms.h"
#include "served_request.h"
#include "service_terms.h"
#include "ws_extension.h"
#include "ws_handshake.h"
#include "ws_session.h"
#include "ws_sockets.h"

namespace grove::http {
namespace {

HandshakeRequest handshake_of(const Environ& of) {
    return {.method = of["REQUEST_METHOD"],
            .protocol = of["SERVER_PROTOCOL"],
            .upgrade = of["HTTP_UPGRADE"],
            .connection = of["HTTP_CONNECTION"],
            .key = of["HTTP_SEC_WEBSOCKET_KEY"],
            .version = of["HTTP_SEC_WEBSOCKET_VERSION"],
            .host = of["HTTP_HOST"],
            .origin = of["HTTP_ORIGIN"],
            .subprotocols = of["HTTP_SEC_WEBSOCKET_PROTOCOL"],
            .extensions = of["HTTP_SEC_WEBSOCKET_EXTENSIONS"]};
}

void check(const Environ& of, const HandshakeRequest& request, const WebSocketOptions& options,
           const ServiceTerms& server) {
    if (const HandshakeFault fault = handshake_fault(request)) {
        Headers headers;
        if (fault.status == 426)
            headers.emplace_back("Sec-WebSocket-Version", std::string{kWebSocketVersion});
        throw HttpError{fault.status, fault.why, std::move(headers)};
    }
    if (of.get("CONTENT_LENGTH").value_or("0") != "0" ||
        of.get("HTTP_TRANSFER_ENCODING").has_value())
        throw HttpError{400, "a WebSocket begins with a request that has no body"};
    if (!may_come_from(request, options.origins))
        throw HttpError{403, "pages of this origin may not connect"};
    if (!server.keeps() || stopping().is_set()) throw HttpError{503};
}

Timespan smaller(Timespan one, Timespan other) {
    if (!one || !other) return one ? one : other;
    return std::min(*one, *other);
}

WsTerms terms_of(const RequestState& request, const WebSocketOptions& options) {
    const Limits& limits = request.terms.limits;
    const Timeouts& timeouts = timeouts_of(request);
    constexpr std::size_t kMostFrames = 0xffffffff;
    return {.limits = {.message_bytes = std::min(limits.websocket_message, options.message_bytes),
                       .frames = static_cast<std::uint32_t>(
                           std::min(limits.websocket_frames, kMostFrames))},
            .ping = smaller(timeouts.websocket_ping, options.ping),
            .pong = smaller(timeouts.websocket_pong, options.pong),
            .write = timeouts.write,
            .write_rate = limits.write_rate};
}

}  // namespace

WsSessionRef open_websocket(Environ& of, StartResponse& start_response,
                            const WebSocketOptions& options, const MakeSession& make) {
    ServedRequest& request = request_of(of);
    const HandshakeRequest asked = handshake_of(of);
    check(of, asked, options, request.terms);
    WsTerms terms = terms_of(request, options);
    terms.protocol = chosen_subprotocol(asked.subprotocols, options.protocols);
    Headers headers{{"Upgrade", "websocket"},
                    {"Connection", "Upgrade"},
                    {"Sec-WebSocket-Accept", accept_of(asked.key)}};
    if (!terms.protocol.empty()) headers.emplace_back("Sec-WebSocket-Protocol", terms.protocol);
    if (options.deflate) {
        if (auto agreed = agree_on_deflate(asked.extensions)) {
            terms.window_bits = agreed->window_bits;
            headers.emplace_back("Sec-WebSocket-Extensions", std::move(agreed->answer));
        }
    }
    WsSockets& sockets = WsSockets::of(static_cast<Connection&>(*request.hook).switched_parts());
    WsSessionRef session = make(sockets.share(std::move(terms)));
    leave_pool(of, Lasting::kWebSocket);
    start_response("101 Switching Protocols", std::move(headers));
    session->begin(end_http(of), sockets);
    return session;
}

}  // namespace grove::http
