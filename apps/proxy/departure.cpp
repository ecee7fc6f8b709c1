#include "departure.h"

using grove::http::ClientDisconnected;

Departure::Departure(grove::http::Environ& request)
    : gone_{request.disconnected()}, link_{gone_.rawlink([this] { left(); })} {}

// In the hub. Whoever does not wait here is not thrown at: the server, which may be sending, finds out by itself.
void Departure::left() {
    has_left_ = true;
    if (waiting_ != nullptr) waiting_->throw_again();
}

void Departure::refuse() {
    throw ClientDisconnected{"the client went before its answer was there"};
}
