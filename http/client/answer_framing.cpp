#include "answer_framing.h"

#include <algorithm>
#include <utility>

#include "ascii.h"
#include "list.h"
#include "parser.h"

namespace grove::http {
namespace {

constexpr int kSwitchingProtocols = 101;
constexpr int kFirstFinal = 200;
constexpr int kNoContent = 204;
constexpr int kNotModified = 304;

/// Bounds that only the bytes of a head set.
Limits head_limits(std::size_t most) {
    Limits limits;
    limits.request_line = most;
    limits.header_bytes = most;
    limits.headers = Limits::kUnbounded;
    limits.body = Limits::kUnbounded;
    return limits;
}

}  // namespace

AnswerHeadReader::AnswerHeadReader(std::string_view upgrade, std::size_t most)
    : upgrade_{upgrade}, most_{most}, limits_{head_limits(most)} {}

AnswerHeadReader::Result AnswerHeadReader::refuse(int status, const char* why) const noexcept {
    return {.refusal = Refusal{status, why}};
}

AnswerHeadReader::Result AnswerHeadReader::feed(std::string_view input) {
    std::size_t consumed = 0;
    for (;;) {
        const std::size_t most = most_ - interim_;
        const std::string_view rest = input.substr(consumed);
        const GuardState state = guard_.feed(rest.substr(0, most), limits_);
        if (state == GuardState::kRefused) return {.refusal = guard_.refusal()};
        if (state == GuardState::kNeedMore) {
            if (rest.size() > most) return refuse(431, "the head is over its limit");
            return {.consumed = consumed};
        }
        const std::size_t bytes = guard_.head_length();
        if (const Refusal refusal = HeadParser::parse(rest.substr(0, bytes), limits_, head_))
            return {.refusal = refusal};
        consumed += bytes;
        guard_ = Guard::of_answer();
        if (head_.status >= kFirstFinal) return {.consumed = consumed, .complete = true};
        if (head_.status == kSwitchingProtocols) {
            if (!is_wanted_upgrade())
                return refuse(400, "101 Switching Protocols was not asked for");
            return {.consumed = consumed, .complete = true};
        }
        interim_ += bytes;
    }
}

bool AnswerHeadReader::is_wanted_upgrade() const noexcept {
    if (upgrade_.empty() || !head_.upgrade) return false;
    bool all_wanted = true;
    for (const Field& field : head_.fields()) {
        if (!matches(field.name, "upgrade")) continue;
        for_each_element(field.value, [&](std::string_view given) {
            bool wanted = false;
            for_each_element(upgrade_, [&](std::string_view asked) {
                wanted = wanted || iequals(given, asked);
            });
            all_wanted = all_wanted && wanted;
        });
    }
    return all_wanted;
}

AnswerBodyReader::AnswerBodyReader(std::string_view method, const AnswerHead& head,
                                   std::size_t most_trailers)
    : limits_{head_limits(most_trailers)} {
    const bool bodiless = method == "HEAD" || head.status == kNoContent ||
                          head.status == kNotModified || head.status == kSwitchingProtocols;
    if (bodiless) {
        length_ = 0;
    } else if (head.chunked) {
        kind_ = Kind::kChunked;
    } else if (head.content_length) {
        length_ = left_ = *head.content_length;
    } else {
        kind_ = Kind::kToEnd;
    }
    ended_ = length_ == std::uint64_t{0};
}

AnswerBodyReader::Piece AnswerBodyReader::feed(std::string_view input) {
    if (ended_) return {};
    if (kind_ == Kind::kChunked) return feed_chunked(input);
    if (kind_ == Kind::kToEnd) return {.consumed = input.size(), .data = input};
    const std::string_view data = input.substr(0, std::min<std::uint64_t>(left_, input.size()));
    left_ -= data.size();
    ended_ = left_ == 0;
    return {.consumed = data.size(), .data = data};
}

AnswerBodyReader::Piece AnswerBodyReader::feed_chunked(std::string_view input) {
    const ChunkedResult result = chunks_.feed(input);
    trailer_ += result.trailer;
    ended_ = result.state == ChunkedState::kDone;
    return {.consumed = result.consumed, .data = result.data, .refusal = result.refusal};
}

bool AnswerBodyReader::finish() noexcept {
    if (kind_ == Kind::kToEnd) ended_ = true;
    return ended_;
}

Headers AnswerBodyReader::take_trailers() { return trailers_of(std::exchange(trailer_, {})); }

}  // namespace grove::http
