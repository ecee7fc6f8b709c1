#include "connect_race.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <grove/core/detail/socket.h>
#include <grove/core/errors.h>
#include <grove/core/fd_wait.h>

namespace grove {
namespace {

std::string text_of(int error) { return std::generic_category().message(error); }

int error_of(int fd) {
    int error = 0;
    socklen_t bytes = sizeof error;
    return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &bytes) == 0 ? error : errno;
}

}  // namespace

std::vector<Address> by_turns(const std::vector<Address>& addresses) {
    std::vector<Address> first;
    std::vector<Address> second;
    for (const Address& address : addresses)
        (address.family() == addresses.front().family() ? first : second).push_back(address);
    std::vector<Address> mixed;
    for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
        if (i < first.size()) mixed.push_back(first[i]);
        if (i < second.size()) mixed.push_back(second[i]);
    }
    return mixed;
}

ConnectRace::ConnectRace(std::string host, std::vector<Address> addresses)
    : host_{std::move(host)},
      addresses_{std::move(addresses)},
      epoll_{::epoll_create1(EPOLL_CLOEXEC)} {
    if (!epoll_) throw std::system_error{errno, std::generic_category(), "epoll_create1"};
    attempts_.reserve(addresses_.size());
}

Stream ConnectRace::run(const Deadline& deadline) {
    for (;;) {
        if (Attempt* const winner = look())
            return Stream{std::make_unique<Socket>(std::move(winner->fd))};
        const bool more = attempts_.size() != addresses_.size();
        if (under_way_ == 0 && !more) give_up();
        if (deadline.passed()) throw SocketTimeout{told(attempts_.size()).c_str()};
        if (under_way_ == 0) {
            begin();
            continue;
        }
        Timespan wait = deadline.left();
        if (more) wait = std::min<Duration>(wait.value_or(kAttemptDelay), kAttemptDelay);
        if (!wait_readable(epoll_.get(), wait) && more && !deadline.passed()) begin();
    }
}

void ConnectRace::begin() {
    const std::size_t index = attempts_.size();
    const Address& address = addresses_[index];
    Attempt& attempt = attempts_.emplace_back();
    attempt.error = EINPROGRESS;
    ++under_way_;
    attempt.fd.reset(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!attempt.fd) return fail(index, errno);
    const int on = 1;
    ::setsockopt(attempt.fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto bytes = static_cast<socklen_t>(address.bytes());
    if (::connect(attempt.fd.get(), address.data(), bytes) != 0 && errno != EINPROGRESS)
        return fail(index, errno);
    epoll_event event{.events = EPOLLOUT, .data = {.u64 = index}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, attempt.fd.get(), &event) != 0) fail(index, errno);
}

void ConnectRace::fail(std::size_t index, int error) {
    attempts_[index].fd.reset();
    attempts_[index].error = error;
    --under_way_;
    last_failed_ = index;
}

// The first that is connected, or null. Those that failed are closed.
ConnectRace::Attempt* ConnectRace::look() {
    std::array<epoll_event, 8> events{};
    const int count =
        under_way_ != 0 ? ::epoll_wait(epoll_.get(), events.data(), events.size(), 0) : 0;
    for (int i = 0; i < count; ++i) {
        const auto index = static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64);
        const int error = error_of(attempts_[index].fd.get());
        if (error == 0) return &attempts_[index];
        fail(index, error);
    }
    return nullptr;
}

// "connect to www.example.org: 192.0.2.1:80: Connection refused; [2001:db8::1]:80"
std::string ConnectRace::told(std::size_t last) const {
    std::string text = "connect to " + host_ + ":";
    for (std::size_t i = 0; i < attempts_.size(); ++i) {
        if (i == last) continue;
        const int error = attempts_[i].error;
        text += " " + addresses_[i].text() + ": " +
                (error == EINPROGRESS ? "no answer" : text_of(error)) + ";";
    }
    if (last < attempts_.size()) return text + " " + addresses_[last].text();
    text.pop_back();
    return text;
}

void ConnectRace::give_up() const {
    throw std::system_error{attempts_[last_failed_].error, std::generic_category(),
                            told(last_failed_)};
}

}  // namespace grove
