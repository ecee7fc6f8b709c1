#include "response.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <unistd.h>

#include <grove/http/status.h>

#include "chunked.h"
#include "client_peer.h"
#include "client_socket.h"
#include "client_waits.h"
#include "exchange.h"
#include "log_text.h"
#include "mount_terms.h"
#include "request_limit.h"
#include "service_terms.h"

namespace grove::http {
namespace {

constexpr std::uint64_t kMostDiscarded =
    65536;  // an unread body larger than that costs the connection

constexpr int kSwitchingProtocols = 101;
constexpr std::size_t kFileStart = 65536;        // of a file that leaves with the head in one send
constexpr std::size_t kFileStartOverTls = 4096;  // the same, in one record

// @return fewer than `bytes` only at the file's end
std::string read_part(const OpenFile& file, std::uint64_t skipped, std::size_t bytes) {
    std::string part(bytes, '\0');
    std::size_t have = 0;
    while (have < bytes) {
        const ssize_t got = ::pread(file.descriptor.get(), part.data() + have, bytes - have,
                                    static_cast<off_t>(file.offset + skipped + have));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw std::system_error{errno, std::generic_category(), "read a file"};
        if (got == 0) break;
        have += static_cast<std::size_t>(got);
    }
    part.resize(have);
    return part;
}

// Apart: a function that has a string of its own guards its stack.
[[gnu::cold, gnu::noinline]] void report_length(const Exchange& exchange,
                                                std::string_view how) noexcept {
    exchange.terms.log(LogLevel::kError, escaped(exchange.head.method) + " " +
                                             escaped(exchange.head.path) +
                                             ": the application sent " + std::string{how} +
                                             " than its Content-Length");
}

}  // namespace

void Response::begin() noexcept {
    started_ = head_made_ = complete_ = made_ = close_ = upgrades_ = cut_ = false;
    status_ = 0;
    status_line_.clear();
    headers_.clear();
    fields_ = {};
    framing_ = Framing::kNone;
    left_ = body_bytes_ = 0;
    told_.reset();
}

void Response::give_up() noexcept { told_ = {head_made_ ? status_ : 503, body_bytes_}; }

void Response::start(std::string&& status, Headers&& headers, std::exception_ptr&& exc_info) {
    if (exc_info != nullptr && head_made_) std::rethrow_exception(std::move(exc_info));
    if (started_ && exc_info == nullptr) {
        throw std::logic_error{"start_response was called twice without exc_info"};
    }
    const int code = validate_status(status);
    const ResponseFields fields = validate_headers(headers, code);
    status_ = code;
    fields_ = fields;
    status_line_ = std::move(status);
    headers_ = std::move(headers);
    started_ = true;
}

bool Response::bodiless() const noexcept {
    return status_ == 204 || status_ == 304 || status_ < 200;
}

void Response::refuse_body() const {
    throw std::logic_error{"a response of status " + std::to_string(status_) + " has no body"};
}

void Response::make_head(std::optional<std::uint64_t> known_length, bool body_follows) {
    if (!started_) throw std::logic_error{"the application did not call start_response"};
    if (body_follows && bodiless()) refuse_body();
    if (status_ == kSwitchingProtocols && !upgrades_)
        throw std::logic_error{"an application answers 101 by environ.upgrade()"};
    if (exchange_.mount != nullptr) add_headers_of_mount();
    choose_framing(known_length);
    close_ = close_ || must_close() || is_of_another_length(known_length);
    ResponseHead head;
    head.status = status_line_;
    head.headers = &headers_;
    head.fields = fields_;
    head.framing = framing_;
    head.length = left_;
    const ServiceTerms& terms = exchange_.terms;
    head.server = terms.server_header;
    head.request_id = exchange_.request_id();
    if (close_ && !upgrades_) {
        head.persistence = Persistence::kClose;
    } else if (!upgrades_ && (exchange_.head.version_minor == 0 || terms.tells_keep_alive)) {
        head.persistence = Persistence::kKeepAlive;
        head.keep_alive = terms.keep_alive;
    }
    append_response_head(exchange_.output, head, std::time(nullptr));
    head_made_ = true;
    exchange_.body.forget_continue();
}

// But for those of a name that the application has given.
[[gnu::noinline]] void Response::add_headers_of_mount() {
    const std::size_t given = headers_.size();
    for (const auto& [name, value] : exchange_.mount->headers) {
        const auto end = headers_.begin() + static_cast<std::ptrdiff_t>(given);
        const bool has_it = std::any_of(headers_.begin(), end, [&name = name](const auto& field) {
            return iequals(field.first, name);
        });
        if (!has_it) headers_.emplace_back(name, value);
    }
    if (headers_.size() != given) fields_ = validate_headers(headers_, status_);
}

void Response::begin_upgrade() {
    refuse_second_sender();
    if (head_made_) throw std::logic_error{"upgrade: the response's head has been sent"};
    if (!started_ || status_ != kSwitchingProtocols)
        throw std::logic_error{"upgrade: start_response was not called with 101"};
    upgrades_ = true;
    make_head(std::nullopt, false);
    close_ = true;
}

void Response::choose_framing(std::optional<std::uint64_t> known_length) {
    if (bodiless()) {
        // 304 may tell the length of what it stands for.
        framing_ = status_ == 304 && fields_.content_length ? Framing::kLength : Framing::kNone;
        left_ = fields_.content_length.value_or(0);
    } else if (fields_.content_length || known_length) {
        framing_ = Framing::kLength;
        left_ = fields_.content_length ? *fields_.content_length : *known_length;
    } else if (exchange_.head.version_minor >= 1) {
        framing_ = Framing::kChunked;
    } else {
        framing_ = Framing::kNone;
        close_ = true;  // its end is the connection's
    }
}

// What the application returned cannot be what its Content-Length announces: the client must be able to tell.
bool Response::is_of_another_length(std::optional<std::uint64_t> known_length) const {
    return fields_.content_length && known_length && *fields_.content_length != *known_length &&
           !bodiless() && exchange_.head.method != "HEAD";
}

bool Response::must_close() const {
    const RequestBody& body = exchange_.body;
    const ServiceTerms& terms = exchange_.terms;
    return fields_.close || !exchange_.head.keep_alive || !terms.keeps() ||
           terms.was_last(exchange_.number) || body.poisoned() || body.continue_due() ||
           body.left().value_or(0) > kMostDiscarded;
}

void Response::add(std::string_view piece) {
    if (piece.empty()) return;
    if (bodiless()) refuse_body();
    if (exchange_.head.method == "HEAD") return;
    if (framing_ == Framing::kLength) {
        if (piece.size() > left_) {
            cut_ = true;
            piece.remove_suffix(piece.size() - left_);
        }
        left_ -= piece.size();
    }
    if (piece.empty()) return;
    body_bytes_ += piece.size();
    if (framing_ == Framing::kChunked) append_chunk_header(exchange_.output, piece.size());
    exchange_.send(piece);
    if (framing_ == Framing::kChunked) exchange_.output += kChunkEnd;
}

// While one greenlet waits for the client, what it sends must stay as it is.
void Response::refuse_second_sender() const {
    if (exchange_.being_sent()) throw std::logic_error{"another greenlet is sending this response"};
}

void Response::write(std::string_view data) {
    if (data.empty()) return;
    refuse_second_sender();
    if (!head_made_) make_head(std::nullopt, true);
    add(data);
    exchange_.flush();
}

void Response::send(Body& body) {
    refuse_second_sender();
    Body::Content& content = body.content();
    if (!std::holds_alternative<Body::Generator>(content)) all_is_made();
    if (const auto* text = std::get_if<std::string>(&content)) {
        send_text(*text);
    } else if (const auto* pieces = std::get_if<std::vector<std::string>>(&content)) {
        send_pieces(*pieces);
    } else if (const auto* file = std::get_if<OpenFile>(&content)) {
        send_file(*file);
    } else {
        send_generated(std::get<Body::Generator>(content));
    }
    finish();
}

void Response::send_text(std::string_view text) {
    if (!head_made_) make_head(text.size(), !text.empty());
    add(text);
}

void Response::send_pieces(const std::vector<std::string>& pieces) {
    std::uint64_t length = 0;
    for (const std::string& piece : pieces) length += piece.size();
    if (!head_made_) make_head(length, length != 0);
    for (const std::string& piece : pieces) add(piece);
}

void Response::send_file(const OpenFile& file) {
    if (!head_made_) make_head(file.length, file.length != 0);
    if (exchange_.head.method == "HEAD") return;
    if (framing_ == Framing::kLength) {
        send_file_by_kernel(file, send_file_start(file));
        return;
    }
    for (std::uint64_t sent = 0; sent < file.length;) {
        const std::string part =
            read_part(file, sent, std::min<std::uint64_t>(file.length - sent, kFileStart));
        add(part);
        sent += part.size();
        if (part.empty()) throw std::runtime_error{"the file became shorter while it was sent"};
    }
}

// Sends the head with as much of the file as goes at once: bytes that a slow client does not take
// must not wait in memory. @return bytes of the file
std::uint64_t Response::send_file_start(const OpenFile& file) {
    const bool over_tls = exchange_.client->peer().tls() != nullptr;
    const std::string part = read_part(
        file, 0, std::min<std::uint64_t>(file.length, over_tls ? kFileStartOverTls : kFileStart));
    if (exchange_.gathers(part)) {
        add(part);
        return part.size();
    }
    const std::uint64_t sent = exchange_.send_some(std::string_view{part}.substr(0, left_));
    left_ -= sent;
    body_bytes_ += sent;
    return sent;
}

// If the file became shorter, finish() reports the missing bytes.
void Response::send_file_by_kernel(const OpenFile& file, std::uint64_t sent) {
    cut_ = cut_ || file.length - sent > left_;
    std::uint64_t left = std::min(file.length - sent, left_);
    if (left == 0) return;
    exchange_.flush();
    headers_ = {};  // the head has left, and the client may take its time
    exchange_.output.shrink_to_fit();
    while (left > 0) {
        const std::size_t taken =
            ClientWaits::send_file(exchange_, file.descriptor.get(), file.offset + sent, left);
        if (taken == 0) return;
        sent += taken;
        left -= taken;
        left_ -= taken;
        body_bytes_ += taken;
    }
}

// One piece at a time, the next only when the kernel has taken the last: a slow client slows the application.
void Response::send_generated(const Body::Generator& generator) {
    const bool head_only = exchange_.head.method == "HEAD";
    while (!head_only || !started_) {  // HEAD: only until start_response was called
        const std::optional<std::string> piece = generator();
        if (!piece) break;
        write(*piece);
        if (cut_) return;
    }
    all_is_made();
    if (!head_made_) make_head(std::nullopt, false);
}

void Response::all_is_made() noexcept {
    made_ = true;
    if (exchange_.limit != nullptr) exchange_.limit->cancel();
}

void Response::finish() {
    if (framing_ == Framing::kChunked && exchange_.head.method != "HEAD")
        exchange_.output += kLastChunk;
    const bool whole = exchange_.head.method == "HEAD" || bodiless() || left_ == 0;
    if (!whole || cut_) {
        close_ = true;
        report_length(exchange_, cut_ ? "more" : "less");
    }
    complete_ = whole;
}

void Response::replace(int status) {
    append_simple_response(exchange_.output, status, std::time(nullptr),
                           exchange_.head.method == "HEAD", exchange_.request_id());
    status_ = status;
    head_made_ = complete_ = close_ = true;
    body_bytes_ = exchange_.head.method == "HEAD" ? 0 : reason_phrase(status).size();
}

}  // namespace grove::http
