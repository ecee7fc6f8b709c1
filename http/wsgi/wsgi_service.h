// wsgi_service.h - what the connections of one WsgiServer share: the line for a slot, the time-outs, the pools.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include <grove/core/detail/timer.h>
#include <grove/http/application.h>
#include <grove/http/connection_limit.h>
#include <grove/http/metrics.h>
#include <grove/http/wsgi_options.h>

#include "admission.h"
#include "answer_line.h"
#include "body_line.h"
#include "closing.h"
#include "exchange_pool.h"
#include "in_flight.h"
#include "input_buffer.h"
#include "limit_tenant.h"
#include "lingering.h"
#include "multiplexing.h"
#include "newcomers.h"
#include "next_turn.h"
#include "open_connections.h"
#include "parking.h"
#include "peer_rules.h"
#include "request_reader.h"
#include "service_log.h"
#include "service_terms.h"
#include "slot_line.h"
#include "slots.h"
#include "switched_protocol.h"
#include "unserved.h"
#include "wsgi_connection.h"
#include "wsgi_handler.h"

namespace grove::http {

class Handlers;

/// Made of its parts, which it owns. Each is given those below that it uses, so that their order here is that of what may
/// use what; what goes on is theirs.
class WsgiService final : private LimitTenant {
public:
    WsgiService(Application application, WsgiOptions options, Handlers& handlers,
                std::function<void()> has_room);
    ~WsgiService();
    WsgiService(const WsgiService&) = delete;
    WsgiService& operator=(const WsgiService&) = delete;

    /// From now on every response closes; idle connections and half-read heads go at once.
    void stop_keeping() noexcept;
    /// From now on every response closes, but idle connections may have one.
    void retire() noexcept;
    /// @param local  what all clients connect to; unspecified: not all the same
    void restart(const Address& local) noexcept {
        terms_.stopping = terms_.retiring = false;
        slot_line_.refuse_tasks(false);
        terms_.local = local;
    }

    // ---- the parts that the server has to do with
    [[nodiscard]] const ServiceTerms& terms() const noexcept { return terms_; }
    [[nodiscard]] ServiceLog& log() noexcept { return log_; }
    [[nodiscard]] OpenConnections& connections() noexcept { return open_; }
    [[nodiscard]] Parking& parking() noexcept { return parking_; }
    [[nodiscard]] SlotLine& slot_line() noexcept { return slot_line_; }
    [[nodiscard]] Newcomers& newcomers() noexcept { return newcomers_; }

private:
    // LimitTenant
    std::optional<Timer::Instant> idle_since() noexcept override { return parking_.idle_since(); }
    std::optional<Timer::Instant> shakes_hands_since() noexcept override {
        return admission_.shake_hands_since();
    }
    void close_oldest_idle() noexcept override { parking_.close_oldest_idle(); }
    void close_oldest_silent() noexcept override { parking_.close_oldest_silent(); }
    void drop_oldest_handshake() noexcept override { admission_.drop_oldest_handshake(); }
    void tell_of_room() noexcept override { has_room_(); }

    ServiceTerms terms_;
    std::function<void()> has_room_;
    std::shared_ptr<ConnectionLimit> limit_;            // shared: with other servers, perhaps
    const std::unique_ptr<ServerMetrics> own_metrics_;  // if nobody wants to see them
    ServerMetrics* const metrics_;
    ExchangePool exchanges_;
    ServiceLog log_;
    InFlight in_flight_;
    BlockPool blocks_;
    NextTurn next_turn_;
    Lingering lingering_;
    AnswerLine answers_;
    Closing closing_;
    Unserved unserved_;
    BodyLine bodies_;
    Parking parking_;
    PeerRules peers_;
    OpenConnections open_;
    std::unique_ptr<Multiplexing> http2_;  // null: not spoken
    RequestReader reader_;
    WsgiHandler handler_;
    Slots slots_;
    SlotLine slot_line_;
    std::unique_ptr<SwitchedProtocols> protocols_;
    const SwitchedParts switched_;
    const WsgiConnection::Parts connections_;
    Admission admission_;
    Newcomers newcomers_;
};

}  // namespace grove::http
