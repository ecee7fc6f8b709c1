// scripted_server.h - a server on a loopback port that reads requests and says what a test tells it to.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include <grove/core/address.h>
#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/stream.h>
#include <grove/http/client_error.h>
#include <grove/http/stream_server.h>

#include "patience.h"

namespace grove::test {

/// The server's end of one connection.
class Peer {
public:
    explicit Peer(Stream& of) : stream{of} {}

    /// The next request as it came, its body too; "" once the client has closed.
    std::string request() {
        std::size_t end = std::string::npos;
        while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
            if (!receive()) return {};
        }
        end += 4;
        const std::string head = received_.substr(0, end);
        if (head.find("Transfer-Encoding: chunked") != std::string::npos) {
            while (received_.find("0\r\n\r\n", end) == std::string::npos) {
                if (!receive()) return {};
            }
            end = received_.find("0\r\n\r\n", end) + 5;
        } else if (const auto at = head.find("Content-Length: "); at != std::string::npos) {
            end += std::strtoul(head.c_str() + at + 16, nullptr, 10);
            while (received_.size() < end) {
                if (!receive()) return {};
            }
        }
        std::string whole = received_.substr(0, end);
        received_.erase(0, end);
        return whole;
    }
    void say(std::string_view bytes) { stream.sendall(bytes, kPatience); }
    /// Returns once the client's kernel has all that was said, its end too.
    void await_arrival() {
        int unacknowledged = 0;
        while (::ioctl(stream.fd(), SIOCOUTQ, &unacknowledged) == 0 && unacknowledged != 0)
            sleep(std::chrono::milliseconds{1});
    }
    /// Closes so that the client sees a connection reset.
    void reset() {
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(stream.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        stream.close();
    }
    /// 200 with a Content-Length.
    void answer(std::string_view body, std::string_view fields = {}) {
        say("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
            std::string{fields} + "\r\n" + std::string{body});
    }
    /// Waits until the client has closed, and drops what it sends. @return how many bytes that were
    std::size_t wait_for_end() {
        std::size_t dropped = received_.size();
        try {
            for (received_.clear(); receive(); received_.clear()) dropped += received_.size();
        } catch (const std::system_error&) {  // a reset is an end, too
        }
        return dropped;
    }

    Stream& stream;

private:
    bool receive() {
        std::array<char, 16384> bytes;
        const std::size_t got = stream.recv(bytes, kPatience);
        received_.append(bytes.data(), got);
        return got != 0;
    }

    std::string received_;
};

class ScriptedServer {
public:
    /// `script` runs in a greenlet for each connection, which is closed after it.
    explicit ScriptedServer(std::function<void(Peer&)> script, http::ServerOptions options = {})
        : server_{http::Listener{"127.0.0.1:0"}, wrapped(std::move(script)), std::move(options)} {
        server_.start();
    }
    ~ScriptedServer() { server_.stop(std::chrono::seconds{0}); }

    [[nodiscard]] std::uint16_t port() const { return Address::parse(server_.address()).port(); }
    [[nodiscard]] std::string url(std::string_view target = "/",
                                  std::string_view host = "127.0.0.1") const {
        return "http://" + std::string{host} + ":" + std::to_string(port()) + std::string{target};
    }

    /// Nobody else can connect.
    void close() { server_.close(); }

    int connections = 0;  ///< So far.

private:
    http::StreamServer::Handler wrapped(std::function<void(Peer&)> script) {
        return [this, script = std::move(script)](Stream& stream, const Address&) {
            ++connections;
            Peer peer{stream};
            try {
                script(peer);
            } catch (const std::system_error&) {  // a client that has gone
            }
        };
    }

    http::StreamServer server_;
};

/// Reads a request, says `bytes` and goes on so until the client closes.
/// @param arrived  set once the client's kernel has them
inline std::function<void(Peer&)> saying(std::string bytes, Event* arrived = nullptr) {
    return [bytes = std::move(bytes), arrived](Peer& peer) {
        while (!peer.request().empty()) {
            peer.say(bytes);
            if (arrived == nullptr) continue;
            peer.await_arrival();
            arrived->set();
        }
    };
}
/// The same once, and closes.
inline std::function<void(Peer&)> saying_once(std::string bytes, Event* arrived = nullptr) {
    return [bytes = std::move(bytes), arrived](Peer& peer) {
        peer.request();
        peer.say(bytes);
        peer.stream.shutdown_write();
        if (arrived != nullptr) {
            peer.await_arrival();
            arrived->set();
        }
        peer.wait_for_end();
    };
}

/// The kind of the ClientError that `call` throws; fails the test if it throws none.
template <class Call>
http::ClientError::Kind kind_of(Call&& call) {
    try {
        call();
    } catch (const http::ClientError& error) {
        return error.kind();
    }
    ADD_FAILURE() << "no ClientError";
    return {};
}
/// Likewise its text.
template <class Call>
std::string text_of(Call&& call) {
    try {
        call();
    } catch (const http::ClientError& error) {
        return error.what();
    }
    ADD_FAILURE() << "no ClientError";
    return {};
}

}  // namespace grove::test
