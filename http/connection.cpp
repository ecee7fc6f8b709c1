#include "connection.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <string>
#include <utility>

#include <sys/socket.h>

#include <grove/core/greenlet.h>

#include "exchange.h"
#include "parser.h"
#include "proxy_header.h"
#include "response_head.h"
#include "wsgi_service.h"

namespace grove::http {

static_assert(sizeof(void*) != 8 || sizeof(Connection) <= 264, "every idle connection is one");

namespace {

constexpr auto kLingerTime = std::chrono::seconds{5};
// System calls in a row that did not wait, before others have their turn: a client that is always ready must
// not have the thread for itself.
constexpr int kCallsInARow = 32;

}  // namespace

Connection::Connection(WsgiService& service, FileDescriptor fd, const Address& peer,
                       std::unique_ptr<TlsLayer> tls, std::unique_ptr<const ProxiedClient> told)
    : peer_trust_{service.terms().trusted.empty() || (told != nullptr && told->nameless)
                      ? Trust::kNone
                      : Trust::kUnknown},
      service_{service},
      socket_{std::move(fd)},
      tls_{std::move(tls)},
      told_{std::move(told)},
      input_{service.blocks()},
      peer_bytes_{
          static_cast<std::uint8_t>(peer.is_unix() ? 0 : std::min(peer.bytes(), kPeerBytes))} {
    std::memcpy(peer_.data(), peer.data(), peer_bytes_);
    if (tls_ != nullptr) {
        tls_->move_to(socket_);
        socket_.watch();
        // A request read with the handshake would leave the socket in doubt, and its close lingering.
        socket_.expect_event();
    }
    socket_.set_hook(this);
    service_.metrics().idle.add();
}

Connection::~Connection() {
    if (state_ == State::kIdle) service_.metrics().idle.subtract();
    drop_exchange();
}

void Connection::set_state(State state) noexcept {
    if (state == state_) return;
    if (state == State::kIdle) service_.metrics().idle.add();
    if (state_ == State::kIdle) service_.metrics().idle.subtract();
    state_ = state;
}

void Connection::drop_exchange() noexcept {
    if (exchange != nullptr) service_.put_back(*std::exchange(exchange, nullptr));
}

Address Connection::peer() const noexcept {
    return {reinterpret_cast<const sockaddr*>(peer_.data()), peer_bytes_};
}

bool Connection::looks_trusted() noexcept {
    if (peer_trust_ == Trust::kUnknown) {
        peer_trust_ =
            service_.terms().is_trusted(peer(), socket_.fd()) ? Trust::kTrusted : Trust::kNone;
    }
    return peer_trust_ == Trust::kTrusted;
}

const TlsInfo* Connection::told_tls() const noexcept {
    if (told_->tells_scheme) return told_->over_tls ? &told_->tls : nullptr;
    return tls_ != nullptr ? &tls_->info() : nullptr;
}

const std::string& Connection::client_certificate() {
    static const std::string kNone;
    return told_ != nullptr && told_->tells_scheme ? kNone : tls_->peer_certificate();
}

void Connection::on_readable() noexcept {
    switch (state_) {
        case State::kIdle:
        case State::kHead:
        case State::kBody:
            try {
                const Next next = state_ == State::kBody ? next_body() : next_request();
                if (next == Next::kComplete) service_.enqueue(*this);
            } catch (...) {  // told there
                give_up();
            }
            return;
        case State::kDraining:
            drain();
            return;
        case State::kLingering:
            swallow();
            return;
        case State::kQueued:
        case State::kServed:
        case State::kFlushing:
        case State::kDead:
            return;  // looked at before it parks, or lingers
    }
}

// In a handler: no memory for this client, which the others need not notice. Apart: a function that has a string of its
// own guards its stack.
[[gnu::cold, gnu::noinline]] void Connection::give_up() noexcept {
    service_.report("a connection from " + peer().text(), std::current_exception());
    state_ == State::kBody ? service_.drop_waiting(*this) : close();
}

void Connection::await_request() noexcept {
    try {
        socket_.watch();
    } catch (...) {  // told there
        give_up();
    }
}

void Connection::on_writable() noexcept {
    if (state_ == State::kFlushing) close_after_what_is_owed();
}

void Connection::end_owing() noexcept {
    if (exchange != nullptr && !exchange->output.empty()) {
        close_after_what_is_owed();
    } else {
        close();
    }
}

Connection::Next Connection::next_request() {
    for (;;) {
        if (service_.terms().stopping) {
            end_owing();
            return Next::kGone;
        }
        if (!input_.empty() && scan()) {
            if (state_ != State::kQueued) return Next::kGone;
            return exchange->body.worth_a_slot() ? Next::kComplete : next_body();
        }
        if (drained()) {
            park();
            return Next::kParked;
        }
        const Socket::Outcome got = try_receive();
        if (got > 0 || got == -EAGAIN) continue;
        if (!guard_.untouched()) service_.log_incomplete(*this);
        close();
        return Next::kGone;
    }
}

// Of the request whose head is complete. Parks where what is there does not do.
Connection::Next Connection::next_body() {
    while (!exchange->body.worth_a_slot()) {
        if (drained()) {
            if (state_ != State::kBody) {
                socket_.watch();
                calls_in_a_row_ = 0;
                service_.await_body(*this);
                if (state_ != State::kBody) return Next::kGone;
            }
            service_.spare_memory(*this);
            return Next::kParked;
        }
        const Socket::Outcome got = try_receive();
        if (got == -EAGAIN) continue;
        if (got <= 0) {
            service_.log_response(*exchange);
            state_ == State::kBody ? service_.drop_waiting(*this) : end_owing();
            return Next::kGone;
        }
        if (state_ != State::kBody) continue;
        service_.take_body(*this, static_cast<std::size_t>(got));
        if (state_ != State::kBody) return Next::kGone;
    }
    return Next::kComplete;
}

void Connection::park() {
    socket_.watch();
    calls_in_a_row_ = 0;
    if (guard_.untouched()) {  // what there is are empty lines, which count with those to come
        if (input_.empty()) input_.clear();
        set_state(State::kIdle);
        unlink();
        service_.park(*this);
    } else if (state_ !=
               State::kHead) {  // the deadline runs from the first byte, and nothing extends it
        set_state(State::kHead);
        unlink();
        service_.head_line().push_back(*this);
    }
}

// @return whether there is a complete head (state kQueued) or the connection was refused
bool Connection::scan() {
    if (!guard_.done()) guard_.feed(input_.bytes(), service_.terms().limits);  // else scanned ahead
    const GuardResult result = guard_.result();
    if (result.state == GuardState::kNeedMore) return false;
    if (result.state == GuardState::kRefused) {
        refuse(result.refusal);
        return true;
    }
    guard_.reset();
    unlink();
    exchange = &service_.take_exchange(*this, std::exchange(exchange, nullptr));
    const std::string_view head{input_.bytes().data() + result.skipped, result.head_length};
    if (const auto refusal = HeadParser::parse(head, service_.terms().limits, exchange->head)) {
        refuse(*refusal);
        return true;
    }
    if (const int wait =
            service_.terms().limits.requests_per_ip ? service_.comes_too_early(*exchange) : 0) {
        refuse({429, "more requests from this address than limits.requests_per_ip", wait});
        return true;
    }
    input_.pin(result.skipped + result.head_length);
    set_state(State::kQueued);
    ++requests;
    exchange->begin();
    return true;
}

bool Connection::has_unread() noexcept {
    if (drained()) return false;
    char one;  // is dropped, as all will be that comes
    return tls_ != nullptr || socket_.try_recv({&one, 1}) > 0;
}

// What comes is to be dropped. If the loop does not take the socket, the line's time-out is its end.
void Connection::watch_to_the_end() noexcept {
    try {
        socket_.watch();
    } catch (const std::exception&) {
    }
}

void Connection::release_slot() { service_.detach(*this); }

bool Connection::scan_ahead() {
    if (input_.empty()) return false;
    return guard_.feed(input_.bytes(), service_.terms().limits).state == GuardState::kComplete;
}

void Connection::finish_exchange() {
    switch (exchange->body.discard()) {
        case Discarded::kTooMuch:
            linger();
            return;
        case Discarded::kMore:
            if (state_ == State::kDraining) return;
            watch_to_the_end();
            unlink();
            set_state(State::kDraining);
            service_.drain_line().push_back(*this);
            return;
        case Discarded::kAll:
            input_.unpin();
            if (exchange->output.empty())
                drop_exchange();  // else its answer is owed: the next request goes on with it
            return;
    }
}

Socket::Outcome Connection::try_receive() {
    const Socket::Outcome got =
        tls_ != nullptr ? tls_->try_recv(input_.room()) : socket_.try_recv(input_.room());
    if (got > 0) input_.commit(static_cast<std::size_t>(got));
    return got;
}

Socket::Outcome Connection::receive(Timespan timeout) {
    bool waited = false;
    for (;;) {
        if (!drained()) {
            give_way();
            const Socket::Outcome got = try_receive();
            if (got >= 0) return got;
            if (got != -EAGAIN) return 0;  // a reset: as gone as one that finished
        }
        if (waited) return -EAGAIN;  // another greenlet was faster
        calls_in_a_row_ = 0;
        if (!wait_for_client(&Socket::wait_readable, timeout, service_.terms().timeouts.body_slot,
                             exchange->waited_for_body))
            throw SocketTimeout{"receive"};
        waited = true;
    }
}

void Connection::give_way() {
    if (++calls_in_a_row_ < kCallsInARow) return;
    calls_in_a_row_ = 0;
    sleep();
}

Stream Connection::release() {
    std::string unread{input_.bytes()};
    input_.consume(unread.size());
    auto socket = std::make_unique<Socket>(socket_.release());
    if (tls_ == nullptr) return Stream{std::move(socket), std::move(unread)};
    Stream stream = tls_->release(std::move(socket), std::move(unread));
    tls_.reset();
    return stream;
}

void Connection::refuse(const Refusal& refusal) {
    const bool head_only = exchange != nullptr && exchange->head.method == "HEAD";
    std::string answer = exchange != nullptr ? std::exchange(exchange->output, {}) : std::string{};
    RequestIds::Id made;
    std::string_view id;
    if (exchange != nullptr) {
        id = exchange->request_id();
    } else if (service_.terms().ids != nullptr) {
        made = service_.terms().ids->make();
        id = {made.data(), made.size()};
    }
    append_simple_response(answer, refusal.status, std::time(nullptr), head_only, id,
                           refusal.retry_after);
    answer.erase(0, send_some(answer));
    service_.log_refused(*this, refusal, id);
    if (answer.empty()) {
        linger();
        return;
    }
    if (exchange == nullptr) exchange = &service_.take_exchange(*this, nullptr);
    exchange->output = std::move(answer);
    close_after_what_is_owed();
}

void Connection::linger() noexcept {
    unlink();
    drop_exchange();
    input_.clear();
    if (tls_ != nullptr) tls_->finish();  // what still comes need not be decrypted to be dropped
    socket_.shutdown_write();
    watch_to_the_end();
    set_state(State::kLingering);
    linger_until = get_hub().instant_after(kLingerTime);
    service_.linger_line().push_back(*this);
    // Not here: a handler's stack may be small, and its caller need not find the connection closed.
    if (!socket_.drained()) service_.look_again(*this);
}

void Connection::swallow() noexcept {
    constexpr int kReadsAtOnce =
        16;  // then the others' turn: the next event comes only for new bytes
    char dropped[16384];
    for (int reads = 0; reads < kReadsAtOnce; ++reads) {
        const Socket::Outcome got = socket_.try_recv(dropped);
        if (got == -EAGAIN) return;
        if (got == 0 && broken_) return;  // it may still read
        if (got <= 0 || get_hub().now() >= linger_until) {
            end_linger();
            return;
        }
        unlink();
        service_.linger_line().push_back(*this);
        if (socket_.drained()) return;
    }
    service_.look_again(*this);
}

void Connection::drain() noexcept {
    try {
        finish_exchange();
        if (state_ != State::kDraining || exchange != nullptr) return;
        if (next_request() == Next::kComplete) service_.enqueue(*this);
    } catch (...) {  // told there
        give_up();
    }
}

void Connection::reset() noexcept {
    const ::linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
}

void Connection::cut_off() noexcept {
    broken_ = true;
    const sockaddr nobody{.sa_family = AF_UNSPEC, .sa_data = {}};
    // TCP sends a reset, and the descriptor stays. A unix socket knows no such thing.
    if (::connect(socket_.fd(), &nobody, sizeof nobody) != 0) ::shutdown(socket_.fd(), SHUT_RDWR);
}

void Connection::close() noexcept {
    unlink();
    if (exchange != nullptr) send_some(exchange->output);  // what is owed, if it goes at once
    drop_exchange();
    if (tls_ != nullptr) tls_->finish();
    socket_.close();
    service_.destroy(*this);
}

}  // namespace grove::http
