#include "body_line.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <grove/core/hub.h>

#include "connection.h"
#include "exchange.h"
#include "request_terms.h"
#include "wsgi_service.h"

namespace grove::http {
namespace {

constexpr std::size_t kShareInMemory = 16;
constexpr std::size_t kLeastSpooled = 4096;  // bytes: what is less shares its memory with the head

constexpr auto kRest = std::chrono::seconds{1};

void expire_announced(Connection& connection) {
    connection.service().slot_line().refuse_waiting(connection, {408, "the body stalled"});
}
// It has waited for its body; an application that does so too loses its slot the sooner.
void expire_unannounced(Connection& connection) {
    connection.exchange->pace.waited_for_body = get_hub().now() - connection.exchange->began;
    connection.service().slot_line().enqueue(connection);
}

// An application that read it would not wait for longer either.
Timespan shorter(Timespan one, Timespan other) {
    if (!one || !other) return one ? one : other;
    return std::min(*one, *other);
}

}  // namespace

BodyLine::BodyLine(const ServiceTerms& terms, WaitingBodies& all)
    : limits_{terms.limits},
      timeouts_{terms.timeouts},
      all_{all},
      spool_{terms.limits.body_buffer},
      told_{1},
      announced_{terms, [](const Timeouts& timeouts) { return timeouts.body; }, expire_announced},
      unannounced_{
          terms,
          [](const Timeouts& timeouts) { return shorter(timeouts.body_slot, timeouts.body); },
          expire_unannounced} {
    all_.lines.push_back(this);
}

BodyLine::~BodyLine() { std::erase(all_.lines, this); }

void BodyLine::push_back(Connection& connection) {
    join(connection);
    count(connection, connection.client().input().bytes().size());
}

void BodyLine::join(Connection& connection) {
    const bool announced = !timeouts_.body_slot || !connection.exchange->body.of_unknown_length();
    (announced ? announced_ : unannounced_).push_back(connection);
}

void BodyLine::take(Connection& connection, std::size_t bytes) {
    Exchange& exchange = *connection.exchange;
    if (!exchange.body.of_unknown_length()) {  // the time-out begins anew
        connection.unlink();
        join(connection);
    }
    count(connection, bytes);
    if (is_too_slow(connection))
        connection.service().slot_line().refuse_waiting(connection,
                                                        {408, "the body came too slowly"});
}

void BodyLine::count_queued(Connection& connection) {
    count(connection, connection.client().input().bytes().size());
    if (overflows()) connection.service().slot_line().refuse_waiting(connection, kTooManyBytesWait);
}

void BodyLine::count(Connection& connection, std::size_t bytes) {
    connection.exchange->buffered += bytes;
    all_.bytes += bytes;
    if (overflows()) refuse_slowest();
}

// Whichever server's they are. More than is needed: to find who waits longest takes a look at all.
void BodyLine::refuse_slowest() {
    std::vector<Connection*> all;
    for (BodyLine* one : all_.lines) {
        for (auto* line : {&one->announced_, &one->unannounced_}) {
            line->for_each([&all](Connection& connection) { all.push_back(&connection); });
        }
    }
    std::sort(all.begin(), all.end(), [](const Connection* one, const Connection* other) {
        return one->exchange->began < other->exchange->began;
    });
    for (Connection* connection : all) {
        if (has_room()) return;
        connection->service().slot_line().refuse_waiting(*connection, kTooManyBytesWait);
    }
}

bool BodyLine::is_too_slow(const Connection& connection) const {
    if (connection.state() != Connection::State::kBody) return false;  // refused already
    const Duration waited = get_hub().loop().tick() - connection.exchange->began;
    const Timespan timeout = timeouts_of(*connection.exchange).body;
    if (!timeout || waited < *timeout) return false;
    const auto seconds = std::chrono::duration<double>{waited}.count();
    return static_cast<double>(connection.exchange->buffered) <
           static_cast<double>(limits_of(*connection.exchange).body_rate) * seconds;
}

void BodyLine::spare_memory(Connection& connection) {
    const std::string_view here = connection.client().input().bytes();
    if (all_.bytes <= limits_.buffered / kShareInMemory || here.size() < kLeastSpooled) return;
    const Timer::Instant now = get_hub().loop().tick();
    if (now < rests_until_) return;
    std::optional<BodySpool::Place>& place = connection.exchange->spooled;
    try {
        if (!place) place.emplace(spool_.take());
        place->append(here);
        connection.client().input().let_go();
    } catch (const std::exception&) {  // then they wait in memory, which limits.buffered bounds
        rests_until_ = now + kRest;
        if (told_.is_new("", OnceAMinute::Clock::now()))
            connection.service().log().report("bodies that wait stay in memory",
                                              std::current_exception());
    }
}

bool BodyLine::bring_back(Connection& connection) {
    std::optional<BodySpool::Place>& place = connection.exchange->spooled;
    if (!place) return true;
    try {
        place->read(connection.client().input().room_in_front(place->bytes()));
        place.reset();
        return true;
    } catch (const std::exception&) {
        connection.service().log().report("a body that waited", std::current_exception());
        connection.service().slot_line().refuse_waiting(connection,
                                                        {500, "the body could not be read again"});
        return false;
    }
}

void BodyLine::let_go(Exchange& exchange) noexcept {
    all_.bytes -= std::exchange(exchange.buffered, 0);
    exchange.spooled.reset();
}

void BodyLine::refuse_all() {
    for (auto* line : {&announced_, &unannounced_}) {
        while (!line->empty())
            line->front().service().slot_line().refuse_waiting(
                line->front(), {503, "the server stopped before the body was complete"});
    }
}

void BodyLine::close_all() noexcept {
    for (auto* line : {&announced_, &unannounced_}) {
        while (!line->empty()) line->front().close();
    }
}

}  // namespace grove::http
