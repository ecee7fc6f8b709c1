// connection.h - what is left of a client when no greenlet serves it: a socket, its bytes, its place.
//
// Parked (idle, or with an incomplete head or body) it is driven by the hub: a readable socket is read once, and a
// complete request takes its place in the line for a slot. Served, it belongs to its greenlet, until it parks
// again or closes. Exactly one of the two drives it at a time (state()).
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
#include "refusal.h"

namespace grove::http {

class Exchange;
class ExchangePool;
class Turn;
class WsgiService;
struct BufferedBytes;

class Connection final : public ClientHook, public LineHook {
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
        kDead,       // closed, and about to be destroyed
    };
    /// What the connections of a server share.
    struct Parts {
        const ServiceTerms& terms;
        ServerMetrics& metrics;
        BlockPool& blocks;
        ExchangePool& exchanges;
        BufferedBytes& buffered;
        WsgiService& service;
    };

    /// @param parts  must outlive it, as all that it names
    /// @param peer  or the client that the peer told of by the PROXY protocol
    /// @param tls of a socket whose handshake is done; nullptr: plain
    /// @param told  what else it told; nullptr: nothing
    Connection(const Parts& parts, FileDescriptor fd, const Address& peer,
               std::unique_ptr<TlsLayer> tls, std::unique_ptr<const ProxiedClient> told);
    ~Connection();

    [[nodiscard]] State state() const noexcept { return state_; }
    void set_state(State state) noexcept;
    [[nodiscard]] ClientSocket& client() noexcept { return client_; }
    [[nodiscard]] WsgiService& service() noexcept { return parts_.service; }

    /// Of the next request's head.
    [[nodiscard]] Guard& guard() noexcept { return guard_; }

    /// The exchange's response is over and the connection stays: drops what is left of the body, then is
    /// ready for next_request(), or drains, or lingers.
    void finish_exchange();

    /// Just made: its request is read at once if it is there already.
    void look() noexcept { on_readable(); }
    /// It reads or sends on, where its turn with the hub was over.
    void look_again() noexcept;
    /// Its answer is over, and all of the request read: looks for the next one.
    void go_on() noexcept;
    /// Just made: its request is read when the loop tells of it.
    void await_request() noexcept;

    /// Its exchange is over.
    void drop_exchange() noexcept;
    /// Is told of what comes, and of its end. If the loop does not take the socket, the line's time-out is its end.
    void watch_to_the_end() noexcept;
    /// Closes, and has the kernel drop the pieces of an answer that the client does not take.
    void reset() noexcept;
    /// Closes; what is owed goes if that need not wait. The object goes at the hub's next turn.
    void close() noexcept;

    Timer::Instant since{};  // when it joined the line it stands in
    Timer::Instant linger_until{};
    Exchange* exchange = nullptr;  // from the complete head to the end of its response
    Turn* turn = nullptr;          // of the greenlet that serves it, once that has begun

    std::uint32_t requests = 0;  // whose heads were taken, the one in service included

private:
    void on_readable() noexcept override;
    void on_writable() noexcept override;
    [[nodiscard]] bool has_slot() const override;
    [[nodiscard]] bool lose_slot() override;
    void release_slot() override;
    void set_timeout(Timespan timeout) override;
    void leave_line_if_reset() noexcept;
    void drain() noexcept;

    State state_ = State::kIdle;
    const Parts& parts_;
    Guard guard_;
    ClientSocket client_;
};

}  // namespace grove::http
