#include "slot_line.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include <grove/core/greenlet.h>
#include <grove/core/hub.h>

#include "answer_line.h"
#include "body_line.h"
#include "buffered_bytes.h"
#include "exchange.h"
#include "handlers.h"
#include "log_origin.h"
#include "refusal.h"
#include "request_reader.h"
#include "request_terms.h"
#include "service_log.h"
#include "slots.h"
#include "unserved.h"
#include "wsgi_handler.h"

namespace grove::http {
namespace {

thread_local SlotLine* newest_line = nullptr;

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
    void operator()();

private:
    SlotLine* line_;  // nullptr: moved from
    Connection* connection_;
    Turn turn_;
};

SlotLine::SlotLine(const Parts& parts)
    : parts_{parts},
      queue_{parts.terms, [](const Timeouts& timeouts) { return timeouts.request; },
             [this](Connection& late) { expire(late); }},
      mount_pools_{parts.terms, [this](Connection& late) { expire(late); },
                   [this](Connection& admitted) { await_slot(admitted, admitted.since); }} {
    older_ = std::exchange(newest_line, this);
}

SlotLine::~SlotLine() {
    SlotLine** place = &newest_line;
    while (*place != this) place = &(*place)->older_;
    *place = older_;
}

void SlotLine::expire(Connection& connection) {
    parts_.unserved.refuse(connection, {503, "there was no slot within timeouts.request"});
}

void SlotLine::enqueue(Connection& connection) {
    if (connection.state() == Connection::State::kBody) {
        if (!parts_.bodies.bring_back(connection)) return;
        connection.unlink();
        connection.exchange->join_line();
    } else {
        parts_.in_flight.enter();
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
        queue_.push_back_since(connection, connection.exchange->joined);
        serve_next();
    } else {
        mount_pools_.push_back(connection);
    }
    if (connection.state() != Connection::State::kQueued) return;
    if (connection.exchange->buffered == 0) parts_.bodies.count_queued(connection);
    if (connection.state() != Connection::State::kQueued) return;
    connection.watch_to_the_end();  // a reset takes it out of the line
    if (connection.client().socket().finished()) connection.look();  // that event may be over
}

// Whoever called enqueue() may be a timer, or a greenlet that serves it no more: nobody else ends it.
[[gnu::cold, gnu::noinline]] void SlotLine::refuse_unqueued(Connection& connection) noexcept {
    parts_.log.report("a request", std::current_exception());
    if (connection.state() == Connection::State::kQueued)
        parts_.unserved.refuse(connection, {503, "it could not wait for a slot"});
}

// In the line for a slot, where it counts from when it joined that of its mount.
void SlotLine::await_slot(Connection& connection, Timer::Instant since) {
    queue_.push_back_since(connection, since);
    serve_next();
}

// With Spawn::none whoever is started runs here, and enqueues what comes next: that is started when it has returned.
void SlotLine::serve_next() {
    if (serves_in_hub_) return;
    while (!queue_.empty() || !tasks_.empty()) {
        if (parts_.handlers.full()) return await_room();
        was_task_ = queue_.empty() || (!tasks_.empty() && !was_task_);
        serves_in_hub_ = parts_.handlers.in_hub() && get_hub().in_hub();
        was_task_ ? start(tasks_.front()) : start(queue_.front());
        serves_in_hub_ = false;
    }
}

// Apart: a function that has objects on its stack guards it.
[[gnu::noinline]] void SlotLine::await_room() {
    parts_.handlers.when_not_full([this] { serve_next(); });
}

void SlotLine::start(Connection& connection) {
    connection.unlink();
    connection.set_state(Connection::State::kServed);
    parts_.buffered.let_go(*connection.exchange);
    served_.add(connection);
    parts_.slots.begin_turn();
    try {
        parts_.handlers.start({.stack_bytes = parts_.stack_bytes}, Serving{*this, connection});
    } catch (...) {
        parts_.log.report("a handler could not be started", std::current_exception());
    }
}

/// A task's turn, as Serving is a connection's.
class SlotLine::Running {
public:
    Running(SlotLine& line, SlotTask& task) noexcept : line_{&line}, task_{&task} {}
    Running(Running&& other) noexcept
        : line_{std::exchange(other.line_, nullptr)}, task_{std::exchange(other.task_, nullptr)} {}
    ~Running() {
        if (line_ == nullptr) return;
        if (task_ != nullptr) task_->dropped();
        line_->end_turn(nullptr, turn_.slot());
    }

    void operator()() {
        Running mine{std::move(*this)};
        mine.turn_.begin(getcurrent().id());
        mine.line_->task_turns_.push_back(mine.turn_);
        std::exchange(mine.task_, nullptr)->run();
    }

private:
    SlotLine* line_;  // nullptr: moved from
    SlotTask* task_;  // nullptr: it has run
    Turn turn_;
};

void SlotLine::enqueue(SlotTask& task) noexcept {
    if (refuses_tasks_) return task.dropped();
    parts_.in_flight.enter();
    tasks_.push_back(task);
    try {
        serve_next();
    } catch (const std::exception&) {  // no memory to wait
        parts_.log.report("a WebSocket", std::current_exception());
        if (task.is_linked()) drop(task);
    }
}

void SlotLine::refuse_tasks(bool refuses) noexcept {
    refuses_tasks_ = refuses;
    if (refuses) drop_tasks();
}

void SlotLine::start(SlotTask& task) {
    task.unlink();
    parts_.slots.begin_turn();
    try {
        parts_.handlers.start({.stack_bytes = parts_.stack_bytes}, Running{*this, task});
    } catch (...) {
        parts_.log.report("a handler could not be started", std::current_exception());
    }
}

Turn* SlotLine::turn_of(std::uint64_t greenlet) noexcept {
    if (const Connection* const connection = served_.by(greenlet)) return connection->turn;
    const auto of_task =
        std::find_if(task_turns_.begin(), task_turns_.end(),
                     [&](const Turn& turn) { return turn.greenlet() == greenlet; });
    return of_task != task_turns_.end() ? &*of_task : nullptr;
}

// Who keeps its slot for now, as limits.slow are reached, asks again so often while it waits.
bool SlotLine::wait_with_slot(std::uint64_t caller, const std::function<bool(Timespan)>& wait) {
    constexpr Duration kKeptSlot = std::chrono::seconds{1};
    Turn* const turn = turn_of(caller);
    const Timespan with_slot = parts_.terms.timeouts.write_slot;
    if (turn == nullptr || turn->slot() != Slot::kHeld || !with_slot) return false;
    struct Clock {
        Duration& sum;
        const Timer::Instant began = get_hub().now();
        ~Clock() { sum += get_hub().now() - began; }
    };
    Duration kept = std::max(*with_slot - turn->waited_for_others, Duration::zero());
    const Clock clock{turn->waited_for_others};
    do {
        if (kept > Duration::zero() && wait(kept)) return true;
        kept = kKeptSlot;
    } while (!lose_slot(served_.by(caller), *turn));
    return false;
}

void SlotLine::wait_without_slot(const std::function<bool(Timespan)>& wait) {
    const std::uint64_t caller = getcurrent().id();
    SlotLine* line = newest_line;
    while (line != nullptr && line->turn_of(caller) == nullptr) line = line->older_;
    if (line != nullptr && line->wait_with_slot(caller, wait)) return;
    while (!wait({})) continue;
}

bool SlotLine::lose_slot(Connection* connection, Turn& turn) {
    return connection != nullptr ? parts_.slots.lose_as_slow(*connection)
                                 : parts_.slots.lose_as_slow(turn);
}

void SlotLine::end_turn(Connection* unserved, Slot slot) noexcept {
    parts_.slots.end_turn(slot);
    if (unserved != nullptr && unserved->state() == Connection::State::kServed)
        parts_.unserved.end_turn(*unserved);
    parts_.in_flight.leave();
}

// Once a turn, and one call less for each of them.
[[gnu::always_inline]] inline void SlotLine::serve(Connection*& mine, Turn& turn) {
    Connection& connection = *mine;
    for (int served = 1;; ++served) {
        {
            struct ByTurn {
                Connection& connection;
                ~ByTurn() { connection.turn = nullptr; }
            } const by_turn{connection};
            connection.turn = &turn;
            turn.waited_for_others = {};
            parts_.handler.handle(connection);
        }
        mine = nullptr;
        if (connection.state() != Connection::State::kServed) return;  // closing, or draining
        connection.unlink();
        if (parts_.reader.next(connection) != RequestReader::Next::kComplete) return;
        // Somebody waits for a slot, or for his turn with the hub: to the end of the line.
        // Or for what its mount's pool has.
        if (!queue_.empty() || !tasks_.empty() || served == kMostInARow ||
            turn.slot() != Slot::kHeld || !takes_at_once(connection)) {
            enqueue(connection);
            return;
        }
        mine = &connection;
        connection.set_state(Connection::State::kServed);
        served_.add(connection);
    }
}

void SlotLine::Serving::operator()() {
    Serving mine{std::move(*this)};
    mine.turn_.begin(getcurrent().id());
    const OriginOfTurn origin{mine.turn_, mine.connection_};
    mine.line_->serve(mine.connection_, mine.turn_);
}

bool SlotLine::join(Timespan timeout) {
    if (parts_.handlers.raw()) return true;
    return parts_.in_flight.join(timeout, served_.by(getcurrent().id()) != nullptr);
}

void SlotLine::kill() {
    parts_.bodies.refuse_all();
    constexpr Refusal kStopped{503, "the server stopped before there was a slot"};
    while (!mount_pools_.empty()) parts_.unserved.refuse(mount_pools_.front(), kStopped);
    while (!queue_.empty()) parts_.unserved.refuse(queue_.front(), kStopped);
    refuse_tasks(true);
    parts_.handlers.kill();
    parts_.answers.kill();
}

void SlotLine::drop_tasks() noexcept {
    while (!tasks_.empty()) drop(tasks_.front());
}

void SlotLine::drop(SlotTask& task) noexcept {
    task.unlink();
    task.dropped();
    parts_.in_flight.leave();
}

void SlotLine::close_all() noexcept {
    drop_tasks();
    while (!mount_pools_.empty()) mount_pools_.front().close();
    while (!queue_.empty()) queue_.front().close();
}

std::vector<RequestInfo> SlotLine::requests() const {
    std::vector<RequestInfo> all = served_.requests();
    const auto add = [&all](const Connection& waiting) { add_request(all, waiting, 0); };
    parts_.bodies.for_each(add);
    parts_.answers.for_each_sending(add);
    queue_.for_each(add);
    mount_pools_.for_each(add);
    return all;
}

}  // namespace grove::http
