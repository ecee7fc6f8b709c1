#include "proxy_greeting.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <memory>
#include <span>
#include <utility>

#include <sys/socket.h>

#include "admission.h"
#include "open_connections.h"
#include "peer_rules.h"
#include "proxy_header.h"
#include "service_log.h"

namespace grove::http {
namespace {

// Of what has come; it stays. @return a negative errno
Socket::Outcome peek(int fd, std::span<char> into) noexcept {
    ssize_t got = 0;
    do {
        got = ::recv(fd, into.data(), into.size(), MSG_PEEK);
    } while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

}  // namespace

ProxyGreeting::ProxyGreeting(const Parts& parts, FileDescriptor fd, const Address& peer)
    : parts_{parts}, peer_{peer}, socket_{std::move(fd)} {
    socket_.set_hook(this);
}

ProxyGreeting::~ProxyGreeting() = default;

void ProxyGreeting::look() noexcept {
    try {
        read();
    } catch (...) {  // no memory for this one: the others need not notice
        parts_.log.report("a connection from " + peer_.text(), std::current_exception());
        drop();
    }
}

// Looked at before it is received: what follows the header is another's to read.
void ProxyGreeting::read() {
    std::array<char, kLongestProxyHeader> bytes;
    begun_.copy(bytes.data(), bytes.size());
    const std::span<char> room = std::span{bytes}.subspan(begun_.size());
    const Socket::Outcome got = peek(socket_.fd(), room);
    if (got == -EAGAIN) {
        socket_.watch();
        return;
    }
    if (got <= 0) {  // some only look whether the port is open
        drop(begun_.empty() ? "" : "it closed before its PROXY header was complete");
        return;
    }
    const std::string_view all{bytes.data(), begun_.size() + static_cast<std::size_t>(got)};
    ProxyHeader header;
    const ProxyResult result = parse_proxy_header(all, parts_.protocol, header);
    if (result.state == ProxyResult::State::kRefused) {
        drop(std::string{"its PROXY header "} + result.why);
        return;
    }
    const bool complete = result.state == ProxyResult::State::kComplete;
    if (!complete) socket_.watch();
    socket_.try_recv(room.first((complete ? header.length : all.size()) - begun_.size()));
    if (!complete) {
        begun_ = all;
        return;
    }
    const std::unique_ptr<ProxyGreeting> ended{this};
    unlink();
    admit(std::move(header));
}

// It is counted as its peer's; from here on as its client's, if the header names one.
void ProxyGreeting::admit(ProxyHeader header) noexcept {
    FileDescriptor fd = socket_.release();
    const Address& client = header.tells ? header.client : peer_;
    try {
        if (header.tells && !parts_.peers.admits(fd, client, parts_.log)) {
            parts_.open.leave(peer_);
            return;
        }
        if (header.tells) parts_.peers.enter(client);
    } catch (...) {
        parts_.open.leave(peer_);
        parts_.log.report("a connection from " + client.text(), std::current_exception());
        return;
    }
    try {
        parts_.admission.begin(std::move(fd), client, std::move(header.more));
        parts_.open.one_is_idle();
    } catch (...) {
        parts_.log.report("a connection from " + client.text(), std::current_exception());
    }
}

void ProxyGreeting::drop(std::string_view why) noexcept {
    if (!why.empty()) parts_.log.unproxied(peer_, why);
    unlink();
    socket_.close();
    parts_.open.leave(peer_);
    delete this;
}

}  // namespace grove::http
