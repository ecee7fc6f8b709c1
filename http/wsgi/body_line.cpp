#include "body_line.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <grove/core/hub.h>

#include "exchange.h"
#include "in_flight.h"
#include "refusal.h"
#include "request_terms.h"
#include "service_log.h"
#include "service_terms.h"
#include "unserved.h"

namespace grove::http {
namespace {

constexpr std::size_t kShareInMemory = 16;
constexpr std::size_t kLeastSpooled = 4096;  // bytes: what is less shares its memory with the head
constexpr Refusal kTooManyBytesWait{503, "more bytes of bodies wait than limits.buffered allows"};
constexpr auto kRest = std::chrono::seconds{1};

// An application that read it would not wait for longer either.
Timespan shorter(Timespan one, Timespan other) {
    if (!one || !other) return one ? one : other;
    return std::min(*one, *other);
}

}  // namespace

BodyLine::BodyLine(const ServiceTerms& terms, WaitingBodies& all, Unserved& unserved,
                   InFlight& in_flight, ServiceLog& log, DeadlineLines::Line::Expire give_slot)
    : limits_{terms.limits},
      timeouts_{terms.timeouts},
      all_{all},
      unserved_{unserved},
      in_flight_{in_flight},
      log_{log},
      spool_{terms.limits.body_buffer},
      told_{1},
      announced_{terms, [](const Timeouts& timeouts) { return timeouts.body; },
                 [this](Connection& late) {
                     unserved_.refuse(late, {408, "the body stalled"});
                 }},
      unannounced_{
          terms,
          [](const Timeouts& timeouts) { return shorter(timeouts.body_slot, timeouts.body); },
          [give_slot = std::move(give_slot)](Connection& late) {
              // An application that waits for the rest of it loses its slot the sooner.
              late.exchange->pace.waited_for_body = get_hub().now() - late.exchange->began;
              give_slot(late);
          }} {
    all_.lines.push_back(this);
}

BodyLine::~BodyLine() { std::erase(all_.lines, this); }

void BodyLine::push_back(Connection& connection) {
    in_flight_.enter();
    connection.unlink();
    connection.set_state(Connection::State::kBody);
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
    if (is_too_slow(connection)) unserved_.refuse(connection, {408, "the body came too slowly"});
}

void BodyLine::count_queued(Connection& connection) {
    count(connection, connection.client().input().bytes().size());
    if (overflows()) unserved_.refuse(connection, kTooManyBytesWait);
}

void BodyLine::count(Connection& connection, std::size_t bytes) {
    all_.bytes.add(*connection.exchange, bytes);
    if (overflows()) refuse_slowest();
}

// Whichever server's they are. More than is needed: to find who waits longest takes a look at all.
void BodyLine::refuse_slowest() {
    struct Waiting {
        Connection* connection;
        Unserved* unserved;
    };
    std::vector<Waiting> all;
    for (BodyLine* one : all_.lines) {
        for (auto* line : {&one->announced_, &one->unannounced_}) {
            line->for_each([&all, one](Connection& connection) {
                all.push_back({&connection, &one->unserved_});
            });
        }
    }
    std::sort(all.begin(), all.end(), [](const Waiting& one, const Waiting& other) {
        return one.connection->exchange->began < other.connection->exchange->began;
    });
    for (const auto& [connection, unserved] : all) {
        if (has_room()) return;
        unserved->refuse(*connection, kTooManyBytesWait);
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
    if (all_.bytes.all <= limits_.buffered / kShareInMemory || here.size() < kLeastSpooled) return;
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
            log_.report("bodies that wait stay in memory", std::current_exception());
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
        log_.report("a body that waited", std::current_exception());
        unserved_.refuse(connection, {500, "the body could not be read again"});
        return false;
    }
}

void BodyLine::refuse_all() {
    for (auto* line : {&announced_, &unannounced_}) {
        while (!line->empty()) {
            unserved_.refuse(line->front(),
                             {503, "the server stopped before the body was complete"});
        }
    }
}

void BodyLine::close_all() noexcept {
    for (auto* line : {&announced_, &unannounced_}) {
        while (!line->empty()) line->front().close();
    }
}

}  // namespace grove::http
