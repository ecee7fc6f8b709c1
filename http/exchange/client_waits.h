// client_waits.h - a greenlet that serves a request receives from its client, and sends to it: it waits for the client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>

#include <sys/uio.h>

#include <grove/core/detail/socket.h>
#include <grove/core/duration.h>

namespace grove::http {

class ClientSocket;
class RequestState;

/// How far the sending of an answer has come.
enum class Sending : std::uint8_t {
    kAll,   // nothing is left, or the output has it
    kMore,  // a send is due
    kFull,  // the client takes no more now
};

/// The client went, or took nothing for timeouts.write, while something was sent to it.
class ClientLost final : public std::system_error {
public:
    using std::system_error::system_error;
};

/// Takes received bytes past the client's input().
class ReceiveRoom {
public:
    /// Where the next bytes go; empty: others have taken them meanwhile, or they must not go past it any more.
    virtual std::span<char> room() = 0;

protected:
    ~ReceiveRoom() = default;
};

/// Of the request's client, which is not null. There are no objects: how long was waited the request's pace knows.
class ClientWaits {
public:
    ClientWaits() = delete;

    /// Receives more into the client's input(), or `direct` if that is not null; blocks at most `timeout`.
    /// @return bytes; 0: the client finished or vanished; -EAGAIN: another greenlet has taken what came
    /// @throws SocketTimeout
    static Socket::Outcome receive(RequestState& request, Timespan timeout,
                                   ReceiveRoom* direct = nullptr);

    /// Sends all; each wait for the client is bounded by timeouts.write. @throws ClientLost, also after any
    /// exception that left an answer in pieces
    static void send(RequestState& request, std::span<iovec> pieces);
    /// The caller is about to send: others may have their turn first. kFull: waits for the client, as send() does.
    /// @throws ClientLost, also after any exception, which leaves an answer in pieces
    static void before_send(RequestState& request, Sending step);

    /// As often as this was called a few times without a wait, others have their turn.
    static void give_way(ClientSocket& client);

private:
    enum class Awaited : std::uint8_t { kBytes, kRoom };

    static bool await(ClientSocket& client, Awaited what, Timespan timeout);
    static Socket::Outcome try_receive(ClientSocket& client, ReceiveRoom* direct);
    static void await_client(RequestState& request, ClientSocket& client, Socket::Outcome refused);
    static bool await_room(RequestState& request, ClientSocket& client, Timespan with_slot);
    static bool wait_for_client(RequestState& request, ClientSocket& client, Awaited what,
                                Timespan timeout, Timespan with_slot, Duration& waited);
};

}  // namespace grove::http
