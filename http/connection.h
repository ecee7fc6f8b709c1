// connection.h - what is left of a client when no greenlet serves it: a socket, its bytes, its place.
//
// Parked (idle, or with an incomplete head or body) it is driven by the hub: a readable socket is read once, and a
// complete request takes its place in the line for a slot. Served, it belongs to its greenlet, until it parks
// again or closes. Exactly one of the two drives it at a time (state()).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>

#include <sys/uio.h>

#include <grove/core/address.h>
#include <grove/core/socket.h>
#include <grove/core/stream.h>
#include <grove/core/tls_layer.h>

#include "deadline_line.h"
#include "guard.h"
#include "input_buffer.h"
#include "refusal.h"

namespace grove::http {

class Exchange;
class Turn;
class WsgiService;
struct ProxiedClient;

/// The client went, or took nothing for timeouts.write, while something was sent to it.
class ClientGone final : public std::system_error {
public:
    using std::system_error::system_error;
};

class Connection final : private SocketHook, public LineHook {
public:
    enum class State : std::uint8_t {
        kIdle,       // no byte of a request yet
        kHead,       // part of a head
        kBody,       // a complete head, whose body is received before it waits for a slot
        kQueued,     // a complete request waits for a slot
        kServed,     // a greenlet is at it
        kDraining,   // answered; the rest of the body is dropped
        kFlushing,   // answered for the last time, and the client has not taken all of it
        kLingering,  // answered for the last time; what comes is dropped until the client closes
        kDead,       // closed, and about to be destroyed
    };
    /// What became of looking for the next request.
    enum class Next : std::uint8_t { kParked, kComplete, kGone };

    /// @param peer  or the client that the peer told of by the PROXY protocol
    /// @param tls of a socket whose handshake is done; nullptr: plain
    /// @param told  what else it told; nullptr: nothing
    Connection(WsgiService& service, FileDescriptor fd, const Address& peer,
               std::unique_ptr<TlsLayer> tls, std::unique_ptr<const ProxiedClient> told);
    ~Connection();

    [[nodiscard]] State state() const noexcept { return state_; }
    void set_state(State state) noexcept;
    [[nodiscard]] Address peer() const noexcept;
    [[nodiscard]] Address local() const noexcept { return Address::local_of(socket_.fd()); }
    /// What TLS agreed on, by the PROXY protocol if that tells; nullptr: the connection is plain.
    [[nodiscard]] const TlsInfo* tls() const noexcept {
        if (told_ != nullptr) return told_tls();
        return tls_ != nullptr ? &tls_->info() : nullptr;
    }
    /// @pre tls(). In PEM; "" if the client has shown none, or the proxy alone has seen it.
    const std::string& client_certificate();
    /// Its peer is one of the trusted proxies.
    [[nodiscard]] bool from_trusted_proxy() noexcept {
        return peer_trust_ != Trust::kNone && looks_trusted();
    }
    [[nodiscard]] InputBuffer& input() noexcept { return input_; }
    [[nodiscard]] WsgiService& service() noexcept { return service_; }

    /// Reads and scans until a request is worth a slot, refused, or nothing is left to read; parks in that case.
    /// Never blocks. kGone: the connection may be destroyed already.
    Next next_request();

    /// Environ::release_slot().
    void release_slot();

    /// Looks whether the bytes after the request in service hold another complete head. @pre its body is complete
    [[nodiscard]] bool scan_ahead();
    /// The exchange's response is over and the connection stays: drops what is left of the body, then is
    /// ready for next_request(), or drains, or lingers.
    void finish_exchange();

    /// Receives more into input(); blocks at most `timeout`.
    /// @return bytes; 0: the client finished or vanished; -EAGAIN: another greenlet has taken what came
    /// @throws SocketTimeout
    Socket::Outcome receive(Timespan timeout);
    /// The same without blocking: a negative errno, -EAGAIN: nothing there.
    Socket::Outcome try_receive();
    [[nodiscard]] bool drained() const noexcept {
        return tls_ != nullptr ? tls_->drained() : socket_.drained();
    }
    /// Something came that was not read, or may have. What is found is lost: before linger() alone.
    [[nodiscard]] bool has_unread() noexcept;
    /// Just made: its request is read at once if it is there already.
    void look() noexcept { on_readable(); }
    /// Just made: its request is read when the loop tells of it.
    void await_request() noexcept;

    /// Sends all; each wait for the client is bounded by timeouts.write. @throws ClientGone, also after any
    /// exception that left an answer in pieces
    void send(std::span<iovec> pieces);
    /// Sends what goes without waiting for the client, though others may have their turn first. @return bytes
    /// @throws ClientGone
    std::size_t send_at_once(std::span<const iovec> pieces);
    /// Sends some of a file, at most `bytes`; waits for the client as send() does.
    /// @return how much; 0: the file ends at `offset`
    /// @throws ClientGone; std::system_error: the file cannot be read
    std::size_t send_file(int file, std::uint64_t offset, std::size_t bytes);
    /// Sends what goes without waiting. @return bytes
    std::size_t send_some(std::string_view bytes) noexcept;
    /// An answer was left in pieces: nothing more can be told to this client.
    [[nodiscard]] bool broken() const noexcept { return broken_; }

    /// The connection as a stream, with what was received and not consumed; this one counts as closed then.
    /// @pre nobody reads or sends
    Stream release();

    /// Sends the server's own answer, after those that are owed, and closes lingering. Never blocks: what the
    /// client does not take at once goes as it takes it, each wait bounded by timeouts.write.
    void refuse(const Refusal& refusal);
    /// The same without an answer of its own: what the exchange's output holds goes first. @pre there is an
    /// exchange, and nobody sends
    void close_after_what_is_owed() noexcept;
    /// Closes, but for an answer that is owed: that goes first.
    void end_owing() noexcept;
    /// The last answer is sent: tells the client so, and drops what it still sends, for a while.
    void linger() noexcept;
    /// One turn of dropping what a lingering client sends.
    void swallow() noexcept;
    /// The client has lingered for long enough.
    void end_linger() noexcept { broken_ ? reset() : close(); }
    /// The client has not taken what is owed in time: ends, unless it has taken some of it.
    void flush_late() noexcept;
    /// Closes, and has the kernel drop the pieces of an answer that the client does not take.
    void reset() noexcept;
    /// Resets the client of a greenlet that goes on all the same, and whose socket it stays: what it sends and
    /// reads from here on fails.
    void cut_off() noexcept;
    /// Closes; what is owed goes if that need not wait. The object goes at the hub's next turn.
    void close() noexcept;

    Timer::Instant since{};  // when it joined the line it stands in
    Timer::Instant linger_until{};
    Exchange* exchange = nullptr;  // from the complete head to the end of its response
    Turn* turn = nullptr;          // of the greenlet that serves it, once that has begun
    std::uint32_t requests = 0;    // whose heads were taken, the one in service included

private:
    enum class Trust : std::uint8_t { kUnknown, kNone, kTrusted };

    bool looks_trusted() noexcept;
    [[nodiscard]] const TlsInfo* told_tls() const noexcept;
    void on_readable() noexcept override;
    void on_writable() noexcept override;
    void give_up() noexcept;
    void give_way();
    Socket::Outcome try_send(std::span<const iovec> pieces) noexcept {
        return tls_ != nullptr ? tls_->try_send(pieces) : socket_.try_send(pieces);
    }
    void await_client(Socket::Outcome refused);
    bool await_room(Timespan with_slot);
    [[nodiscard]] std::size_t unsent() const noexcept;
    bool took_since(std::size_t& unsent_before) noexcept;
    void count_taken(std::size_t bytes) noexcept;
    [[nodiscard]] bool takes_too_little(Duration waited) const noexcept;
    bool wait_for_client(bool (Socket::*ready)(Timespan), Timespan timeout, Timespan with_slot,
                         Duration& waited);
    void park();
    bool scan();
    Next next_body();
    void drain() noexcept;
    void watch_to_the_end() noexcept;
    void drop_exchange() noexcept;

    State state_ = State::kIdle;  // these four fit behind `requests`
    bool broken_ = false;
    std::uint8_t calls_in_a_row_ = 0;
    Trust peer_trust_;
    WsgiService& service_;
    Socket socket_;
    std::unique_ptr<TlsLayer> tls_;  // null: plain. Goes before the socket.
    std::unique_ptr<const ProxiedClient> told_;
    InputBuffer input_;
    Guard guard_;
    static constexpr std::size_t kPeerBytes =
        28;  // a sockaddr_in6; a unix peer has no address worth keeping
    std::uint8_t peer_bytes_;
    std::array<unsigned char, kPeerBytes> peer_{};
};

}  // namespace grove::http
