// settle.h - what becomes of a connection when the answer to its request is over.
#pragma once

#include <cstdint>

namespace grove::http {

class Closing;
class Connection;
class Exchange;

/// How a request ended.
enum class Fate : std::uint8_t {
    kAnswered,
    kLeft,  // not yet: the hub sends the rest of its answer
    kRefused,
    kThrown,  // an HttpError: its answer is made
    kDisconnected,
    kClientGone,
    kAbandoned,
    kKilled,
    kTimedOut,
    kFailed
};

/// The connection of this answer must close.
[[nodiscard]] bool must_close(const Exchange& exchange);
/// Afterwards its state is what it was, and the next request may be read; or it drains, lingers or is closed. What
/// is owed goes first. Never blocks. @pre there is an exchange
void settle(Connection& connection, Fate fate, Closing& closing);

}  // namespace grove::http
