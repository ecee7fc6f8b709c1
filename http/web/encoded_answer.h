// encoded_answer.h - one answer on its way through compress(). Greenlet: the request's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <grove/http/application.h>

#include "body_source.h"
#include "compress_rules.h"
#include "encoder.h"

namespace grove::web {

/// Holds the head that the inner application gives until the body, or its first piece, tells
/// whether the answer is encoded.
class EncodedAnswer : public std::enable_shared_from_this<EncodedAnswer> {
public:
    /// `request` and `outer` live until end().
    EncodedAnswer(std::shared_ptr<const CompressRules> rules, Coding coding,
                  const http::Environ& request, http::StartResponse& outer);

    /// The inner application's.
    [[nodiscard]] http::StartResponse& start_response() noexcept { return start_; }
    /// What is returned in place of the inner application's body.
    [[nodiscard]] http::Body body_of(http::Body inner);
    /// It has none. From now on `request` and `outer` are another's, and a Write that was kept throws.
    void end() noexcept;

private:
    enum class State { kNone, kHeld, kPlain, kEncoded, kEnded };

    http::Write start(std::string&& status, http::Headers&& headers, std::exception_ptr&& exc_info);
    void write(std::string_view data);
    void encode_and_write(std::string_view data, Encoder::After after);
    [[nodiscard]] std::string encode(std::string_view data, Encoder::After after);
    void send_head(std::optional<std::uint64_t> size);
    void send_plain_head();
    void send_encoded_head();
    [[nodiscard]] std::optional<std::uint64_t> told_size() const;
    [[nodiscard]] http::Body at_once(http::Body inner);
    [[nodiscard]] http::Body by_pieces(http::Body inner);
    [[nodiscard]] std::optional<std::string> next(BodySource& source);

    const std::shared_ptr<const CompressRules> rules_;
    const Coding coding_;
    const bool head_only_;
    const std::string_view if_none_match_;
    http::StartResponse& outer_;
    http::StartResponse start_;
    State state_ = State::kNone;
    bool finished_ = false;               // the encoder's last bytes are out
    std::size_t held_ = 0;                // bytes that the encoder was given since it was flushed
    std::string status_{};                // kHeld, with the two below
    http::Headers headers_{};             //
    std::exception_ptr exc_info_{};       //
    std::optional<http::Write> write_{};  // outer_'s, once it was called
    std::unique_ptr<Encoder> encoder_{};  // kEncoded, unless head_only_
};

}  // namespace grove::web
