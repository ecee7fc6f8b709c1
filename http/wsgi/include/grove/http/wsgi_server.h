// wsgi_server.h - HTTP/1.1 for an application (gevent.pywsgi.WSGIServer). Thread: as BaseServer.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/core/detail/timer.h>
#include <grove/core/duration.h>
#include <grove/http/application.h>
#include <grove/http/request_info.h>
#include <grove/http/stream_server.h>
#include <grove/http/wsgi_options.h>

namespace grove::http {

class WsgiService;

/// A running request holds a slot of the pool, from its complete head to the end of its response. A
/// connection that is idle, or whose head is incomplete, is parked: it has no greenlet, no stack
/// and no slot. Complete heads wait for a slot in line.
class GROVE_EXPORT WsgiServer : public StreamServer {
public:
    /// Opens nothing. @throws std::invalid_argument without an application, and as StreamServer
    WsgiServer(Listener listener, Application application, WsgiOptions options = {});
    /// If requests still run because they swallow what kills them, the error log names them; then
    /// the process ends (asserted).
    ~WsgiServer() override;

    /// Sets stopping(), then calls close(), but idle connections stay: each may send one more
    /// request, whose response closes the connection. stop() then ends what is left.
    void retire();
    /// Waits until no connection is open. @return false: `timeout` passed first
    bool join_connections(Timespan timeout = {});
    /// The first half of stop(), after close(): idle connections go; waits for requests that run,
    /// or wait for a slot. @return false: `timeout` passed first
    bool join_requests(Timespan timeout = {});

    [[nodiscard]] std::size_t connections() const noexcept;       ///< Open, idle ones included.
    [[nodiscard]] std::size_t idle_connections() const noexcept;  ///< Parked between requests.
    /// Connections that have had no request yet, and came, or sent the first byte of one, at
    /// `since` or later, by the loop's tick(): their request may be under way.
    [[nodiscard]] std::size_t newcomers(Timer::Instant since) const noexcept;
    [[nodiscard]] std::size_t requests_running() const noexcept;  ///< Running or waiting for slots.
    /// Those requests, the running ones first.
    [[nodiscard]] std::vector<RequestInfo> requests() const;

    /// Notes the request of this server that the running greenlet answers, if any. Allowed in
    /// signal handlers. @return whether there is such a request
    bool note_running_request(RequestNote& note) const noexcept;

protected:
    void accepted(FileDescriptor fd, const Address& peer) override;
    bool full() override;
    bool give_one_up() noexcept override;
    void opening() override;
    void closing() override;
    bool join_handlers(Timespan timeout) override;
    void kill_handlers() override;

private:
    std::unique_ptr<WsgiService> service_;
};

}  // namespace grove::http
