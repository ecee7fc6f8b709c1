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
        service_->log.report(std::string{"a WebSocket's "} + what, std::current_exception());
        close(close_code::kFailed, {});
    }
}

void WsParkedSession::opened() {
    service_ = &parts();
    if (handlers_.on_open) guarded("on_open", [this] { handlers_.on_open(handle()); });
}

void WsParkedSession::on_served(Fate fate) noexcept {
    service_ = &parts();  // opened() was not called, if the rest of the handshake threw
    record_ = service_->log.keep(*connection().exchange);
    service_->metrics.websockets.add();  // its turn ends, and does not count any more
    parked_ = true;
    const auto alive = shared_from_this();
    fate == Fate::kAnswered ? park() : WsSession::on_served(fate);
    queue();
}

void WsParkedSession::over(const SwitchedParts& parts) noexcept {
    if (!parked_) return;
    parts.metrics.websockets.subtract();
    if (record_ != nullptr) std::exchange(record_, nullptr)->write(bytes_sent());
}

void WsParkedSession::news() noexcept { queue(); }

// One at a time: in line for a slot, or at it.
void WsParkedSession::queue() noexcept {
    if (queued_ != nullptr || running_ || !parked_) return;
    const bool due = closed() ? handlers_.on_close && !told_ : waiting.has_value();
    if (!due) return;
    const auto alive = queued_ = shared_from_this();
    service_->slot_line.enqueue(*this);
}

// A message of it is lost, and nobody would ask for the next one.
void WsParkedSession::dropped() noexcept {
    const auto alive = std::exchange(queued_, nullptr);
    told_ = told_ || closed();
    close(close_code::kFailed, {});
}

void WsParkedSession::run() {
    struct Running {
        WsParkedSession& session;
        const std::shared_ptr<WsSession> alive = std::exchange(session.queued_, nullptr);
        explicit Running(WsParkedSession& of) : session{of} { session.running_ = true; }
        ~Running() {
            session.running_ = false;
            session.queue();
        }
    } const running{*this};
    if (waiting) return handle_message();
    if (!closed() || std::exchange(told_, true)) return;
    guarded("on_close", [this] { handlers_.on_close(handle()); });
}

// The next one may come meanwhile, and waits.
void WsParkedSession::handle_message() {
    Message message = *std::exchange(waiting, std::nullopt);
    read_on();
    if (!handlers_.on_message) return;
    guarded("on_message", [&] { handlers_.on_message(handle(), std::move(message)); });
}

}  // namespace grove::http
