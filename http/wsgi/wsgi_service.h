// wsgi_service.h - what the connections of one WsgiServer share: the line for a slot, the time-outs, the pools.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
#include "slot_line.h"
#include "slots.h"

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
    void restart() noexcept { terms_.stopping = terms_.retiring = false; }

    // ---- the connections' side
    [[nodiscard]] ExchangePool& exchanges() noexcept { return exchanges_; }
    [[nodiscard]] Newcomers& newcomers() noexcept { return newcomers_; }
    [[nodiscard]] Parking& parking() noexcept { return parking_; }
    [[nodiscard]] Closing& closing() noexcept { return closing_; }
    [[nodiscard]] SlotLine& slot_line() noexcept { return slot_line_; }
    [[nodiscard]] Slots& slots() noexcept { return slots_; }
    [[nodiscard]] BodyLine& bodies() noexcept { return bodies_; }
    [[nodiscard]] BlockPool& blocks() noexcept { return blocks_; }
    [[nodiscard]] const ServiceTerms& terms() const noexcept { return terms_; }
    [[nodiscard]] ServerMetrics& metrics() const noexcept { return *metrics_; }

    [[nodiscard]] ServiceLog& log() noexcept { return log_; }

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

    ServiceTerms terms_;
    WsgiOptions options_;  // without what terms_ and log_ have taken of them
    std::function<void()> has_room_;
    std::shared_ptr<ConnectionLimit> limit_;            // shared: with other servers, perhaps
    const std::unique_ptr<ServerMetrics> own_metrics_;  // if nobody wants to see them
    ServerMetrics* const metrics_;
    ExchangePool exchanges_;
    ServiceLog log_;
    BlockPool blocks_;
    BodyLine bodies_;
    Closing closing_;
    Parking parking_;
    Newcomers newcomers_;
    Slots slots_;
    SlotLine slot_line_;
};

}  // namespace grove::http
