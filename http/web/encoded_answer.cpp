#include "encoded_answer.h"

#include <charconv>
#include <stdexcept>
#include <utility>

#include "changed_fields.h"

namespace grove::web {
namespace {

constexpr std::uint64_t kAtOnce = 65536;   // bytes of a body that is encoded before its head leaves
constexpr std::size_t kMostHeld = 262144;  // bytes that an encoder gathers before they leave

}  // namespace

EncodedAnswer::EncodedAnswer(std::shared_ptr<const CompressRules> rules, Coding coding,
                             const http::Environ& request, http::StartResponse& outer)
    : rules_{std::move(rules)},
      coding_{coding},
      head_only_{request["REQUEST_METHOD"] == "HEAD"},
      if_none_match_{request["HTTP_IF_NONE_MATCH"]},
      outer_{outer},
      start_{[this](std::string status, http::Headers headers, std::exception_ptr exc_info) {
          return start(std::move(status), std::move(headers), std::move(exc_info));
      }} {}

http::Write EncodedAnswer::start(std::string&& status, http::Headers&& headers,
                                 std::exception_ptr&& exc_info) {
    if (state_ == State::kEnded)
        throw std::logic_error{"start_response() after the end of the response"};
    const bool left = state_ == State::kPlain || state_ == State::kEncoded;
    if (!left && rules_->may_encode(code_of(status), headers)) {
        status_ = std::move(status);
        headers_ = std::move(headers);
        exc_info_ = std::move(exc_info);
        state_ = State::kHeld;
        return http::Write{
            [self = shared_from_this()](std::string_view data) { self->write(data); }};
    }
    // An upgrade, too, which goes on before the application returns.
    rules_->leave(code_of(status), headers, if_none_match_);
    write_ = outer_(std::move(status), std::move(headers), std::move(exc_info));
    state_ = State::kPlain;  // what replaces an encoded answer is not encoded
    encoder_.reset();
    return *write_;
}

void EncodedAnswer::write(std::string_view data) {
    if (state_ == State::kNone || state_ == State::kEnded)
        throw std::logic_error{"write() after the end of the response"};
    if (data.empty()) return;
    if (state_ == State::kHeld) send_head(told_size());
    if (!encoder_) {
        (*write_)(data);
        return;
    }
    for (; data.size() > kAtOnce; data.remove_prefix(kAtOnce))
        encode_and_write(data.substr(0, kAtOnce), Encoder::After::kMore);
    encode_and_write(data, Encoder::After::kFlush);
}

void EncodedAnswer::encode_and_write(std::string_view data, Encoder::After after) {
    // The write before may have waited, while another greenlet ended or replaced the answer.
    if (!encoder_) throw std::logic_error{"write() after the end of the response"};
    const std::string bytes = encode(data, after);
    if (!bytes.empty()) (*write_)(bytes);
}

std::string EncodedAnswer::encode(std::string_view data, Encoder::After after) {
    held_ += data.size();
    // gzip gathers 4 MiB of one letter before it gives something by itself.
    if (held_ >= kMostHeld && after == Encoder::After::kMore) after = Encoder::After::kFlush;
    if (after != Encoder::After::kMore) held_ = 0;
    return encoder_->encode(data, after);
}

std::optional<std::uint64_t> EncodedAnswer::told_size() const {
    const std::string* field = http::find(headers_, "Content-Length");
    std::uint64_t size = 0;
    if (field == nullptr ||
        std::from_chars(field->data(), field->data() + field->size(), size).ec != std::errc{})
        return std::nullopt;
    return size;
}

void EncodedAnswer::send_head(std::optional<std::uint64_t> size) {
    if (rules_->is_large(size)) {
        send_encoded_head();
    } else {
        send_plain_head();
    }
}

void EncodedAnswer::send_plain_head() {
    rules_->leave(code_of(status_), headers_, if_none_match_);
    write_ = outer_(std::move(status_), std::move(headers_), std::move(exc_info_));
    state_ = State::kPlain;
}

void EncodedAnswer::send_encoded_head() {
    if (!head_only_) encoder_ = make_encoder(coding_, rules_->level());
    CompressRules::encode(coding_, headers_);
    write_ = outer_(std::move(status_), std::move(headers_), std::move(exc_info_));
    state_ = State::kEncoded;
}

http::Body EncodedAnswer::body_of(http::Body inner) {
    const auto size = size_of(inner);
    if (state_ == State::kHeld) {
        const auto told = told_size();
        const bool generated = !size;
        // A generator may replace what was given, until its first piece is there.
        if (!generated || told) send_head(told ? told : size);
    }
    const bool pieces =
        state_ == State::kHeld || state_ == State::kEncoded || (state_ == State::kNone && !size);
    if (pieces && state_ == State::kEncoded && !head_only_ && size && *size <= kAtOnce)
        return at_once(std::move(inner));
    if (pieces) return by_pieces(std::move(inner));
    if (may_still_start(inner)) {
        inner.on_close([self = shared_from_this()] { self->end(); });
    } else {
        end();
    }
    return inner;
}

http::Body EncodedAnswer::at_once(http::Body inner) {
    const bool closes = inner.has_on_close();
    auto trailers = inner.take_trailers();
    const auto source = std::make_shared<BodySource>(std::move(inner));
    std::string bytes;
    while (const auto part = source->next())
        bytes += encoder_->encode(*part, Encoder::After::kMore);
    bytes += encoder_->encode({}, Encoder::After::kEnd);
    encoder_.reset();
    http::Body body{std::move(bytes)};
    body.trailers(std::move(trailers));
    if (!closes) {
        end();
        return body;
    }
    body.on_close([self = shared_from_this(), kept = source]() mutable {
        kept.reset();
        self->end();
    });
    return body;
}

http::Body EncodedAnswer::by_pieces(http::Body inner) {
    const auto self = shared_from_this();
    auto trailers = inner.take_trailers();
    http::Body body{
        [self, source = BodySource{std::move(inner)}]() mutable { return self->next(source); }};
    body.trailers(std::move(trailers));
    body.on_close([self] { self->end(); });
    return body;
}

std::optional<std::string> EncodedAnswer::next(BodySource& source) {
    if (finished_ || (state_ == State::kEncoded && head_only_)) return std::nullopt;
    for (;;) {
        const bool generated = source.generated();
        std::optional<std::string> piece = source.next();
        if (state_ == State::kHeld && (piece || !generated)) send_head(told_size());
        if (state_ == State::kHeld) send_plain_head();  // nothing came
        if (state_ != State::kEncoded) return piece;
        if (head_only_) return std::nullopt;
        if (!piece) {
            finished_ = true;
            return encoder_->encode({}, Encoder::After::kEnd);
        }
        const bool flush = generated && source.at_end_of_piece();
        std::string bytes = encode(*piece, flush ? Encoder::After::kFlush : Encoder::After::kMore);
        if (!bytes.empty()) return bytes;
    }
}

void EncodedAnswer::end() noexcept {
    state_ = State::kEnded;
    encoder_.reset();
}

}  // namespace grove::web
