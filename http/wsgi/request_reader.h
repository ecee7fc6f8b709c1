// request_reader.h - finds the next request in what a connection has received.
//
// Connections without a greenlet call it in the hub, and a greenlet that has answered one request calls it for the next.
#pragma once

#include <cstdint>
#include <memory>

#include "connection.h"

namespace grove::http {

class BodyLine;
class Closing;
class ExchangePool;
class Multiplexing;
class Parking;
class PeerRules;
class ServiceLog;
class Unserved;
struct Refusal;
struct ServiceTerms;

class RequestReader {
public:
    /// What became of looking for the next request.
    enum class Next : std::uint8_t { kParked, kComplete, kGone };

    /// All must outlive it.
    struct Parts {
        const ServiceTerms& terms;
        ExchangePool& exchanges;
        ServiceLog& log;
        Closing& closing;
        Unserved& unserved;
        BodyLine& bodies;
        Parking& parking;
        PeerRules& peers;
        const std::unique_ptr<Multiplexing>& http2;  // null: not spoken
    };
    explicit RequestReader(const Parts& parts) noexcept : parts_{parts} {}

    /// Reads and scans until a request is worth a slot, refused, or nothing is left to read; parks in that case.
    /// Never blocks. kGone: the connection may be destroyed already; it was given up if there was no memory.
    Next next(Connection& connection) noexcept;
    /// Of one stream: a head was parsed into the exchange's, or `refusal` says why not. As next_of_body().
    Next begin(Connection& connection, Refusal refusal);
    /// The same of a request whose head is complete, and which waits for its body. @throws std::exception: it is to be
    /// given up
    Next next_of_body(Connection& connection);

    /// Looks whether the bytes after the request in service hold another complete head. @pre its body is complete
    [[nodiscard]] bool scan_ahead(Connection& connection);

private:
    using State = Connection::State;

    Next look(Connection& connection);
    void park(Connection& connection);
    bool scan(Connection& connection);
    [[nodiscard]] bool speaks_http2(Connection& connection);
    [[nodiscard]] bool admits(Connection& connection);
    void pin_for_long(Exchange& exchange, std::size_t begin, std::size_t length);

    const Parts parts_;
};

}  // namespace grove::http
