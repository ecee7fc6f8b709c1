#include <grove/http/base_server.h>

#include <stdexcept>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <grove/core/detail/listening_socket.h>
#include <grove/core/event.h>
#include <grove/core/shield.h>

#include <grove/http/bind_address.h>
#include <grove/http/stopping.h>

#include "acceptor.h"
#include "open_each.h"

namespace grove::http {
namespace {

constexpr int kDefaultBacklog = 128;

void check(const Listener& listener, const ServerOptions& options) {
    if (options.max_accept < 1) throw std::invalid_argument{"max_accept must be at least 1"};
    if (listener.fd() >= 0 && options.backlog) {
        throw std::invalid_argument{
            "backlog: must not be given for a descriptor, which listens with its own"};
    }
}

}  // namespace

struct BaseServer::Parts final : AcceptTarget {
    Parts(BaseServer& owner, Listener where, ServerOptions how)
        : server{owner}, listener{std::move(where)}, options{std::move(how)} {
        if (listener.fd() >= 0) addresses = {Address::local_of(listener.fd())};
    }

    bool has_room() override { return !server.full(); }
    bool give_one_up() noexcept override { return server.give_one_up(); }
    bool others_first() override { return options.others_first && options.others_first(); }
    void take(FileDescriptor fd, const Address& peer) override {
        server.accepted(std::move(fd), peer);
    }
    void failed(const std::system_error& error) noexcept override {
        fatal = std::make_exception_ptr(error);
        get_hub().handle_error("the listener " + first().text(), fatal);
        server.close();
    }

    [[nodiscard]] Address first() const {
        return addresses.empty() ? Address{} : addresses.front();
    }

    std::vector<FileDescriptor> open() {
        if (listener.fd() >= 0) {
            if (taken_over)
                throw std::logic_error{"a server made from a descriptor cannot start again"};
            taken_over = true;
            const int flags = ::fcntl(listener.fd(), F_GETFL);
            ::fcntl(listener.fd(), F_SETFL, flags | O_NONBLOCK);
            std::vector<FileDescriptor> one;
            one.emplace_back(listener.fd());
            return one;
        }
        // A restart takes the port it had.
        return open_each(addresses.empty() ? bind_addresses(listener.text()) : addresses,
                         [this](const Address& where) {
                             return server.open_socket(where,
                                                       {options.backlog.value_or(kDefaultBacklog),
                                                        options.reuse_addr, options.reuse_port});
                         });
    }

    void remember_socket_file() {
        struct stat file {};
        owns_file =
            first().is_unix() && listener.fd() < 0 && ::stat(first().path().c_str(), &file) == 0;
        file_inode = file.st_ino;
    }

    void remove_socket_file() noexcept {
        struct stat file {};
        if (!std::exchange(owns_file, false)) return;
        const std::string path = first().path();
        const bool still_ours = ::lstat(path.c_str(), &file) == 0 && S_ISSOCK(file.st_mode) &&
                                file.st_ino == file_inode;
        if (still_ours && ::getpid() == owner_pid) ::unlink(path.c_str());
    }

    BaseServer& server;
    Listener listener;
    ServerOptions options;
    std::vector<Address> addresses;
    std::vector<std::unique_ptr<Intake>> intakes;  // of each address
    bool taken_over = false;
    bool stopped_once = false;
    bool stop_remembered = false;
    int stops_under_way = 0;
    std::uint64_t starts = 0;
    bool owns_file = false;
    ino_t file_inode = 0;
    pid_t owner_pid = ::getpid();
    Event ended;    // the listener is closed
    Event stopped;  // no stop() is under way
    std::exception_ptr fatal;
};

BaseServer::BaseServer(Listener listener, ServerOptions options) {
    check(listener, options);
    parts_ = std::make_unique<Parts>(*this, std::move(listener), std::move(options));
}

BaseServer::~BaseServer() {
    parts_->intakes.clear();
    parts_->remove_socket_file();
}

void BaseServer::start() {
    Parts& parts = *parts_;
    if (started()) return;
    parts.stop_remembered = false;
    std::vector<FileDescriptor> sockets = parts.open();
    std::vector<Address> addresses;
    for (const FileDescriptor& fd : sockets) addresses.push_back(Address::local_of(fd.get()));
    parts.addresses = std::move(addresses);
    opening();
    std::vector<std::unique_ptr<Intake>> intakes;
    for (FileDescriptor& fd : sockets) intakes.push_back(take_from(std::move(fd)));
    parts.intakes = std::move(intakes);
    parts.remember_socket_file();
    parts.fatal = nullptr;
    parts.ended.clear();
    ++parts.starts;
    stopping().clear();
}

FileDescriptor BaseServer::open_socket(const Address& address, const ListenOptions& options) {
    return listen_on(address, options);
}

std::unique_ptr<Intake> BaseServer::take_from(FileDescriptor socket) {
    const ServerOptions& options = parts_->options;
    return std::make_unique<Acceptor>(
        std::move(socket), *parts_,
        AcceptorOptions{options.max_accept, options.min_delay, options.max_delay});
}

void BaseServer::close() {
    Parts& parts = *parts_;
    parts.stopped_once = true;
    if (!started()) return;
    for (const auto& intake : parts.intakes)
        intake->close();  // it stays: the call may come from its own callback
    parts.remove_socket_file();
    closing();
    parts.ended.set();
}

void BaseServer::stop() { stop(parts_->options.stop_timeout); }

void BaseServer::stop(Timespan timeout) {
    Parts& parts = *parts_;
    if (!started()) parts.stop_remembered = true;
    ++parts.stops_under_way;
    parts.stopped.clear();
    struct Done {
        Parts& parts;
        ~Done() {
            if (--parts.stops_under_way == 0) parts.stopped.set();
        }
    } const done{parts};
    stopping().set();
    close();
    if (!join_handlers(timeout)) kill_handlers();
}

void BaseServer::serve_forever() { serve_forever(parts_->options.stop_timeout); }

void BaseServer::serve_forever(Timespan stop_timeout) {
    Parts& parts = *parts_;
    if (std::exchange(parts.stop_remembered, false)) return;
    start();
    const std::uint64_t served = parts.starts;
    const auto started_anew = [&] { return parts.starts != served; };  // another's, by now
    try {
        parts.ended.wait();
    } catch (...) {
        const Shield shield;
        if (!started_anew()) stop(stop_timeout);
        throw;
    }
    if (parts.fatal != nullptr) std::rethrow_exception(std::exchange(parts.fatal, nullptr));
    if (parts.stops_under_way > 0) {
        parts.stopped.wait();  // with the time-out that its caller gave
        return;
    }
    if (started_anew()) return;
    stop(stop_timeout);
    parts.stop_remembered = false;
}

void BaseServer::accept_queued() {
    if (!started()) return;
    for (const auto& intake : parts_->intakes) intake->accept_queued();
}

bool BaseServer::started() const noexcept {
    return !parts_->intakes.empty() && !parts_->intakes.front()->closed();
}
bool BaseServer::closed() const noexcept {
    return !started() && (parts_->stopped_once || parts_->listener.fd() < 0);
}
void BaseServer::stop_accepting() {
    for (const auto& intake : parts_->intakes) intake->pause();
}
void BaseServer::start_accepting() {
    for (const auto& intake : parts_->intakes) intake->resume();
}
void BaseServer::accept_more() noexcept {
    for (const auto& intake : parts_->intakes) intake->go_on();
}
void BaseServer::accept_failed() noexcept {
    for (const auto& intake : parts_->intakes) intake->fail_late();
}

std::string BaseServer::address() const {
    return parts_->addresses.empty() ? parts_->listener.text() : parts_->first().text();
}
Address BaseServer::sole_address() const {
    const std::string host = server_host();
    const bool of_all = host == "0.0.0.0" || host == "::";
    return of_all || parts_->addresses.size() != 1 ? Address{} : parts_->first();
}
std::string BaseServer::server_host() const { return parts_->first().host(); }
std::uint16_t BaseServer::server_port() const noexcept { return parts_->first().port(); }

}  // namespace grove::http
