#include "slots.h"

#include <stdexcept>

#include "connection.h"
#include "exchange.h"
#include "handlers.h"
#include "leave_pool.h"
#include "request_terms.h"
#include "served.h"
#include "service_terms.h"
#include "too_many_lasting.h"

namespace grove::http {
namespace {

Slot slot_of(Lasting lasting) noexcept {
    switch (lasting) {
        case Lasting::kEventStream:
            return Slot::kEventStream;
        case Lasting::kWebSocket:
            return Slot::kWebSocket;
        case Lasting::kRequest:
            break;
    }
    return Slot::kDetached;
}

}  // namespace

Tally& Slots::counter_of(Slot slot) noexcept {
    switch (slot) {
        case Slot::kSlow:
            return metrics_.slow;
        case Slot::kDetached:
            return metrics_.detached;
        case Slot::kEventStream:
            return metrics_.event_streams;
        case Slot::kWebSocket:
            return metrics_.websockets;
        case Slot::kHeld:
            break;
    }
    return metrics_.pool_in_use;
}

bool Slots::has_one(const Connection& connection) {
    return is_served_by_caller(connection) && connection.turn->slot() == Slot::kHeld;
}

// What is left of an answer that is made, nobody keeps a slot for.
bool Slots::lose_as_slow(Connection& connection) {
    if (metrics_.slow.value() >= terms_.limits.slow && !connection.exchange->answer.made)
        return false;
    if (give_back(connection)) goes_on(*connection.turn, Slot::kSlow);
    return true;
}

bool Slots::lose_as_slow(Turn& turn) {
    if (metrics_.slow.value() >= terms_.limits.slow) return false;
    if (handlers_.lose_slot()) goes_on(turn, Slot::kSlow);
    return true;
}

// @return false: there was nothing to give back
bool Slots::give_back(Connection& connection) {
    const bool of_mount = leave_mount_pool(*connection.exchange);
    return handlers_.lose_slot() || of_mount;
}

void Slots::goes_on(Turn& turn, Slot as) noexcept {
    counter_of(turn.slot()).subtract();
    turn.goes_on_as(as);
    counter_of(as).add();
}

void Slots::refuse_beyond_limit(Slot slot) {
    const Limits& limits = terms_.limits;
    const std::uint64_t count = counter_of(slot).value();
    if (slot == Slot::kDetached && count >= limits.detached)
        throw TooManyLasting{"detached", limits.detached, "requests run without their slots"};
    if (slot == Slot::kEventStream && count >= limits.event_streams)
        throw TooManyLasting{"event_streams", limits.event_streams, "event streams are open"};
    if (slot == Slot::kWebSocket && count >= limits.websockets)
        throw TooManyLasting{"websockets", limits.websockets, "WebSockets are open"};
}

void Slots::leave(Connection& connection, Lasting as) {
    if (!is_served_by_caller(connection)) {
        throw std::logic_error{
            "only the greenlet that serves a request can let it run on without a slot"};
    }
    const Slot had = connection.turn->slot();
    const Slot has = slot_of(as);
    if (had == has) return;
    const bool holds = had == Slot::kHeld;
    const bool bounded = handlers_.bounded() || connection.exchange->pool != nullptr;
    if (has == Slot::kDetached && !(bounded && holds)) return;
    refuse_beyond_limit(has);
    if (holds) static_cast<void>(give_back(connection));
    goes_on(*connection.turn, has);
}

}  // namespace grove::http
