#include "ws_session.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <utility>

#include <sys/uio.h>

#include <grove/core/hub.h>
#include <grove/http/stopping.h>

#include "close_codes.h"
#include "connection.h"
#include "exchange.h"
#include "lingering.h"
#include "next_turn.h"
#include "service_log.h"
#include "service_terms.h"
#include "settle.h"
#include "slot_line.h"
#include "ws_deflate.h"
#include "ws_sockets.h"

namespace grove::http {
namespace {

constexpr std::size_t kOutboxBytes = std::size_t{1} << 20U;
constexpr Duration kCloseTime = std::chrono::seconds{5};
constexpr std::uint16_t kPingsASecond = 1000;
// Bytes of a message that is compressed: a shorter one does not gain what it costs, and a longer one would hold the hub
// for tens of milliseconds.
constexpr std::size_t kFewestCompressed = 256;
constexpr std::size_t kMostCompressed = std::size_t{1} << 20U;

}  // namespace

WsSession::WsSession(Terms terms)
    : terms_{std::move(terms)}, reader_{terms_.limits, Sender::kClient, terms_.window_bits != 0} {}

WsSession::~WsSession() = default;

const SwitchedParts& WsSession::parts() const noexcept { return sockets_->parts(); }

WsSession& WsSession::of_member(LineHook& member) noexcept {
    return static_cast<Member&>(member).session;
}

bool WsSession::is_served() const noexcept {
    return connection_->state() == Connection::State::kServed;
}

void WsSession::begin(ServedRequest& request) {
    Connection& connection = static_cast<Connection&>(*request.hook);  // each hook is one
    WsSockets& sockets = WsSockets::of(connection.switched_parts());
    connection.client().park();
    self_ = shared_from_this();
    connection_ = &connection;
    sockets_ = &sockets;
    sockets.add(member_);
    request.protocol = this;
    heard();
    if (stopping().is_set()) return stop();
    on_readable();  // what came with the head
}

// ---- how it ends

// The first Close, of either side, is the one that is told.
void WsSession::set_closed(Phase phase, std::uint16_t code, std::string_view reason) noexcept {
    const bool was_open = std::exchange(phase_, phase) == Phase::kOpen;
    if (!was_open) return;
    close_code_ = code;
    waiting.reset();
    silence_.unlink();
    try {
        close_reason_ = reason;
    } catch (const std::exception&) {  // no memory for it
    }
    senders_.tell_all();
    news();
}

// @throws std::bad_alloc
void WsSession::send_close(std::uint16_t code, std::string_view reason) {
    std::string payload;
    if (code != close_code::kNone) {
        payload = {static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)};
        payload.append(reason);
    }
    outbox_.add(Opcode::kClose, payload);
}

// The client broke a rule, and nothing more of it is read. @throws std::bad_alloc
void WsSession::fail(std::uint16_t code, std::string_view why) {
    if (!closed()) send_close(code, why);
    set_closed(Phase::kFinishing, code, why);
    await_end();
}

void WsSession::close(std::uint16_t code, std::string_view reason) noexcept {
    if (closed()) return;
    const auto alive = shared_from_this();
    try {
        send_close(code, reason);
        set_closed(Phase::kCloseSent, code, reason);
        await_end();
        if (!gone()) on_readable();  // what was not read for the application is dropped
    } catch (const std::exception&) {
        cut();
    }
}

void WsSession::stop() noexcept { close(close_code::kGoingAway, "going away"); }

// All is sent: the server closes first (RFC 6455 section 7.1.1), and as after an HTTP answer, as a close with unread bytes
// would be a reset that may eat the Close frame.
void WsSession::finish() noexcept {
    phase_ = Phase::kFinished;
    if (!is_served()) {
        Connection& connection = *connection_;
        Lingering& lingering = parts().lingering;
        const auto alive = let_go();
        lingering.linger(connection);
        return;
    }
    ClientSocket& client = connection_->client();
    client.finish();
    client.socket().shutdown_write();
}

// The client has gone, with or without a Close.
void WsSession::lose() noexcept {
    set_closed(Phase::kLost, close_code::kAbnormal, {});
    phase_ = Phase::kLost;
    outbox_.clear();
    silence_.unlink();
    blocked_.unlink();
    if (gone()) return;
    Connection& connection = *connection_;
    if (is_served()) {
        if (connection.exchange->watch != nullptr)
            connection.exchange->watch->tell(ClientWatch::Gone::kFinished);
        return;
    }
    const auto alive = let_go();
    connection.close();
}

void WsSession::cut() noexcept {
    if (gone()) return;
    if (is_served()) {
        connection_->client().cut_off();
        return lose();
    }
    set_closed(Phase::kLost, close_code::kAbnormal, {});
    if (gone()) return;
    Connection& connection = *connection_;
    const auto alive = let_go();
    connection.reset();
}

// @return what keeps it alive as long as the caller
std::shared_ptr<WsSession> WsSession::let_go() noexcept {
    const SwitchedParts& parts = sockets_->parts();
    if (connection_->state() == Connection::State::kSwitched) connection_->protocol = nullptr;
    member_.unlink();
    silence_.unlink();
    blocked_.unlink();
    outbox_.clear();
    parts.metrics.count_close(close_code_);
    over(parts);
    connection_ = nullptr;
    sockets_ = nullptr;
    return std::exchange(self_, nullptr);
}

void WsSession::on_closed() noexcept {
    if (gone()) return;
    set_closed(Phase::kLost, close_code::kAbnormal, {});
    if (!gone()) (void)let_go();
}

void WsSession::close_parked() noexcept {
    if (!is_served()) connection_->close();
}

void WsSession::on_served(Fate fate) noexcept {
    Connection& connection = *connection_;
    const auto alive = shared_from_this();
    if (fate == Fate::kKilled) {
        stop();  // tried once: nobody waits
        if (gone()) return;
        (void)let_go();
        connection.exchange->protocol = nullptr;
        connection.close();
        return;
    }
    close(fate == Fate::kAnswered ? close_code::kNormal : close_code::kFailed, {});
    park();
}

void WsSession::park() noexcept {
    Connection& connection = *connection_;
    const auto alive = shared_from_this();
    connection.exchange->protocol = nullptr;
    connection.unlink();
    connection.client().input().unpin();
    connection.drop_exchange();
    connection.protocol = this;
    connection.set_state(Connection::State::kSwitched);
    if (phase_ == Phase::kFinished) return finish();
    if (phase_ == Phase::kLost) return lose();
    // Not here: a handler's stack may be small.
    try {
        parts().next_turn.look_again(connection);
    } catch (const std::exception&) {
        cut();
    }
}

void WsSession::expired(WsWait& wait) noexcept {
    const auto alive = shared_from_this();
    try {
        switch (wait.waits_for) {
            case WsWait::For::kBytes:
                if (is_unread()) return heard();
                put(Opcode::kPing, {});
                if (!gone()) sockets_->wait(silence_, WsWait::For::kPong, terms_.pong);
                return;
            case WsWait::For::kRoom:
                if (behind_ != nullptr && behind_->keeps_up(connection_->client()))
                    return sockets_->wait(blocked_, wait.waits_for, terms_.write);
                return cut();
            case WsWait::For::kPong:
                if (is_unread()) return heard();
                return cut();
            case WsWait::For::kClose:
                return cut();
        }
    } catch (const std::exception&) {  // no memory
        cut();
    }
}

// ---- what comes

void WsSession::on_readable() noexcept {
    if (gone()) return;
    const auto alive = shared_from_this();
    try {
        read();
    } catch (const std::exception&) {  // no memory
        cut();
    }
}

void WsSession::read_on() noexcept { on_readable(); }

void WsSession::read() {
    constexpr int kReadsAtOnce = 16;  // then the others' turn
    ClientSocket& client = connection_->client();
    for (int reads = 0; reads < kReadsAtOnce; ++reads) {
        if (!read_what_is_there()) return;
        client.input().let_go();
        if (client.drained()) return;
        const Socket::Outcome got = client.try_receive();
        if (got == -EAGAIN) continue;
        if (got <= 0) return lose();
        heard();
    }
    parts().next_turn.look_again(*connection_);
}

// @return false: no more is to be read now
bool WsSession::read_what_is_there() {
    InputBuffer& input = connection_->client().input();
    while (!input.empty()) {
        if (phase_ != Phase::kOpen && phase_ != Phase::kCloseSent) {
            input.let_go();
            return true;
        }
        if (phase_ == Phase::kOpen && is_full()) return false;
        std::string_view bytes = input.bytes();
        const std::size_t before = bytes.size();
        const WsReader::Event event = reader_.next(bytes);
        input.consume(before - bytes.size());
        take(event);
        if (gone()) return false;
    }
    return phase_ != Phase::kOpen || !is_full();
}

void WsSession::take(WsReader::Event event) {
    switch (event) {
        case WsReader::Event::kNone:
        case WsReader::Event::kPong:
            return;
        case WsReader::Event::kMessage:
            return take_message();
        case WsReader::Event::kPing:
            return take_ping();
        case WsReader::Event::kClose:
            return peer_closed();
        case WsReader::Event::kFailed:
            return fail(reader_.close_code(), reader_.why());
    }
}

void WsSession::take_message() {
    Message message{reader_.binary(), reader_.take_message()};
    if (closed()) return;
    if (reader_.compressed()) {
        auto inflated = WsDeflate::of_thread().inflate(message.data, terms_.limits.message_bytes,
                                                       !message.binary);
        if (inflated.close_code != 0) return fail(inflated.close_code, inflated.why);
        message.data = std::move(inflated.message);
    }
    waiting = std::move(message);
    parts().metrics.websocket_messages_in.add();
    news();
}

void WsSession::take_ping() {
    const Timer::Instant now = get_hub().loop().tick();
    if (now - second_ > std::chrono::seconds{1}) {
        second_ = now;
        pings_ = 0;
    }
    if (++pings_ > kPingsASecond) {
        fail(close_code::kPolicy, "too many pings");
    } else if (!closed()) {
        outbox_.pong(reader_.payload());
        flush();
    }
}

void WsSession::peer_closed() {
    const std::uint16_t code = reader_.close_code();
    if (!closed()) send_close(code, {});
    set_closed(Phase::kFinishing, code, reader_.payload());
    await_end();
}

// The Close leaves. Its time is bounded, whatever the client does.
void WsSession::await_end() {
    if (gone()) return;
    sockets_->wait(silence_, WsWait::For::kClose, kCloseTime);
    flush();
}

// The application has not taken the last message, so that nothing is read: not the client is silent.
bool WsSession::is_unread() { return phase_ == Phase::kOpen && is_full(); }

// Some byte has come, or may have.
void WsSession::heard() {
    if (phase_ == Phase::kOpen) sockets_->wait(silence_, WsWait::For::kBytes, terms_.ping);
}

// ---- what leaves

bool WsSession::has_room(std::size_t bytes) const noexcept {
    return outbox_.size() == 0 || outbox_.size() + bytes <= kOutboxBytes;
}

bool WsSession::send(Opcode opcode, std::string_view data, bool blocks) {
    const auto alive = shared_from_this();
    if (closed()) return false;
    if (blocks) {
        if (!await_room(data.size())) return false;
    } else if (!has_room(data.size()) || !senders_.empty()) {
        return false;
    }
    const auto coded = compressed(data);
    put(opcode, coded ? *coded : data, coded.has_value());
    if (!gone()) parts().metrics.websocket_messages_out.add();
    return true;
}

// @return nullopt: it leaves as it is. @throws std::bad_alloc
std::optional<std::string> WsSession::compressed(std::string_view message) const {
    if (terms_.window_bits == 0) return std::nullopt;
    if (message.size() < kFewestCompressed || message.size() > kMostCompressed) return std::nullopt;
    return WsDeflate::of_thread().compress(message, terms_.window_bits);
}

// First come, first served. @return false: it was closed
bool WsSession::await_room(std::size_t bytes) {
    if (senders_.empty() && has_room(bytes)) return true;
    WsSenders::Place place{senders_};
    while (!closed() && !(place.is_first() && has_room(bytes))) {
        place.forget_what_was_told();
        SlotLine::wait_without_slot([&](Timespan time) { return place.wait(time); });
    }
    return !closed();
}

// The frame is in the outbox, or has left. @throws std::bad_alloc, with nothing sent
void WsSession::put(Opcode opcode, std::string_view payload, bool compressed) {
    if (!outbox_.empty()) {
        outbox_.add(opcode, payload, compressed);
        return;
    }
    const FrameHeader header{opcode, payload.size(), compressed};
    const std::string_view first = header.bytes();
    const iovec pieces[]{{const_cast<char*>(first.data()), first.size()},
                         {const_cast<char*>(payload.data()), payload.size()}};
    const Socket::Outcome sent = connection_->client().try_send(pieces);
    if (sent < 0 && sent != -EAGAIN) return lose();
    const std::size_t left = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    count(left);
    if (left == first.size() + payload.size()) return;
    try {
        outbox_.add_rest(header, payload, left);
    } catch (const std::exception&) {  // a part of it has left
        cut();
        throw;
    }
    flush();
}

void WsSession::on_writable() noexcept {
    if (gone()) return;
    const auto alive = shared_from_this();
    try {
        flush();
    } catch (const std::exception&) {  // no memory
        cut();
    }
}

// Sends what goes. @throws std::bad_alloc
void WsSession::flush() {
    if (phase_ == Phase::kFinished || phase_ == Phase::kLost) return;
    ClientSocket& client = connection_->client();
    while (outbox_.size() != 0) {
        const std::string_view unsent = outbox_.unsent();
        const iovec piece{const_cast<char*>(unsent.data()), unsent.size()};
        const Socket::Outcome sent = client.try_send({&piece, 1});
        if (sent == -EAGAIN) return await_client();
        if (sent < 0) return lose();
        note_progress(static_cast<std::size_t>(sent));
    }
    blocked_.unlink();
    behind_.reset();
    if (phase_ == Phase::kFinishing) finish();
}

// The client takes no more now. @throws std::bad_alloc
void WsSession::await_client() {
    ClientSocket& client = connection_->client();
    client.socket().watch_writable();
    if (blocked_.is_linked()) return;
    if (behind_ == nullptr) {
        behind_ = std::make_unique<WsClientPace>(terms_.write, terms_.write_rate);
    } else if (behind_->takes_too_little()) {
        return cut();
    }
    behind_->begin_wait(client);
    sockets_->wait(blocked_, WsWait::For::kRoom, terms_.write);
}

// The access line has them as the bytes of its answer.
void WsSession::count(std::size_t sent) noexcept {
    bytes_sent_ += sent;
    if (is_served()) connection_->exchange->answer.body_bytes = bytes_sent_;
}

void WsSession::note_progress(std::size_t sent) {
    count(sent);
    outbox_.sent(sent);
    blocked_.unlink();
    if (behind_ != nullptr) behind_->count_taken(sent);
    senders_.tell_first();
}

}  // namespace grove::http
