// Where a connection may have to wait for its client: to take what it is sent, and, in a greenlet, to send more.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <grove/core/hub.h>

#include "connection.h"
#include "exchange.h"
#include "wsgi_service.h"

namespace grove::http {
namespace {

constexpr std::size_t kFilePiece = 131072;  // of one sendfile

}  // namespace

// An application that waits for a client does not hold its slot for long.
// @param with_slot  how long it may, in all; `waited`: how long it has
bool Connection::wait_for_client(bool (Socket::*ready)(Timespan), Timespan timeout,
                                 Timespan with_slot, Duration& waited) {
    const auto wait = [&](Timespan time) { return (socket_.*ready)(time); };
    struct Clock {
        Duration& sum;
        const Timer::Instant began = get_hub().now();
        [[nodiscard]] Duration time() const { return get_hub().now() - began; }
        ~Clock() { sum += time(); }
    };
    const Duration before = waited;
    const Clock clock{waited};
    if (!with_slot || !service_.may_lose_slot(*this)) return wait(timeout);
    const Duration first = std::max(*with_slot - before, Duration::zero());
    if (timeout && *timeout <= first) return wait(timeout);
    if (first > Duration::zero() && wait(first)) return true;
    service_.go_on_without_slot(*this, Slot::kSlow);
    if (!timeout) return wait(timeout);
    const Duration left = *timeout - clock.time();
    return left > Duration::zero() && wait(left);
}

void Connection::send(std::span<iovec> pieces) {
    if (broken_) throw ClientGone{EPIPE, std::generic_category(), "the client is gone"};
    broken_ = true;  // until all of it is gone: an exception leaves the answer in pieces
    while (!pieces.empty()) {
        give_way();
        const Socket::Outcome sent = try_send(pieces);
        if (sent < 0) {
            await_client(sent);
            continue;
        }
        auto left = static_cast<std::size_t>(sent);
        count_taken(left);
        while (!pieces.empty() && left >= pieces.front().iov_len) {
            left -= pieces.front().iov_len;
            pieces = pieces.subspan(1);
        }
        if (!pieces.empty()) {
            pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + left;
            pieces.front().iov_len -= left;
        }
    }
    broken_ = false;
}

std::size_t Connection::send_at_once(std::span<const iovec> pieces) {
    if (broken_) throw ClientGone{EPIPE, std::generic_category(), "the client is gone"};
    give_way();
    const Socket::Outcome sent = try_send(pieces);
    if (sent < 0) return 0;  // of one that is gone the next call tells
    count_taken(static_cast<std::size_t>(sent));
    return static_cast<std::size_t>(sent);
}

std::size_t Connection::send_file(int file, std::uint64_t offset, std::size_t bytes) {
    if (broken_) throw ClientGone{EPIPE, std::generic_category(), "the client is gone"};
    broken_ = true;  // as in send()
    for (;;) {
        give_way();
        const Socket::Outcome sent =
            tls_ != nullptr ? tls_->try_send_file(file, offset, bytes)
                            : socket_.try_send_file(file, offset, std::min(bytes, kFilePiece));
        if (sent >= 0) {
            broken_ = false;
            count_taken(static_cast<std::size_t>(sent));
            return static_cast<std::size_t>(sent);
        }
        if (sent == -EIO || sent == -EINVAL || sent == -EOVERFLOW) {
            throw std::system_error{static_cast<int>(-sent), std::generic_category(), "sendfile"};
        }
        await_client(sent);
    }
}

// A send was refused: waits for the client, unless it is gone.
void Connection::await_client(Socket::Outcome refused) {
    if (refused != -EAGAIN) {
        throw ClientGone{static_cast<int>(-refused), std::generic_category(), "the client is gone"};
    }
    calls_in_a_row_ = 0;
    const Timeouts& timeouts = service_.terms().timeouts;
    const Timespan with_slot = exchange->response.made() ? Duration::zero() : timeouts.write_slot;
    if (!await_room(with_slot))
        throw ClientGone{ETIMEDOUT, std::generic_category(), "the client takes nothing"};
    if (takes_too_little(exchange->waited_for_reader))
        throw ClientGone{ETIMEDOUT, std::generic_category(), "the client takes too little"};
}

// The kernel tells of room when a third of its buffer is free, which may be megabytes: a slow client that reads takes
// longer for them than timeouts.write. So what is left there is looked at before a client is given up.
bool Connection::await_room(Timespan with_slot) {
    constexpr int kSettling = 8;  // of timeouts.write: bytes on their way to a client arrive, and
                                  // one that is not slow costs no system call
    const auto wait = [&](Timespan timeout) {
        return wait_for_client(&Socket::wait_writable, timeout, with_slot,
                               exchange->waited_for_reader);
    };
    const Timespan timeout = service_.terms().timeouts.write;
    if (!timeout) return wait(timeout);
    const Duration first = *timeout / kSettling;
    if (wait(first)) return true;
    std::size_t left = unsent();
    for (Duration rest = *timeout - first; !wait(rest); rest = *timeout) {
        if (!took_since(left)) return false;
        if (takes_too_little(exchange->waited_for_reader)) return true;  // which the caller tells
    }
    return true;
}

std::size_t Connection::unsent() const noexcept {
    int bytes = 0;
    return ::ioctl(socket_.fd(), SIOCOUTQ, &bytes) == 0 ? static_cast<std::size_t>(bytes) : 0;
}

bool Connection::took_since(std::size_t& unsent_before) noexcept {
    const std::size_t left = unsent();
    if (left >= unsent_before) return false;
    const std::size_t taken = std::exchange(unsent_before, left) - left;
    exchange->taken += taken;
    exchange->taken_ahead += taken;
    return true;
}

// What it takes while the kernel has room says nothing of the client.
void Connection::count_taken(std::size_t bytes) noexcept {
    if (exchange == nullptr || exchange->waited_for_reader == Duration::zero()) return;
    const auto counted = std::min<std::uint64_t>(exchange->taken_ahead, bytes);
    exchange->taken_ahead -= counted;
    exchange->taken += bytes - counted;
}

bool Connection::takes_too_little(Duration waited) const noexcept {
    const Timespan timeout = service_.terms().timeouts.write;
    if (!timeout || waited < *timeout) return false;
    const auto seconds = std::chrono::duration<double>{waited}.count();
    return static_cast<double>(exchange->taken) <
           static_cast<double>(service_.terms().limits.write_rate) * seconds;
}

std::size_t Connection::send_some(std::string_view bytes) noexcept {
    if (bytes.empty() || broken_) return 0;
    const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    const Socket::Outcome sent = try_send({&piece, 1});
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

void Connection::close_after_what_is_owed() noexcept {
    std::string& owed = exchange->output;
    bool waits_already = state_ == State::kFlushing;
    while (!owed.empty() && !broken_) {
        const iovec piece{owed.data(), owed.size()};
        const Socket::Outcome sent = try_send({&piece, 1});
        if (sent == -EAGAIN) {
            if (!waits_already) {
                if (state_ != State::kFlushing) exchange->flushing_since = get_hub().loop().tick();
                unlink();
                set_state(State::kFlushing);
                service_.flush_line().push_back(*this);
                exchange->unsent = unsent();
            }
            watch_to_the_end();
            socket_.watch_writable();
            return;
        }
        if (sent < 0) break;  // nobody is there
        owed.erase(0, static_cast<std::size_t>(sent));
        waits_already = false;  // the client took something: the time-out begins anew
        if (state_ != State::kFlushing) continue;
        exchange->taken += static_cast<std::size_t>(sent);
        if (takes_too_little(get_hub().loop().tick() - exchange->flushing_since)) return reset();
    }
    linger();
}

void Connection::flush_late() noexcept {
    const bool takes = took_since(exchange->unsent) &&
                       !takes_too_little(get_hub().loop().tick() - exchange->flushing_since);
    takes ? service_.flush_line().push_back(*this) : reset();
}

}  // namespace grove::http
