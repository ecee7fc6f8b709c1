#include "slot_line.h"

#include <exception>
#include <utility>

#include <grove/core/greenlet.h>
#include <grove/core/hub.h>

#include "answer_line.h"
#include "body_line.h"
#include "exchange.h"
#include "handlers.h"
#include "log_origin.h"
#include "refusal.h"
#include "request_reader.h"
#include "request_terms.h"
#include "service_log.h"
#include "unserved.h"
#include "wsgi_handler.h"
#include "wsgi_service.h"

namespace grove::http {
namespace {

constexpr int kMostInARow = 64;  // requests of one connection before it goes to the end of the line

// What throws, enqueue() deals with.
bool takes_at_once(Connection& connection) noexcept {
    try {
        return MountPools::take(connection);
    } catch (const std::exception&) {
        return false;
    }
}

}  // namespace

/// A connection's turn. Goes with the function of the greenlet that serves the connection, so that it ends however that
/// does: having run, killed before it ran, or never spawned.
class SlotLine::Serving {
public:
    Serving(SlotLine& line, Connection& connection) noexcept
        : line_{&line}, connection_{&connection} {}
    Serving(Serving&& other) noexcept
        : line_{std::exchange(other.line_, nullptr)},
          connection_{std::exchange(other.connection_, nullptr)} {}
    ~Serving() {
        if (line_ != nullptr) line_->end_turn(connection_, turn_.slot());
    }

    /// Serves; the turn is over when it returns or throws.
    void operator()() {
        Serving mine{std::move(*this)};
        mine.turn_.begin(getcurrent().id());
        const OriginOfTurn origin{mine.turn_, mine.connection_};
        mine.line_->serve(mine.connection_, mine.turn_);
    }

private:
    SlotLine* line_;  // nullptr: moved from
    Connection* connection_;
    Turn turn_;
};

SlotLine::SlotLine(Application application, std::size_t stack_bytes, Handlers& handlers,
                   InFlight& in_flight, BufferedBytes& bytes, BodyLine& bodies,
                   WsgiService& service)
    : application_{std::move(application)},
      stack_bytes_{stack_bytes},
      handlers_{handlers},
      slots_{service.terms(), handlers, service.metrics()},
      bytes_{bytes},
      bodies_{bodies},
      answers_{service.answers()},
      unserved_{service.unserved()},
      reader_{service.reader()},
      in_flight_{in_flight},
      log_{service.log()},
      queue_{service.terms(), [](const Timeouts& timeouts) { return timeouts.request; },
             [this](Connection& late) { expire(late); }},
      mount_pools_{service.terms(), [this](Connection& late) { expire(late); },
                   [this](Connection& admitted) { await_slot(admitted, admitted.since); }} {}

void SlotLine::expire(Connection& connection) {
    unserved_.refuse(connection, {503, "there was no slot within timeouts.request"});
}

void SlotLine::enqueue(Connection& connection) {
    if (connection.state() == Connection::State::kBody) {
        if (!bodies_.bring_back(connection)) return;
        connection.unlink();
        connection.exchange->joined = get_hub().loop().tick();
    } else {
        in_flight_.enter();
    }
    connection.set_state(Connection::State::kQueued);
    try {
        line_up(connection);
    } catch (...) {  // no memory, or its mount's pool throws; nothing of it blocks: no kill
        refuse_unqueued(connection);
    }
}

void SlotLine::line_up(Connection& connection) {
    if (MountPools::take(connection)) {
        queue_.push_back(connection);
        serve_next();
    } else {
        mount_pools_.push_back(connection);
    }
    if (connection.state() != Connection::State::kQueued) return;
    if (connection.exchange->buffered == 0) bodies_.count_queued(connection);
    if (connection.state() != Connection::State::kQueued) return;
    connection.watch_to_the_end();  // a reset takes it out of the line
    if (connection.client().socket().finished()) connection.look();  // that event may be over
}

// Whoever called enqueue() may be a timer, or a greenlet that serves it no more: nobody else ends it.
[[gnu::cold, gnu::noinline]] void SlotLine::refuse_unqueued(Connection& connection) noexcept {
    log_.report("a request", std::current_exception());
    if (connection.state() == Connection::State::kQueued)
        unserved_.refuse(connection, {503, "it could not wait for a slot"});
}

// In the line for a slot, where it counts from when it joined that of its mount.
void SlotLine::await_slot(Connection& connection, Timer::Instant since) {
    queue_.push_back_since(connection, since);
    serve_next();
}

void SlotLine::serve_next() {
    while (!queue_.empty()) {
        if (handlers_.full()) return await_room();
        start(queue_.front());
    }
}

// Apart: a function that has objects on its stack guards it.
[[gnu::noinline]] void SlotLine::await_room() {
    handlers_.when_not_full([this] { serve_next(); });
}

void SlotLine::start(Connection& connection) {
    connection.unlink();
    connection.set_state(Connection::State::kServed);
    bytes_.let_go(*connection.exchange);
    served_.add(connection);
    slots_.begin_turn();
    try {
        handlers_.start({.stack_bytes = stack_bytes_}, Serving{*this, connection});
    } catch (...) {
        log_.report("a handler could not be started", std::current_exception());
    }
}

void SlotLine::end_turn(Connection* unserved, Slot slot) noexcept {
    slots_.end_turn(slot);
    if (unserved != nullptr && unserved->state() == Connection::State::kServed)
        unserved_.end_turn(*unserved);
    in_flight_.leave();
}

void SlotLine::serve(Connection*& mine, Turn& turn) {
    Connection& connection = *mine;
    WsgiHandler handler{application_, connection.service()};
    for (int served = 1;; ++served) {
        {
            struct ByTurn {
                Connection& connection;
                ~ByTurn() { connection.turn = nullptr; }
            } const by_turn{connection};
            connection.turn = &turn;
            handler.handle(connection);
        }
        mine = nullptr;
        if (connection.state() != Connection::State::kServed) return;  // closing, or draining
        connection.unlink();
        if (reader_.next(connection) != RequestReader::Next::kComplete) return;
        // Somebody waits for a slot, or for his turn with the hub: to the end of the line.
        // Or for what its mount's pool has.
        if (!queue_.empty() || served == kMostInARow || turn.slot() != Slot::kHeld ||
            !takes_at_once(connection)) {
            enqueue(connection);
            return;
        }
        mine = &connection;
        connection.set_state(Connection::State::kServed);
        served_.add(connection);
    }
}

bool SlotLine::join(Timespan timeout) {
    if (handlers_.raw()) return true;
    return in_flight_.join(timeout, served_.by(getcurrent().id()) != nullptr);
}

void SlotLine::kill() {
    bodies_.refuse_all();
    constexpr Refusal kStopped{503, "the server stopped before there was a slot"};
    while (!mount_pools_.empty()) unserved_.refuse(mount_pools_.front(), kStopped);
    while (!queue_.empty()) unserved_.refuse(queue_.front(), kStopped);
    handlers_.kill();
    answers_.kill();
}

void SlotLine::close_all() noexcept {
    while (!mount_pools_.empty()) mount_pools_.front().close();
    while (!queue_.empty()) queue_.front().close();
}

std::vector<RequestInfo> SlotLine::requests() const {
    std::vector<RequestInfo> all = served_.requests();
    const auto add = [&all](const Connection& waiting) { add_request(all, waiting, 0); };
    bodies_.for_each(add);
    answers_.for_each_sending(add);
    queue_.for_each(add);
    mount_pools_.for_each(add);
    return all;
}

}  // namespace grove::http
