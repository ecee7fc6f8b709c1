#include "ws_parked_session.h"

#include <exception>
#include <stdexcept>
#include <utility>

#include <grove/core/errors.h>

#include "close_codes.h"
#include "connection.h"
#include "exchange.h"
#include "service_log.h"
#include "settle.h"
#include "slot_line.h"

namespace grove::http {

WsParkedSession::WsParkedSession(WsTermsPtr terms, WebSocketHandlers& handlers)
    : WsSession{std::move(terms)}, on_message_{std::move(handlers.on_message)} {
    if (handlers.on_close) {
        on_close_ =
            std::make_unique<const std::function<void(WebSocket)>>(std::move(handlers.on_close));
    }
}

std::optional<Message> WsParkedSession::recv(Timespan) {
    throw std::logic_error{"recv: a WebSocket of the parked style has on_message"};
}

// A function of the application.
template <class Call>
void WsParkedSession::guarded(const char* what, Call call) {
    try {
        call();
    } catch (const GreenletExit&) {
        close(close_code::kGoingAway, {});
        throw;
    } catch (...) {  // whatever an application throws is its failure
        parts().log.report(std::string{"a WebSocket's "} + what, std::current_exception());
        close(close_code::kFailed, {});
    }
}

void WsParkedSession::opened(const std::function<void(WebSocket)>& on_open) {
    if (on_open) guarded("on_open", [&] { on_open(handle()); });
}

void WsParkedSession::on_served(Fate fate) noexcept {
    record_ = parts().log.keep(*connection().exchange);
    parts().metrics.websockets.add();  // its turn ends, and does not count any more
    parked_ = true;
    const WsSessionRef alive{this};
    fate == Fate::kAnswered ? park() : WsSession::on_served(fate);
    queue();
}

void WsParkedSession::over() noexcept {
    if (!parked_) return;
    parts().metrics.websockets.subtract();
    if (record_ != nullptr) std::exchange(record_, nullptr)->write(bytes_sent());
}

void WsParkedSession::news() noexcept { queue(); }

// One at a time: in line for a slot, or at it.
void WsParkedSession::queue() noexcept {
    if (queued_ || running_ || !parked_) return;
    const bool due = closed() ? on_close_ != nullptr && !told_ : message_waits();
    if (!due) return;
    const WsSessionRef alive{this};
    queued_ = true;
    retain();
    parts().slot_line.enqueue(*this);
}

// @return what keeps it alive as long as the caller
WsSessionRef WsParkedSession::leave_line() noexcept {
    queued_ = false;
    WsSessionRef alive{this};
    release();  // as queue() has retained it
    return alive;
}

// A message of it is lost, and nobody would ask for the next one: the server ends, or has no memory for a greenlet.
void WsParkedSession::dropped() noexcept {
    const WsSessionRef alive = leave_line();
    told_ = told_ || closed();
    if (parts().slot_line.refuses_tasks()) return stop();
    close(close_code::kFailed, {});
}

void WsParkedSession::run() {
    struct Running {
        WsParkedSession& session;
        const WsSessionRef alive = session.leave_line();
        explicit Running(WsParkedSession& of) : session{of} { session.running_ = true; }
        ~Running() {
            session.running_ = false;
            session.queue();
        }
    } const running{*this};
    if (message_waits()) return guarded("on_message", [this] { handle_message(); });
    // It was closed in the line: its message is lost, and there may be nobody to tell.
    if (!closed() || on_close_ == nullptr || std::exchange(told_, true)) return;
    guarded("on_close", [this] { (*on_close_)(handle()); });
}

// The next one may come meanwhile, and waits.
void WsParkedSession::handle_message() {
    std::optional<Message> message = take_message();
    if (message && on_message_) on_message_(handle(), std::move(*message));
}

}  // namespace grove::http
