#include "response.h"

#include <algorithm>
#include <cstddef>
#include <ctime>
#include <stdexcept>
#include <utility>

#include <grove/http/http_error.h>
#include <grove/http/spare_headers.h>
#include <grove/http/status.h>

#include "answer_output.h"
#include "ascii.h"
#include "chunked.h"
#include "client_socket.h"
#include "list.h"
#include "log_text.h"
#include "mount_terms.h"
#include "request_body.h"
#include "request_state.h"
#include "service_terms.h"

namespace grove::http {
namespace {

constexpr std::uint64_t kMostUnread =
    65536;  // an unread body larger than that costs the connection

constexpr int kSwitchingProtocols = 101;

// Apart: a function that has a string of its own guards its stack.
[[gnu::cold, gnu::noinline]] void report_length(const RequestState& request,
                                                std::string_view how) noexcept {
    request.terms.log(LogLevel::kError, escaped(request.head.method) + " " +
                                            escaped(request.head.path) + ": the application sent " +
                                            std::string{how} + " than its Content-Length");
}

}  // namespace

void Response::begin() noexcept {
    request_.answer = {};
    started_ = complete_ = close_ = upgrades_ = cut_ = has_trailers_ = false;
    framing_ = Framing::kNone;
    status_line_.clear();
    headers_.clear();
    fields_ = {};
    left_ = 0;
    place_ = {};
}

void Response::refuse_second_start() const {
    if (started_) throw std::logic_error{"start_response was called twice without exc_info"};
}

void Response::start(std::string&& status, Headers&& headers, std::exception_ptr&& exc_info) {
    if (exc_info != nullptr && request_.answer.head_made)
        std::rethrow_exception(std::move(exc_info));
    if (exc_info == nullptr) refuse_second_start();
    const int code = validate_status(status);
    const ResponseFields fields = validate_headers(headers, code);
    request_.answer.status = code;
    fields_ = fields;
    status_line_ = std::move(status);
    headers_.swap(headers);
    give_spare_headers(std::move(headers));
    started_ = true;
}

void Response::start(std::string_view status, FieldViews headers) {
    refuse_second_start();
    request_.answer.status = validate_status(status);
    fields_ = validate_headers(headers, request_.answer.status);
    // Of a call for which memory was short.
    status_line_.clear();
    headers_.clear();
    status_line_.append(status);  // half of what an assignment takes
    for (const auto& [name, value] : headers) headers_.emplace_back(name, value);
    started_ = true;
}

bool Response::bodiless() const noexcept {
    return request_.answer.status == 204 || request_.answer.status == 304 ||
           request_.answer.status < 200;
}

bool Response::head_only() const noexcept { return same(request_.head.method, "HEAD"); }

void Response::refuse_body() const {
    throw std::logic_error{"a response of status " + std::to_string(request_.answer.status) +
                           " has no body"};
}

void Response::make_head(std::optional<std::uint64_t> known_length, bool body_follows) {
    if (!started_) throw std::logic_error{"the application did not call start_response"};
    if (body_follows && bodiless()) refuse_body();
    if (request_.answer.status == kSwitchingProtocols && !upgrades_)
        throw std::logic_error{"an application answers 101 by environ.upgrade()"};
    if (request_.mount != nullptr) add_headers_of_mount();
    choose_framing(known_length);
    close_ = close_ || must_close() || is_of_another_length(known_length);
    ResponseHead head;
    head.status = status_line_;
    head.headers = &headers_;
    head.fields = fields_;
    head.framing = framing_;
    head.length = left_;
    const ServiceTerms& terms = request_.terms;
    head.server = terms.server_header;
    head.request_id = request_.request_id();
    if (close_ && !upgrades_) {
        head.persistence = Persistence::kClose;
    } else if (!upgrades_ && (request_.head.version_minor == 0 || terms.tells_keep_alive)) {
        head.persistence = Persistence::kKeepAlive;
        head.keep_alive = terms.keep_alive;
    }
    if (request_.head.http2()) {
        const bool ends = bodiless() || head_only() ||
                          (framing_ == Framing::kLength && left_ == 0 && !has_trailers_);
        request_.client->stream()->head(head, ends);
    } else {
        append_response_head(request_.output, head, std::time(nullptr));
    }
    request_.answer.head_made = true;
    body_.forget_continue();
}

// But for those of a name that the application has given.
[[gnu::noinline]] void Response::add_headers_of_mount() {
    const std::size_t given = headers_.size();
    for (const auto& [name, value] : request_.mount->headers) {
        const auto end = headers_.begin() + static_cast<std::ptrdiff_t>(given);
        const bool has_it = std::any_of(headers_.begin(), end, [&name = name](const auto& field) {
            return iequals(field.first, name);
        });
        if (!has_it) headers_.emplace_back(name, value);
    }
    if (headers_.size() != given) fields_ = validate_headers(headers_, request_.answer.status);
}

void Response::begin_upgrade() {
    refuse_second_sender();
    if (request_.answer.head_made)
        throw std::logic_error{"upgrade: the response's head has been sent"};
    if (!started_ || request_.answer.status != kSwitchingProtocols)
        throw std::logic_error{"upgrade: start_response was not called with 101"};
    upgrades_ = true;
    make_head(std::nullopt, false);
    close_ = true;
}

void Response::choose_framing(std::optional<std::uint64_t> known_length) {
    if (bodiless()) {
        // 304 may tell the length of what it stands for.
        framing_ = request_.answer.status == 304 && fields_.content_length ? Framing::kLength
                                                                           : Framing::kNone;
        left_ = fields_.content_length.value_or(0);
    } else if (fields_.content_length || known_length) {
        framing_ = Framing::kLength;
        left_ = fields_.content_length ? *fields_.content_length : *known_length;
    } else if (request_.head.version_minor >= 1) {
        framing_ = request_.head.http2() ? Framing::kStream : Framing::kChunked;
    } else {
        framing_ = Framing::kNone;
        close_ = true;  // its end is the connection's
    }
}

// What the application returned cannot be what its Content-Length announces: the client must be able to tell.
bool Response::is_of_another_length(std::optional<std::uint64_t> known_length) const {
    return fields_.content_length && known_length && *fields_.content_length != *known_length &&
           !bodiless() && !head_only();
}

bool Response::must_close() const {
    const ServiceTerms& terms = request_.terms;
    return fields_.close || !request_.head.keep_alive || !terms.keeps() ||
           terms.was_last(request_.number) || body_.poisoned() || body_.continue_due() ||
           body_.left().value_or(0) > kMostUnread;
}

// Counts and frames it. @return what of it may be sent; the end of a chunk is to follow that
std::string_view Response::open_piece(std::string_view piece) {
    if (piece.empty()) return {};
    if (bodiless()) refuse_body();
    if (head_only()) return {};
    if (framing_ == Framing::kLength) {
        if (piece.size() > left_) {
            cut_ = true;
            piece.remove_suffix(piece.size() - left_);
        }
        left_ -= piece.size();
    }
    request_.answer.body_bytes += piece.size();
    if (framing_ == Framing::kChunked) append_chunk_header(request_.output, piece.size());
    return piece;
}

void Response::add(std::string_view data) {
    const std::string_view piece = open_piece(data);
    if (piece.empty()) return;
    AnswerOutput::send(request_, piece);
    if (framing_ == Framing::kChunked) request_.output += kChunkEnd;
}

// While one greenlet waits for the client, or the hub does, what is sent must stay as it is.
void Response::refuse_second_sender() const {
    if (request_.being_sent() || request_.answer.made)
        throw std::logic_error{"another greenlet is sending this response"};
}

void Response::write(std::string_view data) {
    if (data.empty()) return;
    refuse_second_sender();
    if (!request_.answer.head_made) make_head(std::nullopt, true);
    add(data);
    AnswerOutput::flush(request_);
}

void Response::finish() {
    if (has_trailers_) [[unlikely]]
        return finish_with_trailers();
    const bool whole = left_ == 0 || bodiless() || head_only();
    if (request_.head.http2() && whole)
        request_.client->stream()->end_after(request_.output.size());
    if (framing_ == Framing::kChunked && !head_only()) request_.output += kLastChunk;
    if (!whole || cut_) {
        close_ = true;
        report_length(request_, cut_ ? "more" : "less");
    }
    complete_ = whole;
}

// The client finds the end of the body without a length, and has said that it takes fields behind it.
[[gnu::cold]] bool Response::may_have_trailers() const noexcept {
    if (bodiless() || head_only() || cut_) return false;
    if (request_.head.http2()) return true;
    bool takes = false;
    for (const Field& field : request_.head.fields()) {
        if (!matches(field.name, "te")) continue;
        for_each_element(field.value, [&](std::string_view said) {
            takes = takes || matches(said, "trailers");
        });
    }
    return takes && request_.head.version_minor >= 1 && !fields_.content_length;
}

[[gnu::cold]] void Response::make_trailers(Body& body) {
    has_trailers_ = may_have_trailers();
    if (!has_trailers_) return;
    has_trailers_ = false;  // until it has given them
    trailers_ = body.take_trailers()();
    for (const auto& [name, value] : trailers_) check_added_field(name, value);
    has_trailers_ = true;
}

// Apart: the others need not save what this calls for.
[[gnu::cold, gnu::noinline]] void Response::finish_with_trailers() {
    const Headers trailers = std::exchange(trailers_, {});
    has_trailers_ = false;
    if (request_.head.http2()) {
        if (left_ == 0) request_.client->stream()->trailers(trailers);
        return finish();
    }
    request_.output += kLastSize;
    for (const auto& [name, value] : trailers)
        request_.output.append(name).append(": ").append(value).append("\r\n");
    request_.output += kChunkEnd;
    complete_ = true;
}

void Response::replace(int status) {
    if (request_.head.http2()) {
        const SimpleAnswer answer{status, request_.request_id()};
        request_.output.clear();
        request_.client->stream()->answer(answer.head,
                                          head_only() ? std::string_view{} : answer.body);
    } else {
        append_simple_response(request_.output, status, std::time(nullptr), head_only(),
                               request_.request_id());
    }
    request_.answer.status = status;
    request_.answer.head_made = complete_ = close_ = true;
    framing_ = Framing::kLength;
    request_.answer.body_bytes = head_only() ? 0 : reason_phrase(status).size();
}

void Response::replace(const HttpError& error) {
    Headers headers = error.headers();
    if (find(headers, "Content-Type") == nullptr)
        headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
    const int code = error.status();
    started_ = false;
    start(std::to_string(code) + ' ' + std::string{reason_phrase(code)}, std::move(headers), {});
    std::string_view text = bodiless() ? "" : error.what();
    make_head(text.size(), false);
    all_is_made();
    if (!head_only()) {
        cut_ = text.size() > left_;
        text = text.substr(0, left_);
        request_.output += text;
        left_ -= text.size();
        request_.answer.body_bytes = text.size();
    }
    finish();
}

}  // namespace grove::http
