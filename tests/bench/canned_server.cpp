#include "canned_server.h"

#include <cstdlib>
#include <cstring>
#include <utility>

#include <sys/socket.h>

#include <grove/core/address.h>
#include <grove/core/event.h>

namespace {

std::string_view canned_request;
std::size_t answers = 0;

}  // namespace

// In place of the C library's. `served` alone opens sockets here, and its are never connected.
extern "C" [[gnu::visibility("default")]] ssize_t recv(int, void* into, std::size_t room, int) {
    if (canned_request.size() > room) std::abort();
    std::memcpy(into, canned_request.data(), canned_request.size());
    return static_cast<ssize_t>(canned_request.size());
}
extern "C" [[gnu::visibility("default")]] ssize_t send(int, const void*, std::size_t bytes, int) {
    ++answers;
    return static_cast<ssize_t>(bytes);
}

namespace grove::http {

/// Many connections that always have their next request: each poll says so.
class CannedLoop final : public Loop {
public:
    [[nodiscard]] std::string_view name() const noexcept override { return "canned requests"; }
    [[nodiscard]] Timer::Instant now() noexcept override { return system_->now(); }
    [[nodiscard]] Timer::Instant tick() noexcept override { return system_->tick(); }
    void add(int, FdWatch& watch) override { connections_.push_back(&watch); }
    void tell_at_each_poll(int, FdWatch&, bool) noexcept override {}
    void want_writable(int, FdWatch&) noexcept override {}
    void forget(int, FdWatch& watch) noexcept override { std::erase(connections_, &watch); }
    void forget_closing(int fd, FdWatch& watch) noexcept override { forget(fd, watch); }
    void wake() noexcept override {}

    std::size_t poll(Timespan) override {
        goes_on(tick());
        if (answers >= wanted_) {
            if (done_ != nullptr) std::exchange(done_, nullptr)->set();
            return 1;
        }
        for (std::size_t i = 0; i < connections_.size(); ++i)
            connections_[i]->on_events(FdWatch::kReadable);
        return connections_.size();
    }

    void serve(std::size_t requests) {
        Event done;
        done_ = &done;
        wanted_ = answers + requests;
        done.wait();
    }
    void forget_listener() { connections_.clear(); }

private:
    std::unique_ptr<Loop> system_ = make_system_loop();
    std::vector<FdWatch*> connections_;
    std::size_t wanted_ = 0;
    Event* done_ = nullptr;
};

namespace {

CannedLoop& the_loop() {
    static CannedLoop* const loop = [] {
        auto made = std::make_unique<CannedLoop>();
        CannedLoop* const kept = made.get();
        make_hub(std::move(made));
        return kept;
    }();
    return *loop;
}

}  // namespace

struct CannedServer::OpenServer final : WsgiServer {
    using WsgiServer::accepted;
    using WsgiServer::WsgiServer;
};

CannedServer::CannedServer(std::string_view request, Application application,
                           std::int64_t connections)
    : loop_{the_loop()},
      server_{std::make_unique<OpenServer>("127.0.0.1:0", std::move(application),
                                           WsgiOptions{.spawn = 1000})} {
    canned_request = request;
    server_->start();
    loop_.forget_listener();
    for (; connections > 0; --connections) {
        FileDescriptor fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        server_->accepted(std::move(fd), Address::ip("127.0.0.1", 1));
    }
}

CannedServer::~CannedServer() { server_->stop(); }

void CannedServer::serve(std::size_t requests) { loop_.serve(requests); }

}  // namespace grove::http
