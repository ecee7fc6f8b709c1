// connection.h - a client's socket, or one stream of it, its bytes, its request and its place in a line: what the lines know of a connection.
//
// Exactly one drives it at a time (state()): its greenlet while it is served, else the hub. What happens when the hub
// tells of the socket, WsgiConnection says.
#pragma once

#include <cstdint>
#include <memory>

#include <grove/core/address.h>
#include <grove/core/detail/timer.h>
#include <grove/core/detail/tls_layer.h>
#include <grove/core/file_descriptor.h>
#include <grove/http/metrics.h>

#include "client_socket.h"
#include "deadline_line.h"
#include "guard.h"
#include "input_buffer.h"

namespace grove::http {

class Exchange;
class ExchangePool;
class SwitchedProtocol;
class Turn;
struct BufferedBytes;
struct SwitchedParts;

/// Owned by its line, or its greenlet, until it closes; then by NextTurn, which destroys it.
class Connection : public ClientHook, public LineHook {
public:
    enum class State : std::uint8_t {
        kIdle,    // no byte of a request yet
        kHead,    // part of a head
        kBody,    // a complete head, whose body is received before it waits for a slot
        kQueued,  // a complete request waits for a slot
        kServed,  // a greenlet is at it
        kSending,  // the application has returned, and the client takes its time: the hub sends the rest
        kDraining,   // answered; the rest of the body is dropped
        kFlushing,   // answered for the last time, and the client has not taken all of it
        kLingering,  // answered for the last time; what comes is dropped until the client closes
        kSwitched,   // it speaks another protocol, and no greenlet serves a request of it
        kDead,       // closed, and about to be destroyed
    };

    virtual ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] State state() const noexcept { return state_; }
    void set_state(State state) noexcept;
    [[nodiscard]] ClientSocket& client() noexcept { return client_; }
    /// Of the next request's head.
    [[nodiscard]] Guard& guard() noexcept { return guard_; }

    /// Just made, or idle: its request is read at once if it is there already.
    void look() noexcept { on_readable(); }
    /// It reads or sends on, where its turn with the hub was over.
    virtual void look_again() noexcept = 0;
    /// The hub has sent the rest of its answer (kSending): it goes on with its next request, or closes.
    virtual void sent() noexcept = 0;

    /// What it speaks since a 101, while its greenlet serves or without one; nullptr: HTTP.
    [[nodiscard]] SwitchedProtocol* switched() const noexcept;
    /// What that has of the service.
    [[nodiscard]] virtual const SwitchedParts& switched_parts() const noexcept = 0;
    /// Its exchange is over.
    void drop_exchange() noexcept;
    /// Is told of what comes, and of its end. If the loop does not take the socket, the line's time-out is its end.
    void watch_to_the_end() noexcept;
    /// Closes, and has the kernel drop the pieces of an answer that the client does not take. Nothing that is owed goes,
    /// and TLS does not tell the client of an end.
    void reset() noexcept;
    /// Closes; what is owed goes if that need not wait. Resets a client that would take a cut answer for the whole. The
    /// object goes at the hub's next turn.
    void close() noexcept;

    Timer::Instant since{};             // when it joined the line it stands in
    union {                             // idle connections are many
        Timer::Instant linger_until{};  // of kLingering
        SwitchedProtocol* protocol;     // of kSwitched
    };
    Exchange* exchange = nullptr;  // from the complete head to the end of its response
    Turn* turn = nullptr;          // of the greenlet that serves it, once that has begun
    std::uint32_t requests = 0;    // whose heads were taken, the one in service included

protected:
    /// What the connections of a server share.
    struct Parts {
        const ServiceTerms& terms;
        ServerMetrics& metrics;
        BlockPool& blocks;
        ExchangePool& exchanges;
        BufferedBytes& buffered;
    };

    /// @param parts  must outlive it, as all that it names
    /// @param peer  or the client that the peer told of by the PROXY protocol
    /// @param tls of a socket whose handshake is done; nullptr: plain
    /// @param told  what else it told; nullptr: nothing
    Connection(const Parts& parts, FileDescriptor fd, const Address& peer,
               std::unique_ptr<TlsLayer> tls, std::unique_ptr<const ProxiedClient> told);
    /// Of one stream: as ClientSocket.
    Connection(const Parts& parts, const ClientSocket& carrier, ClientStream& stream,
               std::shared_ptr<const SharedPeer> peer);

    /// As constructed.
    [[nodiscard]] const Parts& parts() const noexcept { return parts_; }

private:
    [[nodiscard]] bool send_owed() noexcept;
    void end(bool resets) noexcept;
    /// Its socket is closed, and it stands in no line. Once. @param in_use  a greenlet may be reading or sending there
    virtual void closed(bool in_use) noexcept = 0;

    State state_ = State::kIdle;
    const Parts& parts_;
    Guard guard_;
    ClientSocket client_;
};

inline void Connection::set_state(State state) noexcept {
    if (state == state_) return;
    if (state == State::kIdle) parts_.metrics.idle.add();
    if (state_ == State::kIdle) parts_.metrics.idle.subtract();
    state_ = state;
}

}  // namespace grove::http
