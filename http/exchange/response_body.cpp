// Where a response sends what its application returned.
//
// Text, pieces and files are sent by steps that never block, so that the greenlet that called the application and,
// when the client takes its time, the hub can both take them.
#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <unistd.h>

#include <grove/core/hub.h>

#include "answer_output.h"
#include "chunked.h"
#include "client_peer.h"
#include "client_socket.h"
#include "client_waits.h"
#include "client_watch.h"
#include "request_limit.h"
#include "request_state.h"
#include "response.h"

namespace grove::http {
namespace {

constexpr std::size_t kFileStart = 65536;        // of a file that leaves with the head in one send
constexpr std::size_t kFileStartOverTls = 4096;  // the same, in one record
constexpr std::size_t kFilePart = 32768;         // of one that no Content-Length announces

/// Place::piece of a file.
enum FileStep : std::size_t { kBegins, kStarts, kByKernel };

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

}  // namespace

bool Response::send(Body& body) {
    refuse_second_sender();
    Body::Content& content = body.content();
    if (body.has_trailers()) [[unlikely]]
        has_trailers_ = may_have_trailers();
    if (const auto* generator = std::get_if<Body::Generator>(&content)) {
        send_generated(*generator);
        if (has_trailers_) [[unlikely]]
            make_trailers(body);
        finish();
        return true;
    }
    if (has_trailers_) [[unlikely]]
        make_trailers(body);
    all_is_made();
    if (!request_.answer.head_made) make_head_of(content);
    Sending step = send_more(content);
    for (; step != Sending::kAll; step = send_more(content)) {
        if (step == Sending::kFull && !body.has_on_close()) {
            headers_ = {};  // the head has left, and the client may take its time
            return false;
        }
        ClientWaits::before_send(request_, step);
    }
    return true;
}

void Response::make_head_of(const Body::Content& content) {
    std::uint64_t length = 0;
    if (const std::string* text = one_text(content)) {
        length = text->size();
    } else if (const auto* pieces = std::get_if<std::vector<std::string>>(&content)) {
        for (const std::string& piece : *pieces) length += piece.size();
    } else {
        length = std::get<OpenFile>(content).length;
    }
    // Over HTTP/1.1 there is no room for trailers behind a length.
    const bool chunked = has_trailers_ && !request_.head.http2;
    make_head(chunked ? std::nullopt : std::optional{length}, length != 0);
}

Sending Response::send_more(const Body::Content& content) {
    Sending step = Sending::kAll;
    if (const std::string* text = one_text(content)) {
        step = send_pieces({text, 1});
    } else if (const auto* pieces = std::get_if<std::vector<std::string>>(&content)) {
        step = send_pieces(*pieces);
    } else {
        step = send_file(std::get<OpenFile>(content));
    }
    if (step == Sending::kAll) finish();
    return step;
}

Sending Response::send_pieces(std::span<const std::string> pieces) {
    if (place_.offset != place_.end) {
        const std::string_view piece{pieces[place_.piece].data() + place_.offset,
                                     place_.end - place_.offset};
        const Socket::Outcome sent = AnswerOutput::send_some(request_, piece);
        if (sent < 0) return Sending::kFull;
        place_.offset += static_cast<std::size_t>(sent);
        if (place_.offset != place_.end) return Sending::kMore;
        place_ = {.piece = place_.piece + 1};
        if (framing_ == Framing::kChunked) request_.output += kChunkEnd;
    }
    for (; place_.piece < pieces.size(); ++place_.piece) {
        const std::string_view piece = open_piece(pieces[place_.piece]);
        if (piece.empty()) continue;
        if (!AnswerOutput::gathers(request_, piece)) {
            place_.end = piece.size();
            return Sending::kMore;
        }
        request_.output += piece;
        if (framing_ == Framing::kChunked) request_.output += kChunkEnd;
    }
    return Sending::kAll;
}

// Apart, with the three below: a function that has a string of its own guards its stack.
[[gnu::noinline]] Sending Response::send_file(const OpenFile& file) {
    if (head_only()) return Sending::kAll;
    if (framing_ != Framing::kLength) return send_file_in_parts(file);
    switch (place_.piece) {
        case kBegins:
            place_.end = std::min(file.length, left_);
            cut_ = file.length > left_;
            [[fallthrough]];
        case kStarts:
            return send_file_start(file);
        default:
            return send_file_by_kernel(file);
    }
}

// Sends the head with as much of the file as goes at once: bytes that a slow client does not take must not wait in
// memory.
Sending Response::send_file_start(const OpenFile& file) {
    const bool over_tls = ClientPeer{*request_.client}.tls() != nullptr;
    const std::string part = read_part(
        file, 0, std::min<std::uint64_t>(place_.end, over_tls ? kFileStartOverTls : kFileStart));
    std::uint64_t sent = part.size();
    if (AnswerOutput::gathers(request_, part)) {
        add(part);
    } else if (place_.piece == kBegins) {
        place_.piece = kStarts;
        return Sending::kMore;
    } else {
        const Socket::Outcome taken = AnswerOutput::send_some(request_, part);
        if (taken < 0) return Sending::kFull;
        sent = static_cast<std::uint64_t>(taken);
        left_ -= sent;
        request_.answer.body_bytes += sent;
    }
    place_ = {.piece = kByKernel, .offset = sent, .end = place_.end};
    return place_.offset == place_.end ? Sending::kAll : Sending::kMore;
}

// If the file became shorter, finish() reports the missing bytes.
Sending Response::send_file_by_kernel(const OpenFile& file) {
    if (!request_.output.empty())
        return AnswerOutput::send_some(request_, {}) < 0 ? Sending::kFull : Sending::kMore;
    const Socket::Outcome sent =
        AnswerOutput::send_some_of(request_, file.descriptor.get(), file.offset + place_.offset,
                                   static_cast<std::size_t>(place_.end - place_.offset));
    if (sent < 0) return Sending::kFull;
    if (sent == 0) return Sending::kAll;
    place_.offset += static_cast<std::uint64_t>(sent);
    left_ -= static_cast<std::uint64_t>(sent);
    request_.answer.body_bytes += static_cast<std::uint64_t>(sent);
    return place_.offset == place_.end ? Sending::kAll : Sending::kMore;
}

// Behind what was written: chunked, or to the end of the connection.
Sending Response::send_file_in_parts(const OpenFile& file) {
    if (!request_.output.empty() && place_.offset != 0)
        return AnswerOutput::send_some(request_, {}) < 0 ? Sending::kFull : Sending::kMore;
    if (place_.offset == file.length) return Sending::kAll;
    const std::string part = read_part(
        file, place_.offset,
        static_cast<std::size_t>(std::min<std::uint64_t>(file.length - place_.offset, kFilePart)));
    if (part.empty()) throw std::runtime_error{"the file became shorter while it was sent"};
    request_.output += open_piece(part);
    if (framing_ == Framing::kChunked) request_.output += kChunkEnd;
    place_.offset += part.size();
    return Sending::kMore;
}

// write(), but for the send.
void Response::add_soon(std::string_view data) {
    if (data.empty()) return;
    refuse_second_sender();
    add(data);
    AnswerOutput::flush_soon(request_);
}

// The first piece leaves at once. Those that follow it within a tick of the clock gather, while they are few bytes and
// the generator does not block; else the next one is asked for when the kernel has taken the last: a slow client slows
// the application.
void Response::send_generated(const Body::Generator& generator) {
    const bool only_head = head_only();
    Loop& loop = get_hub().loop();
    Timer::Instant sent{};
    while (!only_head || !started_) {  // HEAD: only until start_response was called
        const std::optional<std::string> piece = generator();
        if (!piece) break;
        const Timer::Instant now = loop.tick();
        const bool at_once = now != sent || !request_.answer.head_made;
        at_once ? write(*piece) : add_soon(*piece);
        if (at_once && !piece->empty()) sent = now;
        if (cut_) return;
    }
    all_is_made();
    if (!request_.answer.head_made) make_head(std::nullopt, false);
}

void Response::all_is_made() noexcept {
    request_.answer.made = true;
    if (request_.limit != nullptr && *request_.limit) (*request_.limit)->cancel();
    if (request_.watch != nullptr) request_.watch->stop_abandoning();
}

}  // namespace grove::http
