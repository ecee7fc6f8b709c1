// Of a service, the line for a slot of the pool, and who runs with one or without.
#include <algorithm>
#include <exception>
#include <vector>

#include "exchange.h"
#include "wsgi_handler.h"
#include "wsgi_service.h"

namespace grove::http {
namespace {

constexpr int kMostInARow = 64;  // requests of one connection before it goes to the end of the line

}  // namespace

void WsgiService::await_body(Connection& connection) {
    enter_busy();
    connection.unlink();
    connection.set_state(Connection::State::kBody);
    bodies_.push_back(connection);
}

void WsgiService::refuse_waiting(Connection& connection, const Refusal& refusal) {
    bodies_.let_go(*connection.exchange);
    try {
        closing_.refuse(connection, refusal);
    } catch (const std::exception&) {  // no memory to say so
        connection.close();
    }
    leave_busy();
}

void WsgiService::drop_waiting(Connection& connection) noexcept {
    bodies_.let_go(*connection.exchange);
    closing_.end_owing(connection);
    leave_busy();
}

void WsgiService::enqueue(Connection& connection) {
    if (connection.state() == Connection::State::kBody) {
        if (!bodies_.bring_back(connection)) return;
        connection.unlink();
        connection.exchange->joined = get_hub().loop().tick();
    } else {
        enter_busy();
    }
    connection.set_state(Connection::State::kQueued);
    queue_.push_back(connection);
    serve_next();
    if (connection.state() == Connection::State::kQueued && connection.exchange->buffered == 0)
        bodies_.count_queued(connection);
}

void WsgiService::serve_next() {
    while (!queue_.empty()) {
        if (handlers_.full()) {
            handlers_.when_not_full([this] { serve_next(); });
            return;
        }
        start(queue_.front());
    }
}

void WsgiService::start(Connection& connection) {
    connection.unlink();
    connection.set_state(Connection::State::kServed);
    bodies_.let_go(*connection.exchange);
    served_.push_back(connection);
    slots_.begin_turn();
    try {
        handlers_.start({.stack_bytes = options_.stack_bytes}, Turn{*this, connection});
    } catch (...) {
        log_.report("a handler could not be started", std::current_exception());
    }
}

void WsgiService::give_up(Connection& connection) {
    refuse_waiting(connection, {503, "there was no slot within timeouts.request"});
}

void WsgiService::enter_busy() noexcept {
    ++busy_;
    metrics_->in_flight.add();
}

void WsgiService::leave_busy() noexcept {
    --busy_;
    metrics_->in_flight.subtract();
    less_busy_.set();
}

void WsgiService::end_turn(Connection* unserved, Slot slot) noexcept {
    slots_.end_turn(slot);
    if (unserved != nullptr && unserved->state() == Connection::State::kServed) {
        try {
            const bool unanswered =
                unserved->exchange != nullptr && !unserved->exchange->response.head_made();
            unanswered ? closing_.refuse(*unserved, {503, "the request was dropped before it ran"})
                       : unserved->close();
        } catch (const std::exception&) {  // no memory to say so
            unserved->close();
        }
    }
    leave_busy();
}

void WsgiService::serve(Connection*& mine, Turn& turn) {
    Connection& connection = *mine;
    WsgiHandler handler{application_, *this};
    for (int served = 1;; ++served) {
        {
            struct Served {
                Connection& connection;
                ~Served() { connection.turn = nullptr; }
            } const by_turn{connection};
            connection.turn = &turn;
            handler.handle(connection);
        }
        mine = nullptr;
        if (connection.state() != Connection::State::kServed) return;  // closing, or draining
        connection.unlink();
        if (connection.next_request() != Connection::Next::kComplete) return;
        // Somebody waits for a slot, or for his turn with the hub: to the end of the line.
        if (!queue_.empty() || served == kMostInARow || turn.slot() != Slot::kHeld) {
            enqueue(connection);
            return;
        }
        mine = &connection;
        connection.set_state(Connection::State::kServed);
        served_.push_back(connection);
    }
}

}  // namespace grove::http
