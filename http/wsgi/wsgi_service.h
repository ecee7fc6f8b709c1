// wsgi_service.h - what the connections of one WsgiServer share: the line for a slot, the time-outs, the pools.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/intrusive/list.hpp>

#include <grove/core/address.h>
#include <grove/core/event.h>
#include <grove/core/file_descriptor.h>
#include <grove/core/hub.h>
#include <grove/http/application.h>
#include <grove/http/connection_limit.h>
#include <grove/http/request_info.h>
#include <grove/http/wsgi_options.h>

#include "body_line.h"
#include "closing.h"
#include "connection.h"
#include "deadline_line.h"
#include "exchange_pool.h"
#include "handlers.h"
#include "input_buffer.h"
#include "limit_tenant.h"
#include "newcomers.h"
#include "parking.h"
#include "service_log.h"
#include "service_terms.h"
#include "slots.h"
#include "turn.h"

namespace grove::http {

class WsgiService final : private LimitTenant {
public:
    WsgiService(Application application, WsgiOptions options, Handlers& handlers,
                std::function<void()> has_room);
    ~WsgiService();
    WsgiService(const WsgiService&) = delete;
    WsgiService& operator=(const WsgiService&) = delete;

    // ---- the server's side
    /// From now on every response closes; idle connections and half-read heads go at once.
    void stop_keeping() noexcept;
    /// From now on every response closes, but idle connections may have one.
    void retire() noexcept { terms_.retiring = true; }
    [[nodiscard]] bool retiring() const noexcept { return terms_.retiring; }
    void restart() noexcept { terms_.stopping = terms_.retiring = false; }
    bool join(Timespan timeout);
    void kill();
    [[nodiscard]] std::size_t running() const noexcept { return busy_; }
    [[nodiscard]] std::vector<RequestInfo> requests() const;
    bool note_running_request(RequestNote& note) const noexcept;

    // ---- the connections' side
    [[nodiscard]] ExchangePool& exchanges() noexcept { return exchanges_; }
    [[nodiscard]] Newcomers& newcomers() noexcept { return newcomers_; }
    [[nodiscard]] Parking& parking() noexcept { return parking_; }
    [[nodiscard]] Closing& closing() noexcept { return closing_; }
    [[nodiscard]] Slots& slots() noexcept { return slots_; }
    [[nodiscard]] BodyLine& bodies() noexcept { return bodies_; }
    [[nodiscard]] BlockPool& blocks() noexcept { return blocks_; }
    [[nodiscard]] const ServiceTerms& terms() const noexcept { return terms_; }
    [[nodiscard]] ServerMetrics& metrics() const noexcept { return *metrics_; }

    /// A complete head, whose body is awaited.
    void await_body(Connection& connection);
    /// One that waits, for its body or in line, is refused, or dropped.
    void refuse_waiting(Connection& connection, const Refusal& refusal);
    void drop_waiting(Connection& connection) noexcept;
    /// A complete request: served now if there is a slot and nobody waits for one, else in line.
    void enqueue(Connection& connection);
    /// In a greenlet with a slot: serves until the connection parks, closes or goes to the end of the line.
    /// `connection` becomes nullptr when it is no longer the caller's.
    void serve(Connection*& connection, Turn& turn);
    /// A slot is free again, if there was one. `unserved`: the connection, if its turn ended before it was answered.
    void end_turn(Connection* unserved, Slot slot) noexcept;
    /// The connection has stood in line as long as timeouts.request allows.
    void give_up(Connection& connection);
    /// The connection has closed its socket; it is destroyed at the hub's next turn, as it may be the caller.
    void destroy(Connection& connection) noexcept;

    [[nodiscard]] ServiceLog& log() noexcept { return log_; }
    /// Those that run, though they were killed.
    void report_unended() noexcept;

private:
    // LimitTenant
    std::optional<Timer::Instant> idle_since() noexcept override { return parking_.idle_since(); }
    std::optional<Timer::Instant> shakes_hands_since() noexcept override {
        return newcomers_.shake_hands_since();
    }
    void close_oldest_idle() noexcept override { parking_.close_oldest_idle(); }
    void close_oldest_silent() noexcept override { parking_.close_oldest_silent(); }
    void drop_oldest_handshake() noexcept override { newcomers_.drop_oldest_handshake(); }
    void tell_of_room() noexcept override { has_room_(); }

    void serve_next();
    void start(Connection& connection);
    void enter_busy() noexcept;
    void leave_busy() noexcept;
    void bury() noexcept;

    Application application_;
    ServiceTerms terms_;
    WsgiOptions options_;  // without what terms_ and log_ have taken of them
    Handlers& handlers_;
    std::function<void()> has_room_;
    std::shared_ptr<ConnectionLimit> limit_;            // shared: with other servers, perhaps
    const std::unique_ptr<ServerMetrics> own_metrics_;  // if nobody wants to see them
    ServerMetrics* const metrics_;
    ExchangePool exchanges_;
    ServiceLog log_;
    std::size_t busy_ = 0;              // from the complete head to the answer
    std::size_t joining_requests_ = 0;  // whose handlers are in join()
    Event less_busy_;
    BlockPool blocks_;
    Closing closing_;
    Parking parking_;
    Newcomers newcomers_;
    Slots slots_;
    BodyLine bodies_;
    DeadlineLine<Connection> queue_;
    boost::intrusive::list<Connection, boost::intrusive::constant_time_size<false>> served_;
    std::vector<Connection*> dead_;
    HubCall bury_;
};

}  // namespace grove::http
