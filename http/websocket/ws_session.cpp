#include "ws_session.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <utility>

#include <sys/uio.h>

#include <grove/core/hub.h>
#include <grove/http/stopping.h>

#include "client_end.h"
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

constexpr Duration kCloseTime = std::chrono::seconds{5};
constexpr std::uint16_t kPingsASecond = 1000;

}  // namespace

WsSession::~WsSession() = default;

// @pre !gone()
WsSockets& WsSession::sockets() const noexcept { return static_cast<WsSockets&>(*parts().all); }

WsSession& WsSession::of_member(LineHook& member) noexcept {
    return static_cast<WsSession&>(static_cast<WsMember&>(member));
}

bool WsSession::is_served() const noexcept {
    return connection_->state() == Connection::State::kServed;
}

void WsSession::begin(ServedRequest& request, WsSockets& sockets) {
    Connection& connection = static_cast<Connection&>(*request.hook);  // each hook is one
    connection.client().park();
    retain();
    connection_ = &connection;
    parts_ = &sockets.parts();
    sockets.add(static_cast<WsMember&>(*this));
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
    if (std::exchange(message_waits_, false)) reader_.reset();
    WsWait::unlink();
    try {
        if (!reason.empty()) close_reason_ = std::make_unique<const std::string>(reason);
    } catch (const std::exception&) {  // no memory for it
    }
    if (backlog_ != nullptr) backlog_->senders.tell_all();
    news();
}

// The client broke a rule, and nothing more of it is read. @throws std::bad_alloc
void WsSession::fail(std::uint16_t code, std::string_view why) {
    if (!closed()) backlog().outbox.add_close(code, why);
    set_closed(Phase::kFinishing, code, why);
    await_end();
}

void WsSession::close(std::uint16_t code, std::string_view reason) noexcept {
    if (closed()) return;
    const WsSessionRef alive{this};
    try {
        backlog().outbox.add_close(code, reason);
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
        const WsSessionRef alive = let_go();
        lingering.linger(connection);
        return;
    }
    ClientSocket& client = connection_->client();
    ClientEnd{client}.finish();
    client.socket().shutdown_write();
}

// The client has gone, with or without a Close.
void WsSession::lose() noexcept {
    set_closed(Phase::kLost, close_code::kAbnormal, {});
    phase_ = Phase::kLost;
    drop_backlog();
    WsWait::unlink();
    if (gone()) return;
    Connection& connection = *connection_;
    if (is_served()) {
        if (connection.exchange->watch != nullptr)
            connection.exchange->watch->tell(ClientWatch::Gone::kFinished);
        return;
    }
    const WsSessionRef alive = let_go();
    connection.close();
}

void WsSession::cut() noexcept {
    if (gone()) return;
    if (is_served()) {
        ClientEnd{connection_->client()}.cut_off();
        return lose();
    }
    set_closed(Phase::kLost, close_code::kAbnormal, {});
    if (gone()) return;
    Connection& connection = *connection_;
    const WsSessionRef alive = let_go();
    connection.reset();
}

// @return what keeps it alive as long as the caller
WsSessionRef WsSession::let_go() noexcept {
    if (connection_->state() == Connection::State::kSwitched) connection_->protocol = nullptr;
    WsMember::unlink();
    WsWait::unlink();
    drop_backlog();
    parts().metrics.count_close(close_code_);
    over();
    connection_ = nullptr;
    WsSessionRef alive{this};
    release();  // as begin() has retained it
    return alive;
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
    const WsSessionRef alive{this};
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
    const WsSessionRef alive{this};
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

void WsSession::on_event(void (WsSession::*deal)()) noexcept {
    if (gone()) return;
    const WsSessionRef alive{this};
    try {
        (this->*deal)();
    } catch (const std::exception&) {  // no memory
        cut();
    }
}

void WsSession::expired(WsWait& wait) noexcept {
    WsSession& session = wait.waits_for == WsWait::For::kRoom
                             ? static_cast<WsBacklog&>(wait).session
                             : static_cast<WsSession&>(wait);
    const WsSessionRef alive{&session};
    session.on_expired(wait);
}

void WsSession::on_expired(WsWait& wait) noexcept {
    try {
        switch (wait.waits_for) {
            case WsWait::For::kBytes:
                if (is_unread()) return heard();
                put(Opcode::kPing, {});
                if (!gone()) wait_for(WsWait::For::kPong, terms().pong);
                return;
            case WsWait::For::kRoom:
                if (backlog_->behind && backlog_->behind->keeps_up(connection_->client()))
                    return sockets().wait(wait, wait.waits_for, terms().write);
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

void WsSession::wait_for(WsWait::For what, Timespan timeout) {
    sockets().wait(*this, what, timeout);
}

// ---- what comes

void WsSession::on_readable() noexcept { on_event(&WsSession::read); }

WsReader& WsSession::reader() {
    if (reader_ == nullptr) {
        reader_ =
            std::make_unique<WsReader>(terms().limits, Sender::kClient, terms().window_bits != 0);
    }
    return *reader_;
}

void WsSession::read() {
    read_some();
    if (reader_ != nullptr && !message_waits_ && reader_->idle()) reader_.reset();
}

void WsSession::read_some() {
    constexpr int kReadsAtOnce = 16;  // then the others' turn
    ClientSocket& client = connection_->client();
    for (int reads = 0; reads < kReadsAtOnce; ++reads) {
        const bool goes_on = read_what_is_there();
        if (gone()) return;
        if (client.input().empty()) client.input().let_go();  // also while a message waits
        if (!goes_on) return;
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
        const WsReader::Event event = reader().next(bytes);
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
            if (closed()) return (void)reader_->take_message();
            message_waits_ = true;
            return news();
        case WsReader::Event::kPing:
            return take_ping();
        case WsReader::Event::kClose:
            return peer_closed();
        case WsReader::Event::kFailed:
            return fail(reader_->close_code(), reader_->why());
    }
}

std::optional<Message> WsSession::take_message() {
    std::optional<Message> message{{reader_->binary(), reader_->take_message()}};
    const bool is_coded = reader_->compressed();
    message_waits_ = false;
    reader_.reset();
    if (is_coded) {
        WsDeflate::Inflated inflated;
        try {
            inflated = WsDeflate::of_thread().inflate(message->data, terms().limits.message_bytes,
                                                      !message->binary);
        } catch (...) {  // no memory: the message is lost, and no other may take its place
            cut();
            throw;
        }
        if (inflated.close_code != 0) {
            fail(inflated.close_code, inflated.why);
            return std::nullopt;
        }
        message->data = std::move(inflated.message);
    }
    parts().metrics.websocket_messages_in.add();
    on_readable();  // reads on
    return message;
}

void WsSession::take_ping() {
    constexpr std::uint32_t kSecond = 1000;
    const auto now = static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(get_hub().loop().tick()).count());
    if (now - second_ > kSecond) {
        second_ = now;
        pings_ = 0;
    }
    if (++pings_ > kPingsASecond) {
        fail(close_code::kPolicy, "too many pings");
    } else if (!closed()) {
        backlog().outbox.pong(reader_->payload());
        flush();
    }
}

void WsSession::peer_closed() {
    const std::uint16_t code = reader_->close_code();
    if (!closed()) backlog().outbox.add_close(code, {});
    set_closed(Phase::kFinishing, code, reader_->payload());
    await_end();
}

// The Close leaves. Its time is bounded, whatever the client does.
void WsSession::await_end() {
    if (gone()) return;
    wait_for(WsWait::For::kClose, kCloseTime);
    flush();
}

// The application has not taken the last message, so that nothing is read: not the client is silent.
bool WsSession::is_unread() { return phase_ == Phase::kOpen && is_full(); }

// Some byte has come, or may have.
void WsSession::heard() {
    if (phase_ == Phase::kOpen) wait_for(WsWait::For::kBytes, terms().ping);
}

// ---- what leaves

WsBacklog& WsSession::backlog() {
    if (backlog_ == nullptr) backlog_ = std::make_unique<WsBacklog>(*this);
    return *backlog_;
}

// Nothing more leaves. Who waits for room has the rest of it.
void WsSession::drop_backlog() noexcept {
    if (backlog_ == nullptr) return;
    backlog_->outbox.clear();
    backlog_->unlink();
    if (backlog_->over()) backlog_.reset();
}

bool WsSession::send(Opcode opcode, std::string_view data, bool blocks) {
    const WsSessionRef alive{this};
    if (closed()) return false;
    if (blocks) {
        if (!await_room(data.size())) return false;
    } else if (backlog_ != nullptr && !backlog_->takes(data.size())) {
        return false;
    }
    const std::string* const coded = sockets().fan_out().compress(data, terms().window_bits);
    put(opcode, coded != nullptr ? *coded : data, coded != nullptr);
    if (!gone()) parts().metrics.websocket_messages_out.add();
    return true;
}

// First come, first served. @return false: it was closed
bool WsSession::await_room(std::size_t bytes) {
    if (backlog_ == nullptr || backlog_->takes(bytes)) return true;
    const WsBacklogUse use{backlog_};  // before the place: it ends after it, also by a kill
    WsSenders::Place place{backlog_->senders};
    while (!closed() && !(place.is_first() && backlog_->has_room(bytes))) {
        place.forget_what_was_told();
        SlotLine::wait_without_slot([&](Timespan time) { return place.wait(time); });
    }
    return !closed();
}

// The frame is in the outbox, or has left. @throws std::bad_alloc, with nothing sent
void WsSession::put(Opcode opcode, std::string_view payload, bool compressed) {
    if (backlog_ != nullptr && !backlog_->outbox.empty()) {
        backlog_->outbox.add(opcode, payload, compressed);
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
        backlog().outbox.add_rest(header, payload, left);
    } catch (const std::exception&) {  // a part of it has left
        cut();
        throw;
    }
    flush();
}

void WsSession::on_writable() noexcept { on_event(&WsSession::flush); }

// Sends what goes. @throws std::bad_alloc
void WsSession::flush() {
    if (phase_ == Phase::kFinished || phase_ == Phase::kLost) return;
    ClientSocket& client = connection_->client();
    while (backlog_ != nullptr && backlog_->outbox.size() != 0) {
        const std::string_view unsent = backlog_->outbox.unsent();
        const iovec piece{const_cast<char*>(unsent.data()), unsent.size()};
        const Socket::Outcome sent = client.try_send({&piece, 1});
        if (sent == -EAGAIN) return await_client();
        if (sent < 0) return lose();
        note_progress(static_cast<std::size_t>(sent));
    }
    if (backlog_ != nullptr) {
        backlog_->behind.reset();
        drop_backlog();
    }
    if (phase_ == Phase::kFinishing) finish();
}

// The client takes no more now. @throws std::bad_alloc
void WsSession::await_client() {
    ClientSocket& client = connection_->client();
    client.socket().watch_writable();
    WsBacklog& waits = *backlog_;
    if (waits.is_linked()) return;
    if (!waits.behind) {
        waits.behind.emplace(terms().write, terms().write_rate);
    } else if (waits.behind->takes_too_little()) {
        return cut();
    }
    waits.behind->begin_wait(client);
    sockets().wait(waits, WsWait::For::kRoom, terms().write);
}

// The access line has them as the bytes of its answer.
void WsSession::count(std::size_t sent) noexcept {
    bytes_sent_ += sent;
    if (is_served()) connection_->exchange->answer.body_bytes = bytes_sent_;
}

void WsSession::note_progress(std::size_t sent) {
    count(sent);
    backlog_->outbox.sent(sent);
    backlog_->unlink();
    if (backlog_->behind) backlog_->behind->count_taken(sent);
    backlog_->senders.tell_first();
}

}  // namespace grove::http
