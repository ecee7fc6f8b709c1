#include "client_waits.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include <grove/core/errors.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>

#include "client_socket.h"
#include "exchange.h"
#include "request_terms.h"

namespace grove::http {
namespace {

// System calls in a row that did not wait, before others have their turn: a client that is always ready must
// not have the thread for itself.
constexpr int kCallsInARow = 32;
constexpr std::size_t kFilePiece = 131072;  // of one sendfile

bool takes_too_little(const Exchange& exchange) {
    return exchange.pace.takes_too_little(exchange.pace.waited_for_reader,
                                          timeouts_of(exchange).write,
                                          exchange.terms.limits.write_rate);
}

}  // namespace

// An application that waits for a client does not hold its slot for long.
// @param with_slot  how long it may, in all; `waited`: how long it has
bool ClientWaits::wait_for_client(Exchange& exchange, ClientSocket& client,
                                  bool (Socket::*ready)(Timespan), Timespan timeout,
                                  Timespan with_slot, Duration& waited) {
    const auto wait = [&](Timespan time) { return (client.socket_.*ready)(time); };
    struct Clock {
        Duration& sum;
        const Timer::Instant began = get_hub().now();
        [[nodiscard]] Duration time() const { return get_hub().now() - began; }
        ~Clock() { sum += time(); }
    };
    const Duration before = waited;
    const Clock clock{waited};
    ClientHook* const hook =
        exchange.hook;  // null: the request ended while another greenlet read or sent
    if (!with_slot || hook == nullptr || !hook->may_lose_slot()) return wait(timeout);
    const Duration first = std::max(*with_slot - before, Duration::zero());
    if (timeout && *timeout <= first) return wait(timeout);
    if (first > Duration::zero() && wait(first)) return true;
    hook->lose_slot();
    if (!timeout) return wait(timeout);
    const Duration left = *timeout - clock.time();
    return left > Duration::zero() && wait(left);
}

Socket::Outcome ClientWaits::receive(Exchange& exchange, Timespan timeout) {
    ClientSocket& client = *exchange.client;
    bool waited = false;
    for (;;) {
        if (!client.drained()) {
            give_way(client);
            const Socket::Outcome got = client.try_receive();
            if (got >= 0) return got;
            if (got != -EAGAIN) return 0;  // a reset: as gone as one that finished
        }
        if (waited) return -EAGAIN;  // another greenlet was faster
        client.calls_in_a_row_ = 0;
        if (!wait_for_client(exchange, client, &Socket::wait_readable, timeout,
                             exchange.terms.timeouts.body_slot, exchange.pace.waited_for_body))
            throw SocketTimeout{"receive"};
        waited = true;
    }
}

void ClientWaits::give_way(ClientSocket& client) {
    // A closed one is there for this turn alone.
    if (++client.calls_in_a_row_ < kCallsInARow || client.socket_.closed()) return;
    client.calls_in_a_row_ = 0;
    sleep();
}

void ClientWaits::send(Exchange& exchange, std::span<iovec> pieces) {
    ClientSocket& client = *exchange.client;
    if (client.broken_) throw ClientGone{EPIPE, std::generic_category(), "the client is gone"};
    client.broken_ = true;  // until all of it is gone: an exception leaves the answer in pieces
    while (!pieces.empty()) {
        give_way(client);
        const Socket::Outcome sent = client.try_send(pieces);
        if (sent < 0) {
            await_client(exchange, client, sent);
            continue;
        }
        auto left = static_cast<std::size_t>(sent);
        exchange.pace.count_taken(left);
        while (!pieces.empty() && left >= pieces.front().iov_len) {
            left -= pieces.front().iov_len;
            pieces = pieces.subspan(1);
        }
        if (!pieces.empty()) {
            pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + left;
            pieces.front().iov_len -= left;
        }
    }
    client.broken_ = false;
}

std::size_t ClientWaits::send_at_once(Exchange& exchange, std::span<const iovec> pieces) {
    ClientSocket& client = *exchange.client;
    if (client.broken_) throw ClientGone{EPIPE, std::generic_category(), "the client is gone"};
    give_way(client);
    const Socket::Outcome sent = client.try_send(pieces);
    if (sent < 0) return 0;  // of one that is gone the next call tells
    exchange.pace.count_taken(static_cast<std::size_t>(sent));
    return static_cast<std::size_t>(sent);
}

std::size_t ClientWaits::send_file(Exchange& exchange, int file, std::uint64_t offset,
                                   std::size_t bytes) {
    ClientSocket& client = *exchange.client;
    if (client.broken_) throw ClientGone{EPIPE, std::generic_category(), "the client is gone"};
    client.broken_ = true;  // as in send()
    for (;;) {
        give_way(client);
        const Socket::Outcome sent =
            client.tls_ != nullptr
                ? client.tls_->try_send_file(file, offset, bytes)
                : client.socket_.try_send_file(file, offset, std::min(bytes, kFilePiece));
        if (sent >= 0) {
            client.broken_ = false;
            exchange.pace.count_taken(static_cast<std::size_t>(sent));
            return static_cast<std::size_t>(sent);
        }
        if (sent == -EIO || sent == -EINVAL || sent == -EOVERFLOW) {
            throw std::system_error{static_cast<int>(-sent), std::generic_category(), "sendfile"};
        }
        await_client(exchange, client, sent);
    }
}

// A send was refused: waits for the client, unless it is gone.
void ClientWaits::await_client(Exchange& exchange, ClientSocket& client, Socket::Outcome refused) {
    if (refused != -EAGAIN) {
        throw ClientGone{static_cast<int>(-refused), std::generic_category(), "the client is gone"};
    }
    client.calls_in_a_row_ = 0;
    const Timespan with_slot =
        exchange.response.made() ? Duration::zero() : exchange.terms.timeouts.write_slot;
    if (!await_room(exchange, client, with_slot))
        throw ClientGone{ETIMEDOUT, std::generic_category(), "the client takes nothing"};
    if (takes_too_little(exchange))
        throw ClientGone{ETIMEDOUT, std::generic_category(), "the client takes too little"};
}

// The kernel tells of room when a third of its buffer is free, which may be megabytes: a slow client that reads takes
// longer for them than timeouts.write. So what is left there is looked at before a client is given up.
bool ClientWaits::await_room(Exchange& exchange, ClientSocket& client, Timespan with_slot) {
    constexpr int kSettling = 8;  // of timeouts.write: bytes on their way to a client arrive, and
                                  // one that is not slow costs no system call
    const auto wait = [&](Timespan timeout) {
        return wait_for_client(exchange, client, &Socket::wait_writable, timeout, with_slot,
                               exchange.pace.waited_for_reader);
    };
    const Timespan timeout = timeouts_of(exchange).write;
    if (!timeout) return wait(timeout);
    const Duration first = *timeout / kSettling;
    if (wait(first)) return true;
    std::size_t left = client.unsent();
    for (Duration rest = *timeout - first; !wait(rest); rest = *timeout) {
        if (!exchange.pace.took_since(left, client.unsent())) return false;
        if (takes_too_little(exchange)) return true;  // which the caller tells
    }
    return true;
}

}  // namespace grove::http
