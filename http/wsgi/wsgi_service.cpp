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
constexpr int kUnlooked = 15;            // newcomers after one that had nothing to read yet
constexpr auto kBetweenLines = std::chrono::minutes{1};

// @return its greenlet; 0: that has not begun
std::uint64_t served_by(const Connection& connection) noexcept {
    return connection.turn != nullptr ? connection.turn->greenlet() : 0;
}

void expire_handshake(TlsHandshake& handshake) {
    handshake.drop("the handshake took longer than timeouts.tls_handshake");
}
void expire_greeting(ProxyGreeting& greeting) {
    greeting.drop("its PROXY header did not arrive within timeouts.header");
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
      greetings_{terms_.timeouts.header, expire_greeting},
      handshakes_{terms_.timeouts.tls_handshake, expire_handshake},
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

void WsgiService::accept(FileDescriptor fd, const Address& peer) {
    if (options_.proxy_protocol != ProxyProtocol::kNone) return greet(std::move(fd), peer);
    if (terms_.limits.connections_per_ip != Limits::kUnbounded && !admits(fd, peer)) return;
    limit_->make_room();
    enter_connections(peer);
    begin(std::move(fd), peer, nullptr);
}

void WsgiService::greet(FileDescriptor fd, const Address& peer) {
    if (!terms_.is_trusted(peer, fd.get())) {
        log_.unproxied(peer,
                       "it is none of trusted_proxies, and proxy_protocol is for these alone");
        return;
    }
    limit_->make_room();
    auto greeting = std::make_unique<ProxyGreeting>(*this, std::move(fd), peer);
    enter_connections(peer);
    greetings_.push_back(*greeting);
    greeting.release()->look();
}

void WsgiService::greeted(FileDescriptor fd, const Address& peer, ProxyHeader header) noexcept {
    const Address& client = header.tells ? header.client : peer;
    try {
        const auto key = header.tells ? counted_by(client) : std::nullopt;
        if (key && !admits(fd, client)) {
            leave_connections(peer);
            return;
        }
        if (key) limit_->peers().enter(*key);
    } catch (...) {
        leave_connections(peer);
        log_.report("a connection from " + client.text(), std::current_exception());
        return;
    }
    try {
        begin(std::move(fd), client, std::move(header.more));
        limit_->one_is_idle();
    } catch (...) {
        log_.report("a connection from " + client.text(), std::current_exception());
    }
}

// Of one that is counted.
void WsgiService::begin(FileDescriptor fd, const Address& peer,
                        std::unique_ptr<const ProxiedClient> told) {
    std::unique_ptr<TlsHandshake> handshake;
    std::unique_ptr<Connection> connection;
    try {
        if (options_.tls != nullptr) {
            handshake = std::make_unique<TlsHandshake>(*this, std::move(fd), peer, options_.tls,
                                                       std::move(told));
        } else {
            connection =
                std::make_unique<Connection>(*this, std::move(fd), peer, nullptr, std::move(told));
        }
    } catch (...) {
        leave_connections(peer);
        throw;
    }
    if (handshake != nullptr) {
        limit_->handshake_began();
        handshakes_.push_back(*handshake);
        spawn([handshake = std::move(handshake)] { handshake->run(); });
        return;
    }
    parking_.add(*connection);
    Connection& entered = *connection.release();  // its line's, or its greenlet's, until it closes
    // The next newcomer must not take it for idle, though its request is there and was only not read yet.
    if (limit_->reached() || is_worth_a_look()) {
        entered.look();
        if (entered.state() == Connection::State::kIdle) unlooked_ = kUnlooked;
    } else {
        entered.await_request();
    }
}

// Where a newcomer's request is there already, a look saves its registration with the loop, and where not it costs
// a call in vain: so after one in vain, the next are spared it.
bool WsgiService::is_worth_a_look() noexcept {
    if (unlooked_ == 0) return true;
    --unlooked_;
    return false;
}

void WsgiService::adopt(FileDescriptor fd, const Address& peer, std::unique_ptr<TlsLayer> tls,
                        std::unique_ptr<const ProxiedClient> told) {
    limit_->handshake_ended();
    std::unique_ptr<Connection> connection;
    try {
        connection = std::make_unique<Connection>(*this, std::move(fd), peer, std::move(tls),
                                                  std::move(told));
        parking_.park(*connection);
    } catch (...) {
        leave_connections(peer);
        throw;
    }
    connection.release()->look();  // its first request may have come with the handshake's end
}

void WsgiService::give_up_handshake(const Address& peer) noexcept {
    limit_->handshake_ended();
    leave_connections(peer);
}

std::optional<std::uint64_t> WsgiService::counted_by(const Address& peer) const {
    if (terms_.limits.connections_per_ip == Limits::kUnbounded || terms_.trusted.holds(peer.host()))
        return std::nullopt;
    return peer_key(peer);
}

// No answer of a server to too many is dearer than the least: it may not even arrive.
bool WsgiService::admits(const FileDescriptor& fd, const Address& peer) {
    const auto key = counted_by(peer);
    const std::size_t most = terms_.limits.connections_per_ip;
    if (!key || limit_->peers().connections(*key) < most) return true;
    metrics_->count_request(503);
    if (options_.tls == nullptr) {
        std::string answer;
        append_simple_response(answer, 503, std::time(nullptr), false, {}, 1);
        ::send(fd.get(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    if (limit_->peers().is_worth_a_line(*key, get_hub().now()))
        terms_.log(LogLevel::kWarn,
                   peer.host() + " has " + std::to_string(most) +
                       " connections, which is limits.connections_per_ip: more are refused");
    return false;
}

int WsgiService::comes_too_early(Connection& connection) {
    ClientSocket& client = connection.client();
    const auto key =
        client.from_trusted_proxy(terms_)
            ? std::optional{peer_key(std::string{connection.exchange->environ["REMOTE_ADDR"]})}
            : peer_key(client.peer());
    if (!key) return 0;
    const Duration early =
        limit_->peers().take_request(*key, *terms_.limits.requests_per_ip, get_hub().now());
    return static_cast<int>(std::chrono::ceil<std::chrono::seconds>(early).count());
}

void WsgiService::enter_connections(const Address& peer) {
    if (const auto key = counted_by(peer)) limit_->peers().enter(*key);
    ++connections_;
    metrics_->connections.add();
    limit_->count_in();
}

void WsgiService::leave_connections(const Address& peer) noexcept {
    if (const auto key = counted_by(peer)) limit_->peers().leave(*key);
    --connections_;
    metrics_->connections.subtract();
    less_busy_.set();
    limit_->count_out();
}

bool WsgiService::give_one_up() noexcept {
    if (!limit_->give_one_up()) return false;
    const Timer::Instant now = get_hub().now();
    if (!told_of_files_ || now - *told_of_files_ >= kBetweenLines) {
        told_of_files_ = now;
        terms_.log(
            LogLevel::kWarn,
            "no further file may be opened (RLIMIT_NOFILE): the longest idle connections are "
            "closed for newcomers");
    }
    return true;
}

void WsgiService::drop_oldest_handshake() noexcept {
    handshakes_.front().drop("given up for a newcomer");
}

void WsgiService::stop_keeping() noexcept {
    terms_.stopping = true;
    while (!greetings_.empty()) greetings_.front().drop();
    while (!handshakes_.empty()) handshakes_.front().drop();
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

bool WsgiService::join_connections(Timespan timeout) {
    const Deadline deadline{timeout};
    while (connections_ != 0) {
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
    leave_connections(connection.client().peer());
}

void WsgiService::bury() noexcept {
    for (Connection* connection : std::exchange(dead_, {})) {
        closing_.forget(*connection);
        delete connection;
    }
}

}  // namespace grove::http
