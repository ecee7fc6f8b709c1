#include "body_framing.h"

#include <algorithm>
#include <string>
#include <utility>

#include <grove/http/bad_request.h>

#include "client_socket.h"
#include "request_state.h"
#include "request_terms.h"

namespace grove::http {
namespace {

// Apart: a function that has an object of its own guards its stack. Few requests need it.
[[gnu::cold, gnu::noinline]] void drop(std::exception_ptr& error) noexcept { error = nullptr; }
[[gnu::cold, gnu::noinline]] void drop(std::string& text) noexcept { std::string{}.swap(text); }

}  // namespace

void BodyFraming::begin() noexcept {
    const RequestHead& head = request_.head;
    left_ = head.content_length.value_or(0);
    framing_ = head.chunked ? Framing::kChunked : left_ != 0 ? Framing::kLength : Framing::kNone;
    continue_due_ = head.expect_continue && framing_ != Framing::kNone;
    bad_trailer_ = false;
    piece_ = {};
    unconsumed_ = 0;
    chunks_.reset();
    scan_.reset();
    if (!trailer_.empty()) drop(trailer_);
    if (head.chunked) begin_unannounced();
    if (error_ != nullptr) drop(error_);
}

[[gnu::noinline]] void BodyFraming::begin_unannounced() {
    if (request_.head.http2) {
        framing_ = Framing::kStream;
        left_ = limits_of(request_).body;
    } else {
        chunks_.emplace(limits_of(request_));
    }
}

Headers BodyFraming::trailers() const {
    if (!complete() || bad_trailer_) return {};
    if (const ClientStream* const stream = request_.client->stream()) return stream->trailers();
    return trailers_of(trailer_);
}

std::optional<std::uint64_t> BodyFraming::left() const noexcept {
    if (of_unknown_length()) return std::nullopt;
    return left_ + piece_.size();
}

std::uint64_t BodyFraming::due_past_input() const noexcept {
    const bool may = framing_ == Framing::kLength && piece_.empty() && !request_.ended() &&
                     request_.client->input().empty();
    return may ? left_ : 0;
}

void BodyFraming::came_past_input(std::size_t count) noexcept {
    left_ -= count;
    if (left_ == 0) framing_ = Framing::kNone;
}

bool BodyFraming::has_come() {
    const std::size_t most = request_.terms.limits.body_buffer;
    const std::size_t spooled = request_.spooled ? request_.spooled->bytes() : 0;
    const std::size_t here = spooled + request_.client->input().bytes().size();
    if (framing_ == Framing::kLength) {
        if (here >= left_ || left_ > most) return true;
        request_.client->input().expect(left_ - here);
        return false;
    }
    if (framing_ == Framing::kStream) return request_.client->stream()->finished() || here >= most;
    return chunks_have_come(spooled) || here >= most;
}

bool BodyFraming::chunks_have_come(std::size_t spooled) noexcept {
    const std::string_view bytes = request_.client->input().bytes();
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
[[gnu::cold, gnu::noinline]] void BodyFraming::fail_for_trailer() {
    fail(std::make_exception_ptr(
        BadRequest{std::string{trailer_refusal_.why}, trailer_refusal_.status}));
}

[[gnu::cold, gnu::noinline]] void BodyFraming::fail_again() { std::rethrow_exception(error_); }

void BodyFraming::poison(std::exception_ptr error) noexcept {
    error_ = std::move(error);
    framing_ = Framing::kNone;
    piece_ = {};
}

void BodyFraming::fail(std::exception_ptr error) {
    poison(std::move(error));
    std::rethrow_exception(error_);
}

bool BodyFraming::next_piece() {
    switch (framing_) {
        case Framing::kNone:
            // Only a reader who wants the end learns of a bad trailer; for others the response stands.
            if (bad_trailer_) fail_for_trailer();
            return true;
        case Framing::kLength:
            return next_of_length();
        case Framing::kChunked:
        case Framing::kStream:
            return next_of_unannounced();
    }
    return true;
}

[[gnu::noinline]] bool BodyFraming::next_of_unannounced() {
    return framing_ == Framing::kStream ? next_of_stream() : next_of_chunks();
}

bool BodyFraming::next_of_length() noexcept {
    const std::string_view bytes = request_.client->input().bytes();
    piece_ = bytes.substr(0, std::min<std::uint64_t>(bytes.size(), left_));
    unconsumed_ = piece_.size();
    left_ -= piece_.size();
    if (left_ == 0) framing_ = Framing::kNone;
    return !piece_.empty();
}

bool BodyFraming::next_of_stream() {
    const std::string_view bytes = request_.client->input().bytes();
    if (bytes.size() > left_)
        fail(std::make_exception_ptr(PayloadTooLarge{"the body is over the limit"}));
    left_ -= bytes.size();
    piece_ = bytes;
    unconsumed_ = bytes.size();
    if (bytes.empty() && request_.client->stream()->finished()) framing_ = Framing::kNone;
    return !bytes.empty() || framing_ == Framing::kNone;
}

bool BodyFraming::next_of_chunks() {
    InputBuffer& input = request_.client->input();
    while (!input.empty()) {
        const ChunkedResult result = chunks_->feed(input.bytes());
        if (!result.trailer.empty()) trailer_ += result.trailer;
        switch (result.state) {
            case ChunkedState::kRefused:
                if (result.refusal.status == 413)
                    fail(std::make_exception_ptr(PayloadTooLarge{std::string{result.refusal.why}}));
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

}  // namespace grove::http
