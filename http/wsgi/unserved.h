// unserved.h - requests that end without having been served: their clients are told why, or are gone.
#pragma once

#include "connection.h"

namespace grove::http {

class Closing;
class InFlight;
class ServiceLog;
struct BufferedBytes;
struct Refusal;

/// A connection may have closed when a call returns.
class Unserved {
public:
    /// All must outlive it.
    Unserved(BufferedBytes& bytes, InFlight& in_flight, Closing& closing, ServiceLog& log) noexcept
        : bytes_{bytes}, in_flight_{in_flight}, closing_{closing}, log_{log} {}

    /// One that waits, for its body or in line, is refused, or dropped. @pre it is in flight
    void refuse(Connection& connection, Refusal refusal);
    void drop(Connection& connection) noexcept;

    /// Its turn with a slot ended before it was answered.
    void end_turn(Connection& connection) noexcept;
    /// In a handler: there was no memory for this client, which the others need not notice.
    void give_up(Connection& connection) noexcept;

private:
    void let_go(Connection& connection) noexcept;

    BufferedBytes& bytes_;
    InFlight& in_flight_;
    Closing& closing_;
    ServiceLog& log_;
};

}  // namespace grove::http
