#include "http2_connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <exception>
#include <limits>
#include <new>
#include <utility>

#include "ascii.h"
#include "client_peer.h"
#include "exchange.h"
#include "exchange_pool.h"
#include "http2_connections.h"
#include "in_flight.h"
#include "lingering.h"
#include "next_turn.h"
#include "parking.h"
#include "service_terms.h"
#include "wsgi_connection.h"

namespace grove::http {
namespace {

constexpr std::size_t kMostOwed = 65536;  // what its client does not take, its streams must keep
constexpr std::size_t kShare = 16384;     // of that, for one stream of many that wait
constexpr std::size_t kMostKept = 4 * kMostOwed;  // by the memory that they share
constexpr int kReadsAtOnce = 16;                  // then the others' turn
constexpr std::int32_t kNoLast = std::numeric_limits<std::int32_t>::max();  // of a notice
constexpr Duration kNotice = std::chrono::seconds{1};

// RFC 9113 section 6.5.2: what is counted beside a field's name and value.
std::uint32_t header_list_of(const Limits& limits) noexcept {
    constexpr std::uint64_t kPerField = 32;
    constexpr std::uint64_t kMost = 0xffffffff;
    if (limits.headers > kMost / kPerField || limits.header_bytes > kMost) return kMost;
    return static_cast<std::uint32_t>(
        std::min(kMost, limits.header_bytes + kPerField * limits.headers));
}

bool comes_before(const Http2Stream& one, const Http2Stream& other) noexcept {
    const Priority& mine = one.priority;
    const Priority& others = other.priority;
    if (mine.urgency != others.urgency) return mine.urgency < others.urgency;
    if (mine.incremental != others.incremental) return others.incremental;
    return !mine.incremental && one.id() < other.id();
}

std::shared_ptr<const SharedPeer> peer_of(ClientSocket& client, const ServiceTerms& terms) {
    ClientPeer peer{client};
    static_cast<void>(peer.trusted(terms));  // the streams are told what is known then
    auto shared = std::make_shared<SharedPeer>();
    shared->local = peer.local(terms);
    if (const TlsInfo* const tls = peer.tls()) {
        shared->tls = *tls;
        shared->certificate = peer.certificate();
    }
    return shared;
}

}  // namespace

Http2Connection::Http2Connection(const Parts& parts, WsgiConnection& connection)
    : parts_{parts},
      connection_{&connection},
      peer_{peer_of(connection.client(), parts.service.connections.terms)},
      rules_{parts.options},
      session_{parts.frame, *this, parts.options,
               header_list_of(parts.service.connections.terms.head_limits())},
      pump_{get_hub(), [this] { send(); }} {}

Http2Connection::~Http2Connection() = default;

void Http2Connection::begin(bool secure) {
    connection_->client().park();
    connection_->unlink();
    connection_->protocol = this;
    connection_->set_state(Connection::State::kSwitched);
    metrics().http2_connections.add();
    if (!secure) session_.terminate(NGHTTP2_INADEQUATE_SECURITY);
    settle();
    send_soon();
    parts_.service.connections.next_turn.look_again(*connection_);
}

void Http2Connection::close() noexcept {
    if (!gone()) connection_->close();
}

ServerMetrics& Http2Connection::metrics() const noexcept {
    return parts_.service.connections.metrics;
}

// ---- Reading, in the hub

void Http2Connection::on_readable() noexcept {
    if (gone()) return;
    InputBuffer& input = connection_->client().input();
    if (!input.empty()) {  // the preface, or its beginning
        const std::string first{input.bytes()};
        input.clear();
        take(first);
    }
    if (!gone()) read_socket();
}

void Http2Connection::read_socket() noexcept {
    // Not on the stack; nothing looks at it once its bytes are taken.
    thread_local std::array<char, 16384> buffer;
    for (int reads = 0; reads < kReadsAtOnce && !parts_.all.crowded(); ++reads) {
        if (gone() || connection_->client().drained()) return;
        const Socket::Outcome got = connection_->client().try_receive(buffer);
        if (got == -EAGAIN) return;
        if (got <= 0) return lose();
        take({buffer.data(), static_cast<std::size_t>(got)});
    }
    if (!gone()) parts_.service.connections.next_turn.look_again(*connection_);
}

void Http2Connection::take(std::string_view bytes) noexcept {
    session_.receive(bytes);
    tell_news();
    if (gone()) return;
    tell_of_room();
    if (gone()) return;
    settle();
    send_soon();
}

void Http2Connection::note_news(Http2Stream& stream) noexcept {
    auto& hook = static_cast<Http2NewsHook&>(stream);
    if (!hook.is_linked()) news_.push_back(stream);
}

void Http2Connection::tell_news() noexcept {
    while (!news_.empty()) {
        Http2Stream& stream = news_.front();
        news_.pop_front();
        stream.tell_news();
    }
}

// ---- What the session tells

std::uint32_t Http2Connection::on_frame(const Http2Frame& frame) {
    const bool is_open = session_.is_open(frame.stream);
    if (frame.type == NGHTTP2_RST_STREAM && is_open) metrics().http2_client_resets.add();
    return rules_.on_frame(frame, is_open, get_hub().loop().tick());
}

void Http2Connection::on_head_begins(std::int32_t id) {
    if (places_ >= parts_.options.streams) {
        session_.reset(id, NGHTTP2_REFUSED_STREAM);
        metrics().http2_streams_refused.add();
        if (const std::uint32_t error = rules_.on_refused_stream(get_hub().loop().tick()))
            session_.terminate(error);
        return;
    }
    auto* const stream = new Http2Stream{*this, id};
    streams_.push_back(*stream);
    session_.attach(id, stream);
    ++serving_;
    ++places_;
    open_head_ = id;
}

void Http2Connection::on_field(Http2Stream& stream, std::string_view name, std::string_view value,
                               bool trailer) {
    const bool taken =
        trailer ? MessageRules::takes_trailer(name, value) : stream.rules.takes_field(name, value);
    if (!expect(taken, stream)) return;
    if (trailer) {
        expect(
            stream.trailers_came.add(name, value, parts_.service.connections.terms.head_limits()),
            stream);
        return;
    }
    stream.head_fields.add(name, value, parts_.service.connections.terms.head_limits());
    if (same(name, "priority")) stream.priority = priority_of(value);
}

// @return false: the request is malformed, and reset; what still comes of it means nothing
bool Http2Connection::expect(bool well_formed, Http2Stream& stream) noexcept {
    if (!well_formed && !std::exchange(stream.malformed, true))
        session_.reset(stream.id(), NGHTTP2_PROTOCOL_ERROR);
    return !stream.malformed;
}

void Http2Connection::on_priority(Http2Stream& stream, std::string_view field) {
    stream.priority = priority_of(field);
}

void Http2Connection::on_head(Http2Stream& stream, bool ends) {
    if (open_head_ == stream.id()) open_head_ = 0;
    if (!expect(stream.rules.takes_head(ends), stream)) return;
    stream.head_came(ends);
    note_news(stream);
}

void Http2Connection::on_data(Http2Stream* stream, std::int32_t id, std::string_view bytes) {
    if (stream == nullptr || !expect(stream->rules.takes_data(bytes), *stream) || stream->drops()) {
        session_.body(id).consume(bytes.size());
    } else {
        stream->body_came(bytes);
        note_news(*stream);
    }
}

void Http2Connection::on_body_end(Http2Stream& stream, bool well_formed) {
    if (!expect(well_formed && stream.rules.takes_end(), stream)) return;
    stream.body_ended();
    note_news(stream);
}

void Http2Connection::on_stream_closed(Http2Stream& stream, std::uint32_t /*code*/) {
    if (open_head_ == stream.id()) open_head_ = 0;
    stream.session_forgot();
    note_news(stream);
}

void Http2Connection::on_settings() { settled_ = true; }

void Http2Connection::on_notice_taken() {
    if (retiring_) go_away();
}

std::size_t Http2Connection::next_data(Http2Stream& stream, std::size_t most, DataEnd& end) {
    const std::size_t bytes = stream.next_data(most, end);
    if (end == DataEnd::kTrailers)
        session_.trail(stream.id(), parts_.fields.of_trailers(*stream.trailers_due));
    return bytes;
}

void Http2Connection::append_data(Http2Stream& stream, std::size_t bytes, std::string& out) {
    stream.append_data(bytes, out);
}

void Http2Connection::on_made(const Http2Frame& frame, Http2Stream* stream, bool ends) {
    rules_.on_sent(frame);
    if (frame.type == NGHTTP2_RST_STREAM) metrics().http2_server_resets.add();
    if (stream != nullptr && ends) stream->end_made();
}

void Http2Connection::on_go_away_made(std::uint32_t code, std::int32_t last) {
    if (last != kNoLast) metrics().count_goaway(code);
    if (code == NGHTTP2_NO_ERROR || gone()) return;
    parts_.service.connections.terms.log(LogLevel::kInfo,
                                         ClientPeer{connection_->client()}.address().text() +
                                             ": HTTP/2: GOAWAY: " + nghttp2_http2_strerror(code));
}

void Http2Connection::on_malformed_request() {
    if (const std::uint32_t error = rules_.on_refused_request(get_hub().loop().tick()))
        session_.terminate(error);
}

// ---- Its requests

void Http2Connection::serve(Http2Stream& stream) noexcept {
    const WsgiConnection::Parts& parts = parts_.service.connections;
    const ServiceTerms& terms = parts.terms;
    ClientStream& as_served = stream;
    std::unique_ptr<WsgiConnection> served;
    Refusal refusal;
    try {
        served = std::make_unique<WsgiConnection>(parts, connection_->client(), stream, peer_);
        stream.serve(*served);
        Exchange& exchange = parts.exchanges.take(served->client(), *served, nullptr);
        served->exchange = &exchange;
        refusal = stream.head_fields.parse(terms.head_limits(), terms.extra_methods(),
                                           stream.has_no_body(), exchange.head);
        exchange.head.stream = static_cast<std::uint32_t>(stream.id());
        exchange.number = ++connection_->requests;
    } catch (const std::exception&) {  // no memory for this one, which the others need not notice
        return as_served.reset();
    }
    if (refusal) on_malformed_request();
    if (terms.was_last(connection_->requests)) retire();
    served.release()->take_head(refusal);
    parts_.all.count_begun();
}

void Http2Connection::stream_closed() noexcept {
    --serving_;
    send_soon();
}

// ---- Sending, once a turn

std::size_t Http2Connection::room(const Http2Stream& stream) const noexcept {
    const auto owed = static_cast<std::int64_t>(owed_);
    const std::int64_t room =
        std::min({session_.window(stream.id()) - static_cast<std::int64_t>(stream.owed()),
                  session_.window(0) - owed,
                  static_cast<std::int64_t>(kMostOwed) - owed -
                      static_cast<std::int64_t>(out_.size() - sent_)});
    return static_cast<std::size_t>(std::max<std::int64_t>(room, 0));
}

void Http2Connection::wait_for_room(Http2Stream& stream) noexcept {
    auto& hook = static_cast<Http2WaitHook&>(stream);
    if (!hook.is_linked()) waiting_.push_back(stream);
}

// The most urgent first. Of these an answer that is of use only as a whole has all of it, in the order of the requests;
// behind them those that are of use in parts take turns (RFC 9218, section 10). Who finds that others have taken it waits
// again, behind them.
void Http2Connection::tell_of_room() noexcept {
    Waiting rest;
    Waiting shut;  // whose own windows are
    rest.swap(waiting_);
    rest.sort(
        [](const Http2Stream& one, const Http2Stream& other) { return comes_before(one, other); });
    for (std::size_t told = 0; !rest.empty() && told < kMostOwed;) {
        Http2Stream& stream = rest.front();
        rest.pop_front();
        const std::size_t free = room(stream);
        if (free == 0) {
            shut.push_back(stream);
            continue;
        }
        told += stream.priority.incremental ? std::min(free, kShare) : free;
        stream.tell_of_room();
    }
    // Before those that have had some.
    waiting_.splice(waiting_.begin(), rest);
    waiting_.splice(waiting_.begin(), shut);
}

std::size_t Http2Connection::stuck() const noexcept {
    return write_alarm_.armed() ? connection_->client().unsent() + out_.size() - sent_ : 0;
}

void Http2Connection::send() noexcept {
    if (gone()) return;
    const bool all = send_made();
    tell_news();
    if (gone() || !all) return;
    tell_of_room();
    if (gone()) return;
    if (session_.over()) return finish();
    settle();
}

// What is made lies in memory that all connections share; only what the socket does not take is kept. @return false: there
// is some, or the connection is gone
bool Http2Connection::send_made() noexcept {
    if (out_.empty()) {
        const bool all = send_out(parts_.out);
        parts_.out.clear();
        if (parts_.out.capacity() > kMostKept) std::string{}.swap(parts_.out);
        return all;
    }
    const bool all = send_out(out_);
    if (all) std::string{}.swap(out_);
    return all;
}

bool Http2Connection::send_out(std::string& out) noexcept {
    ClientSocket& client = connection_->client();
    if (!session_.make(out)) {
        lose();
        return false;
    }
    while (sent_ != out.size()) {
        const iovec piece{out.data() + sent_, out.size() - sent_};
        const Socket::Outcome sent = client.try_send({&piece, 1});
        if (sent < 0) {
            if (sent == -EAGAIN && keep(out)) {
                await_client();
            } else {
                if (&out != &out_) sent_ = 0;
                lose();
            }
            return false;
        }
        sent_ += static_cast<std::size_t>(sent);
        stuck_ += static_cast<std::size_t>(sent);
    }
    sent_ = 0;
    return true;
}

// @return false: there is no memory
bool Http2Connection::keep(const std::string& out) noexcept {
    if (&out == &out_) return true;
    try {
        out_.assign(out, std::exchange(sent_, 0));
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

void Http2Connection::await_client() noexcept {
    try {
        connection_->client().watch_writable();
    } catch (const std::exception&) {  // the alarm is its end
    }
    if (write_alarm_.armed()) return;
    stuck_ = connection_->client().unsent();
    write_alarm_.set(parts_.service.connections.terms.timeouts.write);
}

void Http2Connection::on_writable() noexcept { send(); }

// As AnswerLine: the kernel tells of room late. It may also take more of its own accord, though the client takes nothing.
void Http2Connection::client_is_slow() noexcept {
    const std::size_t before = std::exchange(stuck_, connection_->client().unsent());
    if (stuck_ == 0 && out_.empty()) return;
    if (stuck_ >= before) return connection_->reset();
    write_alarm_.set(parts_.service.connections.terms.timeouts.write);
}

// ---- Its end

// What it waits for now.
void Http2Connection::settle() noexcept {
    const bool waits_for_head = !settled_ || open_head_ != 0;
    if (waits_for_head) {
        head_alarm_.set(parts_.service.connections.terms.timeouts.header);
    } else {
        head_alarm_.cancel();
    }
    const bool idle = serving_ == 0 && !waits_for_head && !retiring_;
    if (idle != parked_) idle ? park() : unpark();
}

// It stands among those of HTTP/1.1 that have no request.
void Http2Connection::park() noexcept {
    parked_ = true;
    metrics().idle.add();
    connection_->unlink();
    parts_.service.parking.park(*connection_);
}

void Http2Connection::unpark() noexcept {
    parked_ = false;
    metrics().idle.subtract();
    connection_->unlink();
}

void Http2Connection::head_is_late() noexcept {
    session_.terminate(NGHTTP2_NO_ERROR);
    send_soon();
}

// A client that has sent a request meanwhile must learn that it is not served: so the last is named a little later.
void Http2Connection::retire() noexcept {
    if (gone() || std::exchange(retiring_, true)) return;
    parts_.service.in_flight.hold();
    if (parked_) unpark();
    session_.notice();
    notice_alarm_.set(kNotice);
    send_soon();
}

void Http2Connection::go_away() noexcept {
    if (std::exchange(goes_away_, true)) return;
    rules_.take_no_more();
    notice_alarm_.cancel();
    session_.go_away();
    send_soon();
    parts_.service.in_flight.release();
}

void Http2Connection::finish() noexcept {
    WsgiConnection& connection = *connection_;
    let_go();
    parts_.service.connections.lingering.linger(connection);
}

void Http2Connection::lose() noexcept { connection_->close(); }

void Http2Connection::on_closed() noexcept {
    if (gone()) return;
    session_.terminate(NGHTTP2_NO_ERROR);
    if (session_.make(out_)) connection_->client().send_some(std::string_view{out_}.substr(sent_));
    let_go();
}

void Http2Connection::let_go() noexcept {
    metrics().http2_connections.subtract();
    if (parked_) unpark();
    if (retiring_ && !std::exchange(goes_away_, true)) parts_.service.in_flight.release();
    connection_->protocol = nullptr;
    connection_ = nullptr;
    pump_.cancel();
    head_alarm_.cancel();
    write_alarm_.cancel();
    notice_alarm_.cancel();
    while (!streams_.empty()) streams_.front().connection_gone();
    parts_.all.bury(*this);
}

}  // namespace grove::http
