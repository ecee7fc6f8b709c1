#include "datagram_intake.h"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>

namespace grove::http {
namespace {

constexpr std::size_t kMostBytes = 65535;

FileDescriptor duplicate_of(int fd) {
    FileDescriptor copy{::fcntl(fd, F_DUPFD_CLOEXEC, 0)};
    if (!copy) throw std::system_error{errno, std::generic_category(), "dup of a datagram socket"};
    return copy;
}

// The network's answer to something sent before: the next message is as good as ever.
bool is_of_one_message(int error) noexcept {
    return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH ||
           error == ENETDOWN || error == EHOSTDOWN || error == EPERM || error == EMSGSIZE;
}

}  // namespace

DatagramIntake::DatagramIntake(Datagram& socket, DatagramTarget& target,
                               const DatagramIntakeOptions& options)
    : hub_{get_hub()},
      socket_{socket},
      watched_{duplicate_of(socket.fd())},
      target_{target},
      options_{options},
      round_{hub_, [this] { take_some(); }},
      buffer_(kMostBytes, '\0') {
    hub_.loop().add(watched_.get(), *this);
    hub_.keep();
}

DatagramIntake::~DatagramIntake() { close(); }

void DatagramIntake::close() noexcept {
    if (!watched_) return;
    hub_.cancel(*this);
    round_.cancel();
    hub_.unkeep();
    hub_.loop().forget(watched_.get(), *this);
    watched_.reset();
}

void DatagramIntake::resume() noexcept {
    paused_ = false;
    go_on();
}

void DatagramIntake::go_on() noexcept {
    if (watched_ && !paused_ && !armed()) round_.schedule();
}

void DatagramIntake::on_events(std::uint32_t) noexcept { go_on(); }

bool DatagramIntake::may_take() { return watched_ && !paused_ && !armed() && target_.has_room(); }

// Told of changes alone: it goes on until it finds nothing, in several goes if need be.
void DatagramIntake::take_some() noexcept {
    try {
        for (int taken = 0; may_take(); ++taken) {
            if (taken == options_.at_a_go) return round_.schedule();
            if (!take_one()) return;
        }
    } catch (...) {  // the target's error, reported
        hub_.handle_error("a datagram", std::current_exception());
        back_off();
    }
}

void DatagramIntake::accept_queued() noexcept {
    try {
        while (may_take() && take_one()) {
        }
    } catch (...) {
        hub_.handle_error("a datagram", std::current_exception());
        back_off();
    }
}

// @return whether to go on at once
bool DatagramIntake::take_one() {
    sockaddr_storage sender;
    socklen_t bytes = sizeof sender;
    const ssize_t got = ::recvfrom(watched_.get(), buffer_.data(), buffer_.size(), 0,
                                   reinterpret_cast<sockaddr*>(&sender), &bytes);
    if (got >= 0) {
        const bool named = bytes > sizeof(sa_family_t);
        const Address from =
            named ? Address{reinterpret_cast<const sockaddr*>(&sender), bytes} : Address{};
        target_.take({buffer_.data(), static_cast<std::size_t>(got)}, from, socket_);
        delay_ = {};
        return true;
    }
    const int error = errno;
    if (error == EAGAIN) return false;
    if (error == EINTR || is_of_one_message(error)) return true;
    const std::system_error reason{error, std::generic_category(), "recvfrom"};
    hub_.handle_error("receiving datagrams", std::make_exception_ptr(reason));
    back_off();
    return false;
}

void DatagramIntake::back_off() noexcept {
    if (!watched_ || armed()) return;
    delay_ =
        delay_ == Duration::zero() ? options_.min_delay : std::min(delay_ * 2, options_.max_delay);
    hub_.arm_after(*this, delay_);
}

}  // namespace grove::http
