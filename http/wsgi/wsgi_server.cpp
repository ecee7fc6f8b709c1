#include <grove/http/wsgi_server.h>

#include <exception>
#include <stdexcept>
#include <utility>

#include <grove/http/stopping.h>

#include "wsgi_service.h"

namespace grove::http {
namespace {

ServerOptions server_part(const WsgiOptions& options) {
    return {options.spawn,       options.backlog,
            options.reuse_addr,  options.reuse_port,
            options.max_accept,  options.min_delay,
            options.max_delay,   options.stop_timeout,
            options.tls,         options.timeouts.tls_handshake,
            options.others_first};
}

// Those that run, though they were killed.
void report_unended(WsgiService& service) noexcept {
    try {
        service.log().unended(service.slot_line().requests());
    } catch (const std::exception&) {  // no memory for each of them
        service.terms().log(LogLevel::kError, "requests have not ended");
    }
}

}  // namespace

WsgiServer::WsgiServer(Listener listener, Application application, WsgiOptions options)
    : StreamServer{std::move(listener), server_part(options)} {
    if (!application) throw std::invalid_argument{"WsgiServer: there is no application"};
    service_ = std::make_unique<WsgiService>(std::move(application), std::move(options), handlers(),
                                             [this] { accept_more(); });
}

WsgiServer::~WsgiServer() {
    service_->slot_line().refuse_tasks(true);
    close();
    if (service_->slot_line().running() != 0) report_unended(*service_);
    GROVE_ASSERT(service_->slot_line().running() == 0,
                 "a server was destroyed while it answered requests: stop() it first; a request "
                 "that swallows its kill may never end");
}

void WsgiServer::retire() {
    stopping().set();
    service_->retire();
    close();
}
bool WsgiServer::join_connections(Timespan timeout) {
    return service_->connections().join(timeout);
}
bool WsgiServer::join_requests(Timespan timeout) { return join_handlers(timeout); }

std::size_t WsgiServer::connections() const noexcept { return service_->connections().count(); }
std::size_t WsgiServer::idle_connections() const noexcept { return service_->parking().idle(); }
std::size_t WsgiServer::newcomers(Timer::Instant since) const noexcept {
    return service_->parking().newcomers(since);
}
std::size_t WsgiServer::requests_running() const noexcept {
    return service_->slot_line().running();
}
std::vector<RequestInfo> WsgiServer::requests() const { return service_->slot_line().requests(); }

bool WsgiServer::note_running_request(RequestNote& note) const noexcept {
    return service_->slot_line().note_running_request(note);
}

void WsgiServer::accepted(FileDescriptor fd, const Address& peer) {
    service_->newcomers().accept(std::move(fd), peer);
}
bool WsgiServer::full() { return service_->newcomers().full(); }
bool WsgiServer::give_one_up() noexcept { return service_->newcomers().give_one_up(); }
void WsgiServer::opening() { service_->restart(sole_address()); }
void WsgiServer::closing() {
    if (!service_->terms().retiring) service_->stop_keeping();
}
bool WsgiServer::join_handlers(Timespan timeout) {
    service_->stop_keeping();  // after retire() they were left open
    return service_->slot_line().join(timeout);
}
void WsgiServer::kill_handlers() { service_->slot_line().kill(); }

}  // namespace grove::http
