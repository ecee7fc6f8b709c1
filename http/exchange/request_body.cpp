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

#include "client_socket.h"
#include "client_waits.h"
#include "client_watch.h"
#include "exchange.h"
#include "request_terms.h"
#include "service_terms.h"

namespace grove::http {
namespace {

constexpr std::uint64_t kMostDiscarded =
    65536;  // of an unread body, for the sake of keeping the connection

struct Reading {
    explicit Reading(int& readers) noexcept : count{readers} { ++count; }
    ~Reading() { --count; }
    int& count;
};

// Apart, as discard_rest() is: a function that has an object of its own guards its stack.
// Few requests need these.
[[gnu::cold, gnu::noinline]] void drop(std::string& text) noexcept { std::string{}.swap(text); }
[[gnu::cold, gnu::noinline]] void drop(std::exception_ptr& error) noexcept { error = nullptr; }

}  // namespace

void RequestBody::begin() noexcept {
    const RequestHead& head = exchange_.head;
    left_ = head.content_length.value_or(0);
    framing_ = head.chunked ? Framing::kChunked : left_ != 0 ? Framing::kLength : Framing::kNone;
    continue_due_ = head.expect_continue && framing_ != Framing::kNone;
    bad_trailer_ = false;
    piece_ = {};
    if (!returned_.empty()) drop(returned_);
    unconsumed_ = 0;
    received_ = discarded_ = 0;
    waited_ = {};
    chunks_.reset();
    scan_.reset();
    if (head.chunked) chunks_.emplace(limits_of(exchange_));
    if (error_ != nullptr) drop(error_);
}

std::optional<std::uint64_t> RequestBody::left() const noexcept {
    if (framing_ == Framing::kChunked) return std::nullopt;
    return left_ + piece_.size();
}

bool RequestBody::has_come() noexcept {
    const std::size_t most = exchange_.terms.limits.body_buffer;
    const std::size_t spooled = exchange_.spooled ? exchange_.spooled->bytes() : 0;
    const std::size_t here = spooled + exchange_.client->input().bytes().size();
    if (framing_ == Framing::kLength) return here >= left_ || left_ > most;
    return chunks_have_come(spooled) || here >= most;
}

bool RequestBody::chunks_have_come(std::size_t spooled) noexcept {
    const std::string_view bytes = exchange_.client->input().bytes();
    if (!scan_) scan_.emplace(Scan{*chunks_});
    while (scan_->scanned < spooled + bytes.size()) {
        const ChunkedResult result = scan_->decoder.feed(bytes.substr(scan_->scanned - spooled));
        scan_->scanned += result.consumed;
        if (result.state != ChunkedState::kMore)
            return true;  // what is wrong with it, its reader learns
    }
    return false;
}

// Apart, as next_piece() usually finds that there is no body, and has no need of a guarded stack.
[[gnu::cold, gnu::noinline]] void RequestBody::fail_for_trailer() {
    fail(std::make_exception_ptr(
        BadRequest{std::string{trailer_refusal_.why}, trailer_refusal_.status}));
}

[[gnu::cold, gnu::noinline]] void RequestBody::fail_again() { std::rethrow_exception(error_); }

void RequestBody::fail(std::exception_ptr error) {
    error_ = std::move(error);
    framing_ = Framing::kNone;
    piece_ = {};
    std::rethrow_exception(error_);
}

void RequestBody::send_continue() {
    forget_continue();
    if (exchange_.response.head_made())
        return;  // in the middle of a response there is no place for it
    exchange_.output += "HTTP/1.1 100 Continue\r\n\r\n";
    exchange_.flush();
}

std::string_view RequestBody::peek() {
    if (error_ != nullptr) fail_again();
    if (continue_due_ && framing_ != Framing::kNone) send_continue();
    while (piece_.empty() && !next_piece()) receive();
    if (exchange_.watch != nullptr && piece_.empty()) exchange_.watch->look();
    return piece_;
}

void RequestBody::take(std::size_t count) noexcept {
    piece_.remove_prefix(count);
    if (piece_.empty())
        let_go_of_piece();  // now: who looks for the next head must not meet the body's end
}

// The piece may have gone on meanwhile, where two greenlets read.
void RequestBody::put_back(std::string&& bytes) noexcept {
    if (bytes.empty() || error_ != nullptr || exchange_.ended()) return;
    try {
        bytes.append(piece_);
    } catch (const std::exception&) {  // no memory: a body with a gap is none
        error_ = std::current_exception();
        framing_ = Framing::kNone;
        piece_ = {};
        return;
    }
    returned_ = std::move(bytes);
    piece_ = returned_;
}

void RequestBody::let_go_of_piece() noexcept {
    piece_ = {};
    if (!returned_.empty()) drop(returned_);
    exchange_.client->input().consume(std::exchange(unconsumed_, 0));
    if (exchange_.watch != nullptr) exchange_.watch->look();  // an end behind it counts from here
}

// @return whether there is a piece, or the end: else more must be received
bool RequestBody::next_piece() {
    switch (framing_) {
        case Framing::kNone:
            // Only a reader who wants the end learns of a bad trailer; for others the response stands.
            if (bad_trailer_) fail_for_trailer();
            return true;
        case Framing::kLength:
            return next_of_length();
        case Framing::kChunked:
            return next_of_chunks();
    }
    return true;
}

bool RequestBody::next_of_length() noexcept {
    const std::string_view bytes = exchange_.client->input().bytes();
    piece_ = bytes.substr(0, std::min<std::uint64_t>(bytes.size(), left_));
    unconsumed_ = piece_.size();
    left_ -= piece_.size();
    if (left_ == 0) framing_ = Framing::kNone;
    return !piece_.empty();
}

[[gnu::noinline]] bool RequestBody::next_of_chunks() {
    InputBuffer& input = exchange_.client->input();
    while (!input.empty()) {
        const ChunkedResult result = chunks_->feed(input.bytes());
        switch (result.state) {
            case ChunkedState::kRefused:
                if (result.refusal.status == 413) {
                    fail(std::make_exception_ptr(PayloadTooLarge{std::string{result.refusal.why}}));
                }
                fail(std::make_exception_ptr(
                    BadRequest{std::string{result.refusal.why}, result.refusal.status}));
            case ChunkedState::kTrailerRefused:
                bad_trailer_ = true;
                trailer_refusal_ = result.refusal;
                framing_ = Framing::kNone;
                break;
            case ChunkedState::kDone:
                framing_ = Framing::kNone;
                break;
            case ChunkedState::kMore:
                break;
        }
        if (!result.data.empty()) {
            piece_ = result.data;
            unconsumed_ = result.consumed;
            return true;
        }
        input.consume(result.consumed);
        if (framing_ == Framing::kNone) return next_piece();
    }
    return false;
}

// Blocks for more, as long as timeouts.body and limits.body_rate allow. Only the time in waits counts: an
// application that takes its time is not the client's fault.
[[gnu::noinline]] void RequestBody::receive() {
    const Timespan timeout = timeouts_of(exchange_).body;
    Hub& hub = get_hub();
    const Timer::Instant began = hub.now();
    Socket::Outcome got = 0;
    try {
        const Reading reading{readers_};
        got = ClientWaits::receive(exchange_, timeout);
    } catch (const std::system_error&) {  // timed out, or closed meanwhile: told apart below
        got = 0;
    }
    if (exchange_.ended()) throw BadRequest{"the request that this input belongs to has ended"};
    const Duration waited = hub.now() - began;
    if (got == 0) {
        if (timeout && waited >= *timeout)
            fail(std::make_exception_ptr(BadRequest{"the body stalled", 408}));
        fail(std::make_exception_ptr(
            ClientDisconnected{"the client went before the body was complete"}));
    }
    if (got > 0) received_ += static_cast<std::uint64_t>(got);
    check_rate(waited);
}

void RequestBody::check_rate(Duration waited) {
    waited_ += waited;
    const Timespan timeout = timeouts_of(exchange_).body;
    const std::uint64_t rate = limits_of(exchange_).body_rate;
    if (!timeout || waited_ < *timeout || rate == 0) return;
    const auto seconds = std::chrono::duration<double>(waited_).count();
    if (static_cast<double>(received_) < static_cast<double>(rate) * seconds) {
        fail(std::make_exception_ptr(BadRequest{"the body came too slowly", 408}));
    }
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
                if (exchange_.client->drained()) return Discarded::kMore;
                const Socket::Outcome got = exchange_.client->try_receive();
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
