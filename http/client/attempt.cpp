#include "attempt.h"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <variant>

#include <unistd.h>

#include <grove/http/client.h>

#include "answer_watch.h"
#include "chunked.h"
#include "client_core.h"

namespace grove::http {
namespace {

using Kind = ClientError::Kind;

constexpr std::size_t kGathered = 16384;  // a body up to that leaves with the head
constexpr std::size_t kSlice = 65536;     // sent between two looks for an answer
constexpr std::size_t kMostHeld = 65536;  // of an answer, while the request is sent

constexpr const char* kSending = "while the request was sent";
constexpr const char* kAwaiting = "before the answer's head was there";

std::string read_part(const OpenFile& file, std::uint64_t at) {
    std::string part(std::min<std::uint64_t>(file.length - at, kSlice), '\0');
    ssize_t got = 0;
    do {
        got = ::pread(file.descriptor.get(), part.data(), part.size(),
                      static_cast<off_t>(file.offset + at));
    } while (got < 0 && errno == EINTR);
    if (got < 0) throw std::system_error{errno, std::generic_category(), "read a request's file"};
    if (got == 0)
        throw std::system_error{EIO, std::generic_category(), "a request's file became shorter"};
    part.resize(static_cast<std::size_t>(got));
    return part;
}

}  // namespace

Attempt::Attempt(OutgoingConnection& connection, const ClientOptions& options,
                 const Deadline& total, const Asked& asked, std::string_view upgrade)
    : connection_{connection},
      options_{options},
      total_{total},
      asked_{asked},
      reader_{upgrade, options.head_bytes} {}

void Attempt::send(std::string head, Body::Content& body, std::optional<std::uint64_t> length) {
    if (const std::string* const text = one_text(body)) {
        if (text->size() <= kGathered) {
            head += *text;
            sent_all_ = write(head);
        } else {
            sent_all_ = write(head) && write(*text);
        }
    } else if (auto* const pieces = std::get_if<std::vector<std::string>>(&body)) {
        sent_all_ = write(head) && std::all_of(pieces->begin(), pieces->end(),
                                               [this](const auto& piece) { return write(piece); });
    } else if (auto* const file = std::get_if<OpenFile>(&body)) {
        sent_all_ = write(head) && send_file(*file);
    } else {
        sent_all_ = write(head) && send_generated(std::get<Body::Generator>(body), length);
    }
    waiter_.reset();
}

bool Attempt::send_file(const OpenFile& file) {
    for (std::uint64_t at = 0; at != file.length;) {
        const std::string part = read_part(file, at);
        if (!write(part)) return false;
        at += part.size();
    }
    return true;
}

// A generator may wait for long, as for a client of a proxy; the peer is watched meanwhile.
bool Attempt::send_generated(const Body::Generator& generator,
                             std::optional<std::uint64_t> length) {
    std::optional<AnswerWatch> watch;
    calling_peer(asked_, kSending,
                 [&] { watch.emplace(connection_.stream().fd(), [this] { return look(); }); });
    const auto pull = [&](Piece& piece) {
        if (look()) return false;
        body_begun_ = true;
        const auto end = watch->during(total_.left(), [&] { piece = generator(); });
        if (end == AnswerWatch::End::kTimeout) late();
        return end != AnswerWatch::End::kVain;
    };
    return length ? send_exactly(*length, pull) : send_chunks(pull);
}

bool Attempt::send_chunks(const std::function<bool(Piece&)>& pull) {
    for (Piece piece;;) {
        if (!pull(piece)) return false;
        if (!piece) return write(kLastChunk);
        if (piece->empty()) continue;
        std::string chunk;
        append_chunk_header(chunk, piece->size());
        chunk += *piece;
        chunk += kChunkEnd;
        if (!write(chunk)) return false;
    }
}

// The peer takes what follows the announced bytes for another request: none may.
bool Attempt::send_exactly(std::uint64_t length, const std::function<bool(Piece&)>& pull) {
    std::uint64_t left = length;
    for (Piece piece;;) {
        if (!pull(piece)) return false;
        if (!piece) break;
        if (piece->size() > left)
            throw std::length_error{asked_.label() + ": the body is longer than its length"};
        left -= piece->size();
        if (!write(*piece)) return false;
    }
    if (left != 0)
        throw std::length_error{asked_.label() + ": the body is shorter than its length"};
    return true;
}

ClientError::Progress Attempt::progress() const noexcept {
    using Progress = ClientError::Progress;
    if (heard_) return Progress::kAnswered;
    return written_ == 0 ? Progress::kUnsent : Progress::kSent;
}

// False: the answer's head has come.
bool Attempt::write(std::string_view bytes) {
    while (!bytes.empty()) {
        calling_peer(asked_, kSending, [this] { turns_.step(total_); });
        std::optional<std::size_t> sent;
        std::string broken;
        try {
            sent = connection_.stream().try_send(bytes.substr(0, kSlice));
        } catch (const std::system_error& error) {
            broken = error.what();
        }
        if (!broken.empty()) return write_broken(broken);
        if (sent) {
            bytes.remove_prefix(*sent);
            written_ += *sent;
            if (bytes.empty()) return true;
        } else {
            wait_until_ready();
        }
        if (look()) return false;
    }
    return true;
}

// A server that answers early and closes breaks the sending; its answer may have come all the same.
bool Attempt::write_broken(const std::string& why) {
    if (look()) return false;
    lost(kSending + (": " + why));
}

void Attempt::wait_until_ready() {
    if (!waiter_) waiter_.emplace(connection_.stream().fd());
    const bool has_room = connection_.input().size() < kMostHeld;
    const Ready ready = calling_peer(asked_, kSending, [&] {
        return waiter_->wait(has_room ? Ready::kBoth : Ready::kWrite,
                             earlier(options_.body, total_.left()));
    });
    if (ready == Ready::kNone) late();
}

// Whether the answer's head has come.
bool Attempt::look() {
    while (!received_ && connection_.input().size() < kMostHeld) {
        switch (peek()) {
            case OutgoingConnection::Look::kNothing:
                return false;
            case OutgoingConnection::Look::kEnd:
                lost(kSending);
            case OutgoingConnection::Look::kBytes:
                read_head();
        }
    }
    return received_.has_value();
}

OutgoingConnection::Look Attempt::peek() {
    return calling_peer(asked_, kSending, [this] { return connection_.try_receive(); });
}

bool Attempt::read_head() {
    heard_ = true;
    const AnswerHeadReader::Result result = reader_.feed(connection_.input());
    if (result.refusal) {
        const bool too_large = result.refusal.status == 431;
        throw ClientError{too_large ? Kind::kTooLarge : Kind::kProtocol,
                          asked_.label() + ": the answer is refused: " + result.refusal.why};
    }
    if (result.complete) {
        received_.emplace();
        received_->headers.reserve(reader_.head().fields().size());
        for (const Field& field : reader_.head().fields())
            received_->headers.emplace_back(field.name, field.value);
        received_->head = std::move(reader_.head());
        received_->head.field_list.clear();
    }
    connection_.consume(result.consumed);
    return result.complete;
}

ReceivedHead Attempt::receive_head() {
    const Deadline first_byte{options_.first_byte};
    while (!received_) {
        const bool more = calling_peer(asked_, kAwaiting, [&] {
            turns_.step(total_);
            return connection_.receive(earlier(first_byte.left(), total_.left()));
        });
        if (!more) lost(kAwaiting);
        read_head();
    }
    return std::move(*received_);
}

void Attempt::late() const {
    throw ClientError{Kind::kTimeout, asked_.label() + ": timed out while the request was sent"};
}

void Attempt::lost(const std::string& how) const {
    throw ClientError{Kind::kClosed, asked_.label() + ": the peer ended the connection " + how};
}

}  // namespace grove::http
