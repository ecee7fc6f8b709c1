#include "request_body.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>

#include <grove/core/detail/socket.h>
#include <grove/core/hub.h>
#include <grove/http/bad_request.h>

#include "answer_output.h"
#include "client_socket.h"
#include "client_waits.h"
#include "client_watch.h"
#include "request_state.h"
#include "request_terms.h"

namespace grove::http {
namespace {

constexpr std::uint64_t kMostDiscarded =
    65536;  // of an unread body, for the sake of keeping the connection

// What is less is received into the client's input: a look for a few bytes may find those after them, too.
constexpr std::size_t kLeastDirect = 8192;
constexpr std::size_t kMostDirect = 65536;

struct Reading {
    explicit Reading(int& readers) noexcept : count{readers} { ++count; }
    ~Reading() { --count; }
    int& count;
};

// Apart, as discard_rest() is: a function that has an object of its own guards its stack.
// Few requests need these.
[[gnu::cold, gnu::noinline]] void drop(std::string& text) noexcept { std::string{}.swap(text); }

}  // namespace

void RequestBody::begin() noexcept {
    BodyFraming::begin();
    if (!returned_.empty()) drop(returned_);
    received_ = discarded_ = 0;
    waited_ = {};
}

void RequestBody::send_continue() {
    forget_continue();
    if (request_.answer.head_made) return;  // in the middle of a response there is no place for it
    if (ClientStream* const stream = request_.client->stream()) return stream->tell_to_continue();
    request_.output += "HTTP/1.1 100 Continue\r\n\r\n";
    AnswerOutput::flush(request_);
}

std::string_view RequestBody::peek() {
    if (error_ != nullptr) fail_again();
    if (continue_due() && !at_end()) send_continue();
    while (piece_.empty() && !next_piece()) receive();
    if (request_.watch != nullptr && piece_.empty()) request_.watch->look();
    return piece_;
}

Headers RequestBody::trailers() {
    ClientStream* const stream = request_.client->stream();
    while (stream != nullptr && complete() && !stream->finished() && !stream->lost()) {
        if (!stream->wait_readable(timeouts_of(request_).body)) break;
    }
    return BodyFraming::trailers();
}

void RequestBody::take(std::size_t count) noexcept {
    piece_.remove_prefix(count);
    if (piece_.empty())
        let_go_of_piece();  // now: who looks for the next head must not meet the body's end
}

// The piece may have gone on meanwhile, where two greenlets read.
void RequestBody::put_back(std::string&& bytes) noexcept {
    if (bytes.empty() || error_ != nullptr || request_.ended()) return;
    try {
        bytes.append(piece_);
    } catch (const std::exception&) {  // no memory: a body with a gap is none
        poison(std::current_exception());
        return;
    }
    returned_ = std::move(bytes);
    piece_ = returned_;
}

void RequestBody::let_go_of_piece() noexcept {
    piece_ = {};
    if (!returned_.empty()) drop(returned_);
    request_.client->input().consume(std::exchange(unconsumed_, 0));
    if (request_.watch != nullptr) request_.watch->look();  // an end behind it counts from here
}

// Blocks for more, as long as timeouts.body and limits.body_rate allow. Only the time in waits counts: an
// application that takes its time is not the client's fault.
[[gnu::noinline]] std::size_t RequestBody::receive(ReceiveRoom* direct) {
    const Timespan timeout = timeouts_of(request_).body;
    Hub& hub = get_hub();
    const Timer::Instant began = hub.now();
    Socket::Outcome got = 0;
    try {
        const Reading reading{readers_};
        got = ClientWaits::receive(request_, timeout, direct);
    } catch (const std::system_error&) {  // timed out, or closed meanwhile: told apart below
        got = 0;
    }
    if (request_.ended()) throw BadRequest{"the request that this input belongs to has ended"};
    const Duration waited = hub.now() - began;
    if (got == 0) {
        if (timeout && waited >= *timeout)
            fail(std::make_exception_ptr(BadRequest{"the body stalled", 408}));
        fail(std::make_exception_ptr(
            ClientDisconnected{"the client went before the body was complete"}));
    }
    const std::size_t received = got > 0 ? static_cast<std::size_t>(got) : 0;
    if (direct != nullptr) came_past_input(received);
    received_ += received;
    check_rate(waited);
    return received;
}

/// The end of a text, which is cut off behind what has come.
class RequestBody::Behind final : public ReceiveRoom {
public:
    Behind(RequestBody& body, std::string& bytes, std::size_t room)
        : body_{body}, bytes_{bytes}, came_{bytes.size()} {
        bytes_.resize(came_ + room);
    }
    ~Behind() { bytes_.resize(came_); }
    Behind(const Behind&) = delete;
    Behind& operator=(const Behind&) = delete;

    // While its greenlet waited, another one may have read.
    std::span<char> room() override {
        const std::size_t room = bytes_.size() - came_;
        return {bytes_.data() + came_, std::min<std::uint64_t>(room, body_.due_past_input())};
    }
    void commit(std::size_t received) noexcept { came_ += received; }

private:
    RequestBody& body_;
    std::string& bytes_;
    std::size_t came_;
};

bool RequestBody::receive_behind(std::string& bytes, std::size_t bound) {
    if (error_ != nullptr || continue_due()) return false;
    const std::uint64_t due = std::min<std::uint64_t>(due_past_input(), bound);
    if (due < kLeastDirect) return false;
    // No more than a receive may bring, however much has come: a client that sends a byte at a time has all of it
    // cleared each time.
    Behind behind{*this, bytes, std::min<std::uint64_t>(due, kMostDirect)};
    behind.commit(receive(&behind));
    if (request_.watch != nullptr) request_.watch->look();  // an end behind it counts from here
    return true;
}

void RequestBody::check_rate(Duration waited) {
    waited_ += waited;
    const Timespan timeout = timeouts_of(request_).body;
    const std::uint64_t rate = limits_of(request_).body_rate;
    if (!timeout || waited_ < *timeout || rate == 0) return;
    const auto seconds = std::chrono::duration<double>(waited_).count();
    if (static_cast<double>(received_) < static_cast<double>(rate) * seconds)
        fail(std::make_exception_ptr(BadRequest{"the body came too slowly", 408}));
}

Discarded RequestBody::discard() {
    if (poisoned()) return Discarded::kTooMuch;
    return complete() ? Discarded::kAll : discard_rest();
}

[[gnu::noinline]] Discarded RequestBody::discard_rest() {
    try {
        for (;;) {
            while (piece_.empty()) {
                if (next_piece()) {
                    if (piece_.empty()) return poisoned() ? Discarded::kTooMuch : Discarded::kAll;
                    break;
                }
                if (left().value_or(0) > kMostDiscarded) return Discarded::kTooMuch;
                if (request_.client->drained()) return Discarded::kMore;
                const Socket::Outcome got = request_.client->try_receive();
                if (got == -EAGAIN) return Discarded::kMore;
                if (got <= 0) return Discarded::kTooMuch;
            }
            discarded_ += piece_.size();
            let_go_of_piece();
            if (discarded_ > kMostDiscarded) return Discarded::kTooMuch;
        }
    } catch (const BadRequest&) {  // bad framing: what follows cannot be told from a request
        return Discarded::kTooMuch;
    }
}

}  // namespace grove::http
