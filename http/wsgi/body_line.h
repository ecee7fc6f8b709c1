// body_line.h - requests whose bodies are received before they have a slot: how long, and how many bytes.
#pragma once

#include <cstddef>
#include <vector>

#include <grove/http/limits.h>

#include "body_spool.h"
#include "buffered_bytes.h"
#include "connection.h"
#include "deadline_lines.h"
#include "once_a_minute.h"

namespace grove::http {

class BodyLine;
class InFlight;
class ServiceLog;
class Unserved;

/// What bodies wait in all servers that share a ConnectionLimit.
struct WaitingBodies {
    BufferedBytes bytes{};
    std::vector<BodyLine*> lines{};
};

/// The hub drives the connections in this line meanwhile. Their bytes count until they are served.
/// Once the bytes are more than a sixteenth of limits.buffered, further bytes wait in a file.
class BodyLine {
public:
    /// All must outlive it.
    /// @param all  these, and those of other lines
    /// @param give_slot  who has waited for long enough (timeouts.body_slot)
    BodyLine(const ServiceTerms& terms, WaitingBodies& all, Unserved& unserved, InFlight& in_flight,
             ServiceLog& log, DeadlineLines::Line::Expire give_slot);
    ~BodyLine();
    BodyLine(const BodyLine&) = delete;
    BodyLine& operator=(const BodyLine&) = delete;

    /// Awaits the body of a complete head from now on; the bytes that are there count. If all bytes
    /// together are too many, the connections that wait longest are refused, in any line, perhaps
    /// this connection.
    void push_back(Connection& connection);
    /// The connection waits for a slot, and its body, which came at once, counts. If the bytes are
    /// too many all the same, the connection is refused.
    void count_queued(Connection& connection);
    /// More of it has come; as push_back(). The connection may have been refused then.
    void take(Connection& connection, std::size_t bytes);
    /// Its client takes its time.
    void spare_memory(Connection& connection);
    /// The body has come, or is not to be waited for any longer: the connection's input has all its
    /// bytes again. @return false: the connection was refused, as a file could not be read
    bool bring_back(Connection& connection);

    /// Refuses all that wait here.
    void refuse_all();
    void close_all() noexcept;

    /// Calls `function` with each connection that waits here.
    template <class Function>
    void for_each(Function function) const {
        announced_.for_each(function);
        unannounced_.for_each(function);
    }

private:
    /// There is too much in all.
    [[nodiscard]] bool overflows() const noexcept { return all_.bytes.all > limits_.buffered; }
    /// There is less, so that not each further byte has one refused.
    [[nodiscard]] bool has_room() const noexcept {
        return all_.bytes.all <= limits_.buffered - limits_.buffered / 16;
    }
    void refuse_slowest();
    void join(Connection& connection);
    void count(Connection& connection, std::size_t bytes);
    [[nodiscard]] bool is_too_slow(const Connection& connection) const;

    const Limits& limits_;
    const Timeouts& timeouts_;
    WaitingBodies& all_;
    Unserved& unserved_;
    InFlight& in_flight_;
    ServiceLog& log_;
    BodySpool spool_;
    OnceAMinute told_;
    Timer::Instant rests_until_{};  // it had no room
    DeadlineLines announced_;       // by timeouts.body, from the last byte
    DeadlineLines unannounced_;     // by timeouts.body_slot, from the head
};

}  // namespace grove::http
