#include "wsgi_service.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <exception>
#include <stdexcept>
#include <utility>

#include <sys/socket.h>

#include <grove/core/errors.h>
#include <grove/core/greenlet.h>

#include "exchange.h"
#include "log_text.h"
#include "peer_limits.h"
#include "response_head.h"

namespace grove::http {
namespace {

constexpr std::size_t kToldPath = 1024;  // bytes of a path that requests() tells

// @return its greenlet; 0: that has not begun
std::uint64_t served_by(const Connection& connection) noexcept {
    return connection.turn != nullptr ? connection.turn->greenlet() : 0;
}

void expire_in_queue(Connection& connection) { connection.service().give_up(connection); }

ServiceTerms take_terms(WsgiOptions& options) {
    const bool measures = options.metrics != nullptr && options.measure_durations;
    return {.limits = options.limits,
            .timeouts = options.timeouts,
            .server_name = std::move(options.server_name),
            .server_header = std::move(options.server_header),
            .keep_alive = keep_alive_field(options.timeouts.idle),
            .error_log = std::move(options.error_log),
            .trusted = TrustedProxies{options.trusted_proxies},
            .forwarded = options.forwarded,
            .ids = options.request_ids ? std::make_unique<RequestIds>() : nullptr,
            .keepalive_requests = options.keepalive_requests,
            .multiprocess = options.multiprocess,
            .tells_keep_alive = options.keep_alive_hint,
            .wants_time = options.access_log || options.timeouts.request || measures};
}

}  // namespace

WsgiService::WsgiService(Application application, WsgiOptions options, Handlers& handlers,
                         std::function<void()> has_room)
    : application_{std::move(application)},
      terms_{take_terms(options)},
      options_{std::move(options)},
      handlers_{handlers},
      has_room_{std::move(has_room)},
      limit_{options_.connection_limit != nullptr
                 ? options_.connection_limit
                 : std::make_shared<ConnectionLimit>(options_.max_connections)},
      own_metrics_{options_.metrics == nullptr ? std::make_unique<ServerMetrics>() : nullptr},
      metrics_{options_.metrics == nullptr ? own_metrics_.get() : options_.metrics},
      exchanges_{terms_},
      log_{terms_, *metrics_, options_},
      closing_{terms_, exchanges_, log_},
      parking_{terms_, *limit_},
      newcomers_{*this, *limit_, options_},
      slots_{terms_, handlers_, *metrics_},
      bodies_{terms_.limits, terms_.timeouts, limit_->bodies()},
      queue_{terms_.timeouts.request, expire_in_queue},
      bury_{get_hub(), [this] { bury(); }} {
    if (options_.proxy_protocol != ProxyProtocol::kNone && terms_.trusted.empty())
        throw std::invalid_argument{"proxy_protocol: there are no trusted_proxies to speak it"};
    limit_->join(*this);
}

WsgiService::~WsgiService() {
    stop_keeping();
    closing_.close_all();
    bodies_.close_all();
    while (!queue_.empty()) queue_.front().close();
    bury();
    limit_->leave(*this);
}

// ---- the server's side

void WsgiService::stop_keeping() noexcept {
    terms_.stopping = true;
    newcomers_.drop_all();
    parking_.close_all();
}

bool WsgiService::join(Timespan timeout) {
    if (handlers_.raw()) return true;
    const Deadline deadline{timeout};
    const std::uint64_t caller = getcurrent().id();
    const bool itself_served =
        std::any_of(served_.begin(), served_.end(),
                    [caller](const Connection& served) { return served_by(served) == caller; });
    // Requests whose handlers wait in here for the others to end cannot wait for one another.
    struct Joining {
        std::size_t& count;
        const std::size_t own;
        ~Joining() { count -= own; }
    } const joining{joining_requests_, itself_served ? std::size_t{1} : 0};
    joining_requests_ += joining.own;
    less_busy_.set();
    while (busy_ > (itself_served ? joining_requests_ : 0)) {
        less_busy_.clear();
        if (!less_busy_.wait(deadline.left())) return false;
    }
    return true;
}

std::vector<RequestInfo> WsgiService::requests() const {
    std::vector<RequestInfo> all;
    const Timer::Instant now = get_hub().now();
    const auto add = [&](const Connection& connection, std::uint64_t greenlet) {
        const Exchange* const exchange = connection.exchange;
        if (exchange == nullptr) return;
        all.push_back({.method = escaped(exchange->head.method),
                       .path = escaped(exchange->head.path.substr(0, kToldPath)),
                       .age = now - exchange->began,
                       .greenlet = greenlet});
    };
    for (const Connection& connection : served_) add(connection, served_by(connection));
    bodies_.for_each([&](const Connection& connection) { add(connection, 0); });
    for (const Connection& connection : queue_) add(connection, 0);
    return all;
}

void WsgiService::report_unended() noexcept {
    try {
        log_.unended(requests());
    } catch (const std::exception&) {  // no memory for each of them
        terms_.log(LogLevel::kError, "requests have not ended");
    }
}

void WsgiService::kill() {
    bodies_.refuse_all();
    while (!queue_.empty())
        refuse_waiting(queue_.front(), {503, "the server stopped before there was a slot"});
    handlers_.kill();
}

// In a signal handler: reads what is there, and makes nothing but the request's id, if it has none yet.
bool WsgiService::note_running_request(RequestNote& note) const noexcept {
    const std::uint64_t running = getcurrent().id();
    for (const Connection& served : served_) {
        if (served_by(served) != running || served.exchange == nullptr) continue;
        Exchange& exchange = *served.exchange;
        note.blame(exchange.head.method, exchange.head.path);
        note.describe(exchange.request_id(), exchange.environ["SCRIPT_NAME"]);
        return true;
    }
    return false;
}

// ---- connections

void WsgiService::destroy(Connection& connection) noexcept {
    if (connection.state() == Connection::State::kDead) return;
    connection.set_state(Connection::State::kDead);
    dead_.push_back(&connection);
    bury_.schedule();
    newcomers_.leave(connection.client().peer());
}

void WsgiService::bury() noexcept {
    for (Connection* connection : std::exchange(dead_, {})) {
        closing_.forget(*connection);
        delete connection;
    }
}

}  // namespace grove::http
