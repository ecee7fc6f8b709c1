#include "control_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <sys/socket.h>

namespace grove::http {
namespace {

using namespace std::chrono_literals;

constexpr auto kTimeWithoutFiles = 1s;  // until it is tried again to accept

bool would_wait() noexcept { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

ControlSocket::ControlSocket(int listener, Answers answers)
    : listener_{listener}, answers_{std::move(answers)} {}

void ControlSocket::add_to(std::vector<pollfd>& watched) const {
    if (accept_again_ <= Clock::now())
        watched.push_back({.fd = listener_, .events = POLLIN, .revents = 0});
    for (const Client& client : clients_) {
        const bool unread = !client.answer.empty();
        if (!unread && client.has_ended) continue;  // poll() would tell of that again and again
        const auto events = static_cast<short>(unread ? POLLOUT : POLLIN);
        watched.push_back({.fd = client.socket.get(), .events = events, .revents = 0});
    }
}

ControlSocket::Clock::time_point ControlSocket::due() const noexcept {
    Clock::time_point due = Clock::time_point::max();
    if (accept_again_ > Clock::now()) due = accept_again_;
    for (const Client& client : clients_) due = std::min(due, client.due);
    return due;
}

void ControlSocket::serve(Clock::time_point now) {
    if (accept_again_ <= now) accept_all(now);
    for (Client& client : clients_) {
        write(client, now);
        if (client.answer.empty() && !client.gone) read(client, now);
        if (client.due <= now) client.gone = true;
        if (client.has_ended && client.answer.empty() && client.waits == Waits::kForNothing)
            client.gone = true;
    }
    clients_.remove_if([](const Client& client) { return client.gone; });
}

// In a turn no more than it can keep: who comes on and on must not keep the master.
void ControlSocket::accept_all(Clock::time_point now) {
    for (std::size_t i = 0; i < kMostClients; ++i) {
        FileDescriptor socket{::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (!socket) {
            if (!would_wait() && errno != ECONNABORTED) accept_again_ = now + kTimeWithoutFiles;
            return;
        }
        if (clients_.size() == kMostClients) drop_one();
        clients_.push_back({.socket = std::move(socket)});
    }
}

// The oldest; one that waits for a reload only if all do, as it would take that for the master's end.
void ControlSocket::drop_one() {
    const auto free = std::find_if(clients_.begin(), clients_.end(), [](const Client& client) {
        return client.waits == Waits::kForNothing;
    });
    clients_.erase(free != clients_.end() ? free : clients_.begin());
}

// The next question waits until this one's answer was taken.
void ControlSocket::read(Client& client, Clock::time_point now) {
    if (!client.has_ended) {
        std::array<char, kMostLine> piece{};
        const ssize_t got = ::recv(client.socket.get(), piece.data(),
                                   piece.size() - client.question.size(), MSG_DONTWAIT);
        if (got < 0 && !would_wait()) client.gone = true;
        if (got == 0) client.has_ended = true;
        if (got > 0) client.question.append(piece.data(), static_cast<std::size_t>(got));
    }
    while (client.answer.empty() && !client.gone) {
        const std::size_t end = client.question.find('\n');
        if (end == std::string::npos) break;
        const std::string question = client.question.substr(0, end);
        client.question.erase(0, end + 1);
        answer(client, question, now);
    }
    if (client.question.size() >= kMostLine) client.gone = true;
}

void ControlSocket::answer(Client& client, std::string_view question, Clock::time_point now) {
    if (question == "status") return say(client, answers_.status(), now);
    if (question == "end") {
        client.waits = Waits::kForTheEnd;
        return;
    }
    if (question != "reload") return say(client, R"({"error":"unknown question"})", now);
    client.waits = Waits::kForTheNext;
    say(client, answers_.reload(), now);
}

void ControlSocket::reload_begins() noexcept {
    for (Client& client : clients_) {
        if (client.waits == Waits::kForTheNext) client.waits = Waits::kForThis;
    }
}

void ControlSocket::reload_ends(const std::string& line) {
    for (Client& client : clients_) {
        if (client.waits == Waits::kForThis) {
            client.waits = Waits::kForNothing;
            say(client, line, Clock::now());
        }
    }
}

void ControlSocket::ends(const std::string& line) {
    serve(Clock::now());
    for (Client& client : clients_) {
        if (client.waits == Waits::kForTheEnd) say(client, line, Clock::now());
    }
}

void ControlSocket::say(Client& client, const std::string& line, Clock::time_point now) {
    if (client.answer.empty()) client.due = now + kTimeToRead;
    client.answer += line + '\n';
    write(client, now);
}

void ControlSocket::write(Client& client, Clock::time_point now) {
    while (!client.answer.empty() && !client.gone) {
        const ssize_t taken = ::send(client.socket.get(), client.answer.data(),
                                     client.answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (taken < 0) {
            if (!would_wait()) client.gone = true;
            return;
        }
        client.answer.erase(0, static_cast<std::size_t>(taken));
        client.due = now + kTimeToRead;
    }
    client.due = Clock::time_point::max();
}

}  // namespace grove::http
