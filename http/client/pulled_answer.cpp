#include "pulled_answer.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "ascii.h"
#include "client_core.h"
#include "list.h"

namespace grove::http {
namespace {

using Kind = ClientError::Kind;

constexpr auto kAnswered = ClientError::Progress::kAnswered;

constexpr int kSwitchingProtocols = 101;
constexpr std::size_t kDecodedStep = 16384;
constexpr std::size_t kMostPiece = 65536;
constexpr std::size_t kMostDrained = 65536;

constexpr const char* kWithinBody = "within the answer's body";

}  // namespace

PulledAnswer::PulledAnswer(ConnectionKeeper::Lease lease, ReceivedHead head, AnswerTerms terms)
    : terms_{std::move(terms)},
      lease_{std::move(lease)},
      status_{head.head.status},
      headers_{std::move(head.headers)},
      keep_alive_{head.head.keep_alive && terms_.keeps},
      body_{terms_.asked.method, head.head, terms_.head_bytes} {
    if (status_ == kSwitchingProtocols) return;
    if (terms_.decodes && !body_.ended()) choose_decoder();
    if (body_.ended()) settle();
}

PulledAnswer::~PulledAnswer() {
    // Whoever is unwound in the middle of an answer does not wait for what is left of it.
    if (!lease_ || failure_ != nullptr || status_ == kSwitchingProtocols ||
        std::uncaught_exceptions() > unwinding_)
        return;
    try {
        drain();
    } catch (...) {  // the lease closes the connection
    }
}

const std::string& PulledAnswer::url() const {
    if (url_.empty()) url_ = terms_.asked.url.text();
    return url_;
}

void PulledAnswer::choose_decoder() {
    std::string_view only;
    std::size_t codings = 0;
    for (const auto& [name, value] : headers_) {
        if (!matches(name, "content-encoding")) continue;
        for_each_element(value, [&](std::string_view coding) {
            if (coding.empty()) return;
            only = coding;
            ++codings;
        });
    }
    if (codings > 1) fail(Kind::kProtocol, "more than one content coding");
    if (codings == 1) decoder_ = make_decoder(only);
    if (decoder_ == nullptr) return;
    std::erase_if(headers_, [](const auto& field) {
        return matches(field.first, "content-encoding") || matches(field.first, "content-length");
    });
}

// After a failure the connection is of no use, and each later call fails alike.
template <class Reading>
auto PulledAnswer::guarded(Reading&& reading) {
    if (failure_ != nullptr) std::rethrow_exception(failure_);
    try {
        return reading();
    } catch (const ClientError& error) {
        failure_ = std::make_exception_ptr(ClientError{error.kind(), error.what(), kAnswered});
    } catch (...) {
        failure_ = std::make_exception_ptr(ClientError{
            Kind::kClosed, terms_.asked.label() + ": the reading of the answer was given up",
            kAnswered});
        lease_.end();
        throw;
    }
    lease_.end();
    std::rethrow_exception(failure_);
}

std::string PulledAnswer::read(std::ptrdiff_t n) {
    return guarded([&] {
        const std::size_t wanted = n < 0 ? std::string::npos : static_cast<std::size_t>(n);
        while (available() < wanted && fill()) {
        }
        return give(wanted);
    });
}

std::string PulledAnswer::read_all(std::size_t limit) {
    return guarded([&] {
        do {
            if (available() > limit)
                fail(Kind::kTooLarge, "the body has more than " + std::to_string(limit) + " bytes");
        } while (fill());
        return give(std::string::npos);
    });
}

std::optional<std::string> PulledAnswer::next() {
    return guarded([&]() -> std::optional<std::string> {
        if (available() == 0 && !fill()) return std::nullopt;
        return give(kMostPiece);
    });
}

std::string PulledAnswer::give(std::size_t bytes) {
    if (given_ == 0 && bytes >= pending_.size()) return std::exchange(pending_, {});
    std::string piece = pending_.substr(given_, bytes);
    given_ += piece.size();
    if (available() == 0) {
        pending_.clear();
        given_ = 0;
    }
    return piece;
}

// Blocks until some bytes more are there. False: the body has ended.
bool PulledAnswer::fill() {
    const std::size_t had = available();
    if (given_ != 0) {
        pending_.erase(0, given_);
        given_ = 0;
    }
    while (available() == had) {
        if (owes_ || decoded_ != coded_.size()) {
            decode();
        } else if (!body_.ended()) {
            take_piece();
        } else if (is_coded_ && !decoder_->complete()) {
            fail(Kind::kProtocol, "the body ends within its coded data");
        } else {
            return false;
        }
    }
    return true;
}

// Between two of them a bounded number of bytes is received, or decoded.
void PulledAnswer::step() {
    calling_peer(terms_.asked, kWithinBody, [this] { turns_.step(terms_.total); });
}

void PulledAnswer::decode() {
    step();
    std::string_view coded = std::string_view{coded_}.substr(decoded_);
    try {
        owes_ = decoder_->decode(coded, pending_, kDecodedStep);
    } catch (const BadCoding& bad) {
        fail(Kind::kProtocol, std::string{"the body cannot be decoded: "} + bad.what());
    }
    decoded_ = coded_.size() - coded.size();
}

void PulledAnswer::take_piece() {
    OutgoingConnection& connection = *lease_.connection();
    if (connection.input().empty()) return receive();
    const AnswerBodyReader::Piece piece = body_.feed(connection.input());
    if (piece.refusal)
        fail(Kind::kProtocol, std::string{"the body is refused: "} + piece.refusal.why);
    if (decoder_ != nullptr) {
        coded_ = piece.data;
        is_coded_ = is_coded_ || !coded_.empty();
        decoded_ = 0;
    } else {
        pending_ += piece.data;
    }
    connection.consume(piece.consumed);
    if (body_.ended()) settle();
}

void PulledAnswer::receive() {
    step();
    const bool more = calling_peer(terms_.asked, kWithinBody, [this] {
        return lease_.connection()->receive(earlier(terms_.body_time, terms_.total.left()));
    });
    if (more) return;
    if (!body_.finish())
        fail(Kind::kClosed, std::string{"the peer ended the connection "} + kWithinBody);
    settle();
}

// The body's end was seen.
void PulledAnswer::settle() {
    trailers_ = body_.take_trailers();
    const bool usable =
        keep_alive_ && !body_.ends_connection() && lease_.connection()->input().empty();
    if (usable) {
        lease_.give_back();
    } else {
        lease_.end();
    }
}

// Takes what is there already, without blocking.
void PulledAnswer::drain() {
    std::size_t dropped = 0;
    OutgoingConnection& connection = *lease_.connection();
    while (!body_.ended() && dropped <= kMostDrained) {
        if (connection.input().empty() &&
            connection.try_receive() != OutgoingConnection::Look::kBytes)
            return;
        const AnswerBodyReader::Piece piece = body_.feed(connection.input());
        if (piece.refusal) return;
        dropped += piece.consumed;
        connection.consume(piece.consumed);
    }
    if (body_.ended() && dropped <= kMostDrained) settle();
}

Stream& PulledAnswer::upgrade() {
    if (status_ != kSwitchingProtocols) {
        throw std::logic_error{"ClientAnswer::upgrade(): the answer's status is " +
                               std::to_string(status_) + ", not 101"};
    }
    OutgoingConnection& connection = *lease_.connection();
    connection.stream().unread(connection.input());
    connection.consume(connection.input().size());
    return connection.stream();
}

void PulledAnswer::fail(Kind kind, const std::string& why) const {
    throw ClientError{kind, terms_.asked.label() + ": " + why};
}

}  // namespace grove::http
