#include <grove/http/websocket.h>

#include <stdexcept>
#include <utility>

#include "close_codes.h"
#include "utf8.h"
#include "ws_greenlet_session.h"
#include "ws_open.h"
#include "ws_parked_session.h"

namespace grove::http {
namespace {

void check_text(std::string_view text) {
    if (!is_utf8(text)) throw std::invalid_argument{"WebSocket: a text is not UTF-8"};
}

void check_close(std::uint16_t code, std::string_view reason) {
    constexpr std::size_t kMostReason = kMaxControl - 2;
    if (!close_code::may_be_sent(code)) {
        throw std::invalid_argument{
            "WebSocket: close code " + std::to_string(code) +
            " may not be sent; 1000 to 1003, 1007 to 1014 and 3000 to 4999 may"};
    }
    if (reason.size() > kMostReason)
        throw std::invalid_argument{"WebSocket: a close reason is longer than 123 bytes"};
    check_text(reason);
}

}  // namespace

WsSessionRef::WsSessionRef(WsSession* session) noexcept : session_{session} {
    if (session != nullptr) session->retain();
}
WsSessionRef::~WsSessionRef() {
    if (session_ != nullptr) session_->release();
}

WebSocket::WebSocket(WsSessionRef session) noexcept : session_{std::move(session)} {}

WebSocket::WebSocket(Environ& request, StartResponse& start_response, WebSocketOptions options)
    : session_{open_websocket(request, start_response, options, [](WsTermsPtr terms) {
          return WsSessionRef{new WsGreenletSession{std::move(terms)}};
      })} {}

// A copy: the handle may go while its call waits.
WsSessionRef WebSocket::session() const {
    if (session_.get() == nullptr)
        throw std::logic_error{"WebSocket: a null handle has no connection"};
    return session_;
}

std::optional<Message> WebSocket::recv(Timespan timeout) { return session()->recv(timeout); }

bool WebSocket::send(std::string_view text) {
    check_text(text);
    return session()->send(Opcode::kText, text, true);
}
bool WebSocket::send_binary(std::string_view data) {
    return session()->send(Opcode::kBinary, data, true);
}
bool WebSocket::try_send(std::string_view text) {
    check_text(text);
    return session()->send(Opcode::kText, text, false);
}
bool WebSocket::try_send_binary(std::string_view data) {
    return session()->send(Opcode::kBinary, data, false);
}

void WebSocket::close(std::uint16_t code, std::string_view reason) {
    check_close(code, reason);
    session()->close(code, reason);
}

std::uint16_t WebSocket::close_code() const { return session()->close_code(); }
std::string WebSocket::close_reason() const { return session()->close_reason(); }
std::string WebSocket::protocol() const { return session()->protocol(); }
bool WebSocket::closed() const { return session_.get() == nullptr || session_->closed(); }

Body websocket(Environ& request, StartResponse& start_response, WebSocketHandlers handlers,
               WebSocketOptions options) {
    WsParkedSession* session = nullptr;
    const WsSessionRef alive =
        open_websocket(request, start_response, options, [&](WsTermsPtr terms) {
            session = new WsParkedSession{std::move(terms), handlers};
            return WsSessionRef{session};
        });
    session->opened(handlers.on_open);
    return {};
}

}  // namespace grove::http
