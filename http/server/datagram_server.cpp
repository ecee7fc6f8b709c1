#include <grove/http/datagram_server.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <grove/core/detail/assert.h>
#include <grove/core/detail/datagram_socket.h>
#include <grove/core/detail/listening_socket.h>

#include "datagram_intake.h"
#include "handlers.h"

namespace grove::http {
namespace {

constexpr int kMostAtAGo = 64;

Listener for_datagrams(Listener listener) {
    if (listener.fd() >= 0 && !is_datagram_socket(listener.fd())) {
        throw std::invalid_argument{"DatagramServer: descriptor " + std::to_string(listener.fd()) +
                                    " is not a datagram socket"};
    }
    return listener;
}

ServerOptions for_datagrams(ServerOptions options) {
    if (options.tls != nullptr) throw std::invalid_argument{"DatagramServer: there is no tls"};
    if (options.backlog) throw std::invalid_argument{"DatagramServer: there is no backlog"};
    return options;
}

}  // namespace

struct DatagramServer::Parts final : DatagramTarget {
    Parts(DatagramServer& owner, Handler function, const ServerOptions& options)
        : server{owner},
          handler{std::move(function)},
          handlers{options.spawn},
          intake{std::min(options.max_accept, kMostAtAGo), options.min_delay, options.max_delay} {}

    /// Goes with a handler's function, from when it is made to when it ends.
    class Running {
    public:
        explicit Running(Parts& parts) noexcept : parts_{&parts} { ++parts.running; }
        Running(Running&& other) noexcept
            : parts_{std::exchange(other.parts_, nullptr)}, began_{other.began_} {}
        ~Running() {
            if (parts_ == nullptr) return;
            if (!began_) ++parts_->dropped;  // no memory for its stack: it ends without having run
            --parts_->running;
            parts_->release();
        }
        void begin() noexcept { began_ = true; }

    private:
        Parts* parts_;
        bool began_ = false;
    };

    bool has_room() override { return !server.full(); }
    void take(std::string_view bytes, const Address& from, Datagram& socket) override {
        Running mark{*this};  // first: from here on it counts as lost until its handler begins
        handlers.start(
            {}, [this, data = std::string{bytes}, from, &socket, mark = std::move(mark)]() mutable {
                mark.begin();
                handler(std::move(data), from, socket);
            });
    }

    /// Closes the sockets once nobody takes and nobody answers.
    void release() noexcept {
        if (!server.started() && running == 0) close_sockets();
    }
    void close_sockets() noexcept {
        for (const auto& socket : sockets) {
            if (socket->fd() < 0) continue;
            dropped += lost_datagrams(socket->fd());
            socket->close();
        }
    }

    DatagramServer& server;
    Handler handler;
    Handlers handlers;
    DatagramIntakeOptions intake;
    std::size_t running = 0;  // handlers
    std::uint64_t dropped = 0;
    std::vector<std::unique_ptr<Datagram>> sockets;  // handlers and intakes refer to them
    std::vector<std::unique_ptr<Datagram>> retired;  // of starts before, while handlers run
};

DatagramServer::DatagramServer(Listener listener, Handler handler, ServerOptions options)
    : BaseServer{for_datagrams(std::move(listener)), for_datagrams(options)} {
    if (!handler) throw std::invalid_argument{"DatagramServer: there is no handler"};
    parts_ = std::make_unique<Parts>(*this, std::move(handler), options);
}

DatagramServer::~DatagramServer() {
    close();
    GROVE_ASSERT(parts_->handlers.empty(),
                 "a server was destroyed while its handlers ran: stop() it first");
}

Datagram& DatagramServer::socket() {
    if (parts_->sockets.empty())
        throw std::logic_error{"DatagramServer::socket(): the server was never started"};
    return *parts_->sockets.front();
}

std::uint64_t DatagramServer::dropped() const {
    std::uint64_t all = parts_->dropped;
    for (const auto& socket : parts_->sockets) {
        if (socket->fd() >= 0) all += lost_datagrams(socket->fd());
    }
    return all;
}

void DatagramServer::accepted(FileDescriptor, const Address&) {}  // there are no connections

bool DatagramServer::full() {
    if (!parts_->handlers.full()) return false;
    parts_->handlers.when_not_full([this] { accept_more(); });
    return true;
}

FileDescriptor DatagramServer::open_socket(const Address& address, const ListenOptions& options) {
    parts_->close_sockets();  // of a start before, whose handlers run: it is the same address
    return bind_datagram(address, options.reuse_port);
}

void DatagramServer::opening() {
    Parts& parts = *parts_;
    std::move(parts.sockets.begin(), parts.sockets.end(), std::back_inserter(parts.retired));
    parts.sockets.clear();
    if (parts.running == 0) parts.retired.clear();
}

std::unique_ptr<Intake> DatagramServer::take_from(FileDescriptor socket) {
    parts_->sockets.push_back(std::make_unique<Datagram>(std::move(socket)));
    return std::make_unique<DatagramIntake>(*parts_->sockets.back(), *parts_, parts_->intake);
}

void DatagramServer::closing() {
    parts_->handlers.forget_when_not_full();
    parts_->release();
}

bool DatagramServer::join_handlers(Timespan timeout) { return parts_->handlers.join(timeout); }
void DatagramServer::kill_handlers() { parts_->handlers.kill(); }

}  // namespace grove::http
