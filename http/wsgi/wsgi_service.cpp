#include "wsgi_service.h"

#include <stdexcept>
#include <utility>

#include "response_head.h"

namespace grove::http {
namespace {

ServiceTerms take_terms(WsgiOptions& options) {
    const bool measures = options.metrics != nullptr && options.measure_durations;
    std::unique_ptr<const ServerMounts> mounts;
    if (!options.mounts.empty()) {
        mounts = std::make_unique<ServerMounts>(std::move(options.mounts), options.limits,
                                                options.timeouts);
    }
    const bool limits_requests =
        options.timeouts.request || (mounts != nullptr && mounts->limit_requests());
    return {.limits = options.limits,
            .timeouts = options.timeouts,
            .server_name = std::move(options.server_name),
            .server_header = std::move(options.server_header),
            .keep_alive = keep_alive_field(options.timeouts.idle),
            .error_log = std::move(options.error_log),
            .trusted = TrustedProxies{options.trusted_proxies},
            .forwarded = options.forwarded,
            .ids = options.request_ids ? std::make_unique<RequestIds>() : nullptr,
            .trace_ids = options.traceparent ? std::make_unique<RequestIds>() : nullptr,
            .mounts = std::move(mounts),
            .drain_delay = options.drain_delay,
            .keepalive_requests = options.keepalive_requests,
            .multiprocess = options.multiprocess,
            .tells_keep_alive = options.keep_alive_hint,
            .wants_time = options.access_log || limits_requests || measures,
            .abandoned_on_fin = options.abandoned_on_fin,
            .h2c = options.http2 && options.h2c && options.tls == nullptr};
}

}  // namespace

WsgiService::WsgiService(Application application, WsgiOptions options, Handlers& handlers,
                         std::function<void()> has_room)
    : terms_{take_terms(options)},
      has_room_{std::move(has_room)},
      limit_{options.connection_limit != nullptr
                 ? options.connection_limit
                 : std::make_shared<ConnectionLimit>(options.max_connections)},
      own_metrics_{options.metrics == nullptr ? std::make_unique<ServerMetrics>() : nullptr},
      metrics_{options.metrics == nullptr ? own_metrics_.get() : options.metrics},
      exchanges_{terms_},
      log_{terms_, *metrics_, options},
      in_flight_{*metrics_},
      lingering_{next_turn_},
      answers_{terms_, *metrics_, log_, in_flight_, lingering_, next_turn_},
      closing_{terms_, exchanges_, log_, lingering_, answers_},
      unserved_{limit_->bodies().bytes, in_flight_, closing_, log_},
      bodies_{terms_,    limit_->bodies(),
              unserved_, in_flight_,
              log_,      [this](Connection& late) { slot_line_.enqueue(late); }},
      parking_{terms_, *limit_, closing_},
      peers_{terms_, limit_->peers(), *metrics_, options.tls != nullptr},
      open_{*limit_, peers_, *metrics_},
      reader_{{terms_, exchanges_, log_, closing_, unserved_, bodies_, parking_, peers_, http2_}},
      handler_{std::move(application), metrics_->note, log_, reader_, answers_, closing_},
      slots_{terms_, handlers, *metrics_},
      slot_line_{{.terms = terms_,
                  .handlers = handlers,
                  .stack_bytes = options.stack_bytes,
                  .log = log_,
                  .in_flight = in_flight_,
                  .slots = slots_,
                  .buffered = limit_->bodies().bytes,
                  .bodies = bodies_,
                  .answers = answers_,
                  .unserved = unserved_,
                  .reader = reader_,
                  .handler = handler_}},
      switched_{terms_, *metrics_, log_, next_turn_, lingering_, slot_line_, protocols_},
      connections_{{terms_, *metrics_, blocks_, exchanges_, limit_->bodies().bytes},
                   log_,
                   next_turn_,
                   lingering_,
                   answers_,
                   closing_,
                   unserved_,
                   open_,
                   reader_,
                   slots_,
                   slot_line_,
                   switched_},
      admission_{terms_, options.tls, connections_, parking_, http2_},
      newcomers_{terms_, *limit_, {options.proxy_protocol, peers_, open_, log_, admission_}} {
    if (options.proxy_protocol != ProxyProtocol::kNone && terms_.trusted.empty())
        throw std::invalid_argument{"proxy_protocol: needs trusted_proxies, and there are none"};
    if (options.http2)
        http2_ = Multiplexing::make(*options.http2, {connections_, parking_, in_flight_});
    limit_->join(*this);
}

WsgiService::~WsgiService() {
    stop_keeping();
    if (protocols_ != nullptr) protocols_->close_all();
    if (http2_ != nullptr) http2_->close_all();
    lingering_.close_all();
    closing_.close_all();
    answers_.close_all();
    bodies_.close_all();
    slot_line_.close_all();
    next_turn_.destroy_all();
    limit_->leave(*this);
}

void WsgiService::retire() noexcept {
    terms_.retiring = true;
    if (http2_ != nullptr) http2_->retire();
}

void WsgiService::stop_keeping() noexcept {
    terms_.stopping = true;
    newcomers_.drop_all();
    admission_.drop_all();
    if (http2_ != nullptr) http2_->retire();
    parking_.close_all();
    if (protocols_ != nullptr) protocols_->stop();
}

}  // namespace grove::http
