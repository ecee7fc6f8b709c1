#include "slots.h"

#include <stdexcept>

#include "connection.h"
#include "exchange.h"
#include "handlers.h"
#include "request_terms.h"
#include "served.h"
#include "service_terms.h"
#include "too_many_detached.h"

namespace grove::http {

Tally& Slots::counter_of(Slot slot) noexcept {
    switch (slot) {
        case Slot::kSlow:
            return metrics_.slow;
        case Slot::kDetached:
            return metrics_.detached;
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
    if (metrics_.slow.value() >= terms_.limits.slow && !connection.exchange->response.made())
        return false;
    lose(connection, Slot::kSlow);
    return true;
}

void Slots::lose(Connection& connection, Slot as) {
    const bool of_mount = leave_mount_pool(*connection.exchange);
    if (!handlers_.lose_slot() && !of_mount) return;
    connection.turn->goes_on_as(as);
    metrics_.pool_in_use.subtract();
    counter_of(as).add();
}

void Slots::detach(Connection& connection) {
    if (!is_served_by_caller(connection)) {
        throw std::logic_error{
            "release_slot: only the greenlet that serves the request has a slot"};
    }
    const bool bounded = handlers_.bounded() || connection.exchange->pool != nullptr;
    if (!bounded || connection.turn->slot() != Slot::kHeld) return;
    if (metrics_.detached.value() >= terms_.limits.detached)
        throw TooManyDetached{terms_.limits.detached};
    lose(connection, Slot::kDetached);
}

}  // namespace grove::http
