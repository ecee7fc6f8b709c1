#include "acceptor.h"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>

#include <sys/socket.h>

namespace grove::http {
namespace {

constexpr Duration kOthersTurn = std::chrono::milliseconds{1};
constexpr int kMostTaken = 64;
constexpr int kFullInARow = 4;

// These errors of accept(2) concern one connection that is already gone, or the network behind it:
// the next connection is as good as ever.
bool is_of_one_connection(int error) noexcept {
    switch (error) {
        case EINTR:
        case ECONNABORTED:
        case EPROTO:
        case ENETDOWN:
        case ENOPROTOOPT:
        case EHOSTDOWN:
        case ENONET:
        case EHOSTUNREACH:
        case EOPNOTSUPP:
        case ENETUNREACH:
        case EPERM:  // a firewall's rule
            return true;
        default:
            return false;
    }
}

bool lacks_descriptors(int error) noexcept { return error == EMFILE || error == ENFILE; }

bool is_fatal(int error) noexcept { return error == EBADF || error == EINVAL || error == ENOTSOCK; }

}  // namespace

Acceptor::Acceptor(FileDescriptor listening, AcceptTarget& target, const AcceptorOptions& options)
    : hub_{get_hub()},
      fd_{std::move(listening)},
      target_{target},
      options_{options},
      round_{hub_, [this] { accept_some(); }} {
    hub_.loop().add(fd_.get(), *this);
    is_silent();
    hub_.keep();
}

Acceptor::~Acceptor() { close(); }

void Acceptor::close() noexcept {
    if (!fd_) return;
    hub_.cancel(*this);
    round_.cancel();
    hub_.unkeep();
    hub_.loop().forget(fd_.get(), *this);
    fd_.reset();
}

void Acceptor::resume() noexcept {
    paused_ = false;
    go_on();
}

void Acceptor::go_on() noexcept {
    if (!fd_ || paused_ || armed()) return;
    listen(true);
    round_.schedule();  // and not only when told: of several that wait for room, the first takes it
}

// A socket that does not listen is readable for epoll: while it is silent, the loop tells of changes alone.
bool Acceptor::is_silent() noexcept {
    if (!silent_) return false;
    int listening = 0;
    socklen_t bytes = sizeof listening;
    if (::getsockopt(fd_.get(), SOL_SOCKET, SO_ACCEPTCONN, &listening, &bytes) != 0 ||
        listening == 0)
        return true;
    silent_ = false;
    hub_.loop().tell_at_each_poll(fd_.get(), *this, true);
    return false;
}

void Acceptor::listen(bool wanted) noexcept {
    if (!fd_ || silent_ || wanted == listens_) return;
    listens_ = wanted;
    told_at_ = hub_.polls();
    hub_.loop().tell_at_each_poll(fd_.get(), *this, wanted);
}

void Acceptor::on_events(std::uint32_t) noexcept {
    if (paused_ || armed()) {
        listen(false);
        return;
    }
    const std::uint64_t before = std::exchange(told_at_, hub_.polls());
    if (before + 1 != told_at_) found_empty();  // in between
    accept_some();
}

void Acceptor::expired() noexcept { go_on(); }

void Acceptor::found_empty() noexcept {
    full_in_a_row_ = 0;
    free_ = 0;
    next_free_ = 1;
}

void Acceptor::accept_some() noexcept {
    if (is_silent()) return;
    keeps_delay_ = std::exchange(failed_late_, false);
    try {
        for (int accepted = 0; accepted < batch_; ++accepted) {
            if (!fd_ || paused_ || armed()) return;
            if (!target_.has_room()) {
                listen(false);
                return;
            }
            if (gives_way()) return;
            if (!accept_one()) {
                batch_ = std::max(1, accepted);
                return;
            }
        }
        if (++full_in_a_row_ < kFullInARow) return;
        full_in_a_row_ = 0;
        batch_ = std::min(batch_ * 2, options_.max_accept);
    } catch (...) {  // the target's error, reported; its connection is closed
        hub_.handle_error("an accepted connection", std::current_exception());
        back_off();
    }
}

// The others have had the event too, and a moment to follow it. What they leave is taken after that: twice as much
// each time, so that one that stands costs the clients next to nothing.
// @return whether to wait for them
bool Acceptor::gives_way() {
    if (free_ > 0) {
        --free_;
        return false;
    }
    if (!target_.others_first()) {
        next_free_ = 1;
        return false;
    }
    free_ = next_free_;
    next_free_ = std::min(next_free_ * 2, kMostTaken);
    hub_.arm_after(*this, kOthersTurn);
    return true;
}

void Acceptor::accept_queued() noexcept {
    if (is_silent()) return;
    try {
        while (fd_ && target_.has_room() && accept_one()) {
        }
    } catch (...) {
        hub_.handle_error("an accepted connection", std::current_exception());
    }
}

// @return whether to go on at once
bool Acceptor::accept_one() {
    sockaddr_storage storage;
    socklen_t bytes = sizeof storage;
    const auto accept = [&] {
        return FileDescriptor{::accept4(fd_.get(), reinterpret_cast<sockaddr*>(&storage), &bytes,
                                        SOCK_NONBLOCK | SOCK_CLOEXEC)};
    };
    FileDescriptor fd = accept();
    int error = fd ? 0 : errno;
    // Once: what the whole system lacked (ENFILE) another process may have taken.
    if (lacks_descriptors(error) && target_.give_one_up()) {
        fd = accept();
        error = fd ? 0 : errno;
    }
    if (!fd) return survive(error);
    target_.take(std::move(fd), Address{reinterpret_cast<const sockaddr*>(&storage), bytes});
    if (!keeps_delay_) delay_ = {};
    return true;
}

bool Acceptor::survive(int error) {
    if (error == EAGAIN) {
        found_empty();
        return false;
    }
    if (is_of_one_connection(error)) return true;
    const std::system_error reason{error, std::generic_category(), "accept"};
    if (is_fatal(error)) {
        target_.failed(reason);
        return false;
    }
    hub_.handle_error("accepting connections", std::make_exception_ptr(reason));
    back_off();
    return false;
}

void Acceptor::fail_late() noexcept {
    failed_late_ = true;
    back_off();
}

void Acceptor::back_off() noexcept {
    if (!fd_ || armed()) return;
    delay_ =
        delay_ == Duration::zero() ? options_.min_delay : std::min(delay_ * 2, options_.max_delay);
    hub_.arm_after(*this, delay_);
}

}  // namespace grove::http
