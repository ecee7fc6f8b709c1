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
#include "client_watch.h"
#include "request_state.h"
#include "request_terms.h"

namespace grove::http {
namespace {

// System calls in a row that did not wait, before others have their turn: a client that is always ready must
// not have the thread for itself.
constexpr int kCallsInARow = 32;

// Who keeps its slot for now, as limits.slow are reached, asks again so often while it waits.
constexpr Duration kKeptSlot = std::chrono::seconds{1};

[[gnu::cold]] void tell(const RequestState& request, ClientWatch::Gone how) noexcept {
    if (request.watch != nullptr) request.watch->tell(how);
}

[[noreturn, gnu::cold]] void lose(const RequestState& request, int error, const char* how) {
    tell(request, ClientWatch::Gone::kBroken);
    throw ClientLost{error, std::generic_category(), how};
}

bool takes_too_little(const RequestState& request) {
    return request.pace.takes_too_little(request.pace.waited_for_reader, timeouts_of(request).write,
                                         request.terms.limits.write_rate);
}

}  // namespace

bool ClientWaits::await(ClientSocket& client, Awaited what, Timespan timeout) {
    if (ClientStream* const stream = client.stream()) {
        return what == Awaited::kBytes ? stream->wait_readable(timeout)
                                       : stream->wait_writable(timeout);
    }
    return what == Awaited::kBytes ? client.socket_.wait_readable(timeout)
                                   : client.socket_.wait_writable(timeout);
}

// An application that waits for a client does not hold its slot for long.
// @param with_slot  how long it may, in all; `waited`: how long it has
bool ClientWaits::wait_for_client(RequestState& request, ClientSocket& client, Awaited what,
                                  Timespan timeout, Timespan with_slot, Duration& waited) {
    const auto wait = [&](Timespan time) { return await(client, what, time); };
    struct Clock {
        Duration& sum;
        const Timer::Instant began = get_hub().now();
        [[nodiscard]] Duration time() const { return get_hub().now() - began; }
        ~Clock() { sum += time(); }
    };
    const Duration before = waited;
    const Clock clock{waited};
    ClientHook* const hook =
        request.hook;  // null: the request ended while another greenlet read or sent
    if (!with_slot || hook == nullptr || !hook->has_slot()) return wait(timeout);
    Duration kept = std::max(*with_slot - before, Duration::zero());
    Timespan left = timeout;
    while (!left || *left > kept) {
        if (kept > Duration::zero() && wait(kept)) return true;
        if (timeout) left = std::max(*timeout - clock.time(), Duration::zero());
        if (hook->lose_slot()) break;
        kept = kKeptSlot;
    }
    return wait(left);
}

Socket::Outcome ClientWaits::try_receive(ClientSocket& client, ReceiveRoom* direct) {
    if (direct == nullptr) return client.try_receive();
    const std::span<char> room = direct->room();
    return room.empty() ? -EAGAIN : client.try_receive(room);
}

Socket::Outcome ClientWaits::receive(RequestState& request, Timespan timeout, ReceiveRoom* direct) {
    ClientSocket& client = *request.client;
    bool waited = false;
    for (;;) {
        if (!client.drained()) {
            give_way(client);
            const Socket::Outcome got = try_receive(client, direct);
            if (got > 0) return got;
            if (got != -EAGAIN) {  // a reset: as gone as one that finished
                tell(request, got == 0 ? ClientWatch::Gone::kFinished : ClientWatch::Gone::kBroken);
                return 0;
            }
        }
        if (waited) return -EAGAIN;  // another greenlet was faster
        client.calls_in_a_row_ = 0;
        if (!wait_for_client(request, client, Awaited::kBytes, timeout,
                             request.terms.timeouts.body_slot, request.pace.waited_for_body))
            throw SocketTimeout{"receive"};
        waited = true;
    }
}

void ClientWaits::give_way(ClientSocket& client) {
    // A closed one is there for this turn alone.
    if (++client.calls_in_a_row_ < kCallsInARow || client.closed()) return;
    client.calls_in_a_row_ = 0;
    sleep();
}

void ClientWaits::send(RequestState& request, std::span<iovec> pieces) {
    ClientSocket& client = *request.client;
    if (client.broken_) lose(request, EPIPE, "the client is gone");
    client.broken_ = true;  // until all of it is gone: an exception leaves the answer in pieces
    while (!pieces.empty()) {
        give_way(client);
        const Socket::Outcome sent = client.try_send(pieces);
        if (sent < 0) {
            await_client(request, client, sent);
            continue;
        }
        auto left = static_cast<std::size_t>(sent);
        request.pace.count_taken(left);
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

void ClientWaits::before_send(RequestState& request, Sending step) {
    ClientSocket& client = *request.client;
    if (client.broken_) return;  // which the send tells
    client.broken_ = true;       // as in send()
    step == Sending::kFull ? await_client(request, client, -EAGAIN) : give_way(client);
    client.broken_ = false;
}

// A send was refused: waits for the client, unless it is gone.
void ClientWaits::await_client(RequestState& request, ClientSocket& client,
                               Socket::Outcome refused) {
    if (refused != -EAGAIN) lose(request, static_cast<int>(-refused), "the client is gone");
    client.calls_in_a_row_ = 0;
    const Timespan with_slot =
        request.answer.made ? Duration::zero() : request.terms.timeouts.write_slot;
    if (!await_room(request, client, with_slot))
        lose(request, ETIMEDOUT, "the client takes nothing");
    if (takes_too_little(request)) lose(request, ETIMEDOUT, "the client takes too little");
}

// The kernel tells of room when a third of its buffer is free, which may be megabytes: a slow client that reads takes
// longer for them than timeouts.write. So what is left there is looked at before a client is given up.
bool ClientWaits::await_room(RequestState& request, ClientSocket& client, Timespan with_slot) {
    constexpr int kSettling = 8;  // of timeouts.write: bytes on their way to a client arrive, and
                                  // one that is not slow costs no system call
    const auto wait = [&](Timespan timeout) {
        return wait_for_client(request, client, Awaited::kRoom, timeout, with_slot,
                               request.pace.waited_for_reader);
    };
    const Timespan timeout = timeouts_of(request).write;
    if (!timeout) return wait(timeout);
    const Duration first = *timeout / kSettling;
    if (wait(first)) return true;
    std::size_t left = client.unsent();
    for (Duration rest = *timeout - first; !wait(rest); rest = *timeout) {
        if (!request.pace.took_since(left, client.unsent())) return false;
        if (takes_too_little(request)) return true;  // which the caller tells
    }
    return true;
}

}  // namespace grove::http
