// fed_server.h - a server that is handed one end of a socket pair; the target holds the other.
#pragma once

#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

#include <grove/core/address.h>
#include <grove/core/file_descriptor.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/http/wsgi_server.h>

#include "fuzz.h"

namespace grove::fuzz {

/// Never accepts: connections are given to it. Lives until the process ends.
class FedServer : public http::WsgiServer {
public:
    FedServer(http::Application application, http::WsgiOptions options)
        : WsgiServer{"127.0.0.1:0", std::move(application), quietly(std::move(options))} {
        start();
        stop_accepting();
        turn();
        greenlets_ = get_hub().greenlet_count();
    }

    /// @param peer  who the server takes the client for
    /// @return the client's end, which does not block
    FileDescriptor connect(const Address& peer) {
        int fds[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0)
            throw std::system_error{errno, std::generic_category(), "socketpair"};
        accepted(FileDescriptor{fds[1]}, peer);
        return FileDescriptor{fds[0]};
    }

    /// Lets the hub serve what is there. A greenlet that only yielded would run a thousand times
    /// before descriptors are looked at; one that waits lets the hub poll at once.
    static void turn() {
        for (int polls = 0; polls < 3; ++polls) sleep(std::chrono::nanoseconds{1});
    }

    /// A finding unless everything ends, now that the client is gone.
    void require_quiet() {
        for (int turns = 0; turns < 3000; ++turns) {
            if (connections() == 0 && requests_running() == 0 &&
                get_hub().greenlet_count() <= greenlets_)
                return;
            sleep(turns < 100 ? std::chrono::nanoseconds{1} : std::chrono::milliseconds{1});
        }
        require(false, "connection, request and greenlet end when the client is gone");
    }

private:
    static http::WsgiOptions quietly(http::WsgiOptions options) {
        options.error_log = [](http::LogLevel, std::string_view) {};
        return options;
    }

    std::size_t greenlets_ = 0;
};

/// The client's end.
class FedClient {
public:
    explicit FedClient(FedServer& server, const Address& peer = Address::ip("127.0.0.1", 1))
        : fd_{server.connect(peer)} {}

    /// In these reads, as far as the server takes them.
    void send(std::string_view bytes, const std::vector<std::size_t>& reads) {
        std::size_t at = 0;
        for (const std::size_t end : reads) {
            while (at < end) {
                const ssize_t sent = ::send(fd_.get(), bytes.data() + at, end - at, MSG_NOSIGNAL);
                if (sent > 0) {
                    at += static_cast<std::size_t>(sent);
                } else if (errno != EAGAIN) {
                    return;
                }
                receive();
            }
            FedServer::turn();
            receive();
        }
    }

    void finish_sending() { ::shutdown(fd_.get(), SHUT_WR); }

    /// Until the server closes. @return everything that it said
    std::string read_to_end() {
        for (int turns = 0; !ended_; ++turns) {
            require(turns < 3000, "the server answers and closes");
            FedServer::turn();
            receive();
        }
        return said_;
    }

    [[nodiscard]] const std::string& said() const { return said_; }
    void close() { fd_ = FileDescriptor{}; }

private:
    void receive() {
        char buffer[16384];
        for (;;) {
            const ssize_t got = ::recv(fd_.get(), buffer, sizeof buffer, 0);
            if (got > 0) {
                said_.append(buffer, static_cast<std::size_t>(got));
                continue;
            }
            ended_ = ended_ || got == 0 || errno != EAGAIN;
            return;
        }
    }

    FileDescriptor fd_;
    std::string said_;
    bool ended_ = false;
};

}  // namespace grove::fuzz
