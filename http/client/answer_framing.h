// answer_framing.h - where an answer's head and body end, from bytes alone (RFC 9112, sections 6 and 9).
//
// The outcome depends on the bytes, not on how they were cut into reads. Never switches. What breaks the protocol is a
// value (Refusal), whose status is 413, 414 or 431 for what is too large.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <grove/http/headers.h>
#include <grove/http/limits.h>

#include "answer_head.h"
#include "chunked.h"
#include "guard.h"
#include "refusal.h"

namespace grove::http {

/// Finds the head of the final answer behind those of interim ones, which are skipped.
class AnswerHeadReader {
public:
    /// @param upgrade  the protocols that the request's Upgrade field asks for; "": none, and a 101 is refused
    /// @param most  bytes of all heads together
    AnswerHeadReader(std::string_view upgrade, std::size_t most);

    struct Result {
        std::size_t consumed = 0;  ///< Bytes that are done with; views of `head` point into them.
        bool complete = false;
        Refusal refusal = {};  ///< Not fed again then.
    };
    /// @param input  what was not consumed before, and what came since; kScanPadding bytes behind it can be read
    Result feed(std::string_view input);
    /// @pre feed() said complete
    [[nodiscard]] AnswerHead& head() noexcept { return head_; }

private:
    [[nodiscard]] bool is_wanted_upgrade() const noexcept;
    Result refuse(int status, const char* why) const noexcept;

    std::string upgrade_;
    std::size_t most_;
    std::size_t interim_ = 0;  // bytes of interim heads
    Limits limits_;
    Guard guard_ = Guard::of_answer();
    AnswerHead head_;
};

/// Takes a body out of its framing.
class AnswerBodyReader {
public:
    AnswerBodyReader(std::string_view method, const AnswerHead& head, std::size_t most_trailers);
    AnswerBodyReader(const AnswerBodyReader&) = delete;
    AnswerBodyReader& operator=(const AnswerBodyReader&) = delete;

    struct Piece {
        std::size_t consumed = 0;
        std::string_view data{};  ///< Of the input; "" if there is none yet.
        Refusal refusal = {};     ///< Not fed again then.
    };
    /// Reads on, up to the next piece of data or the body's end.
    Piece feed(std::string_view input);
    [[nodiscard]] bool ended() const noexcept { return ended_; }
    /// The peer has finished sending. @return whether the body may end there, and so has ended
    bool finish() noexcept;
    /// Of the whole body, before it was read; nullopt: not known.
    [[nodiscard]] std::optional<std::uint64_t> length() const noexcept { return length_; }
    /// @pre ended(). Behind a body that ends with its connection, there is none to keep.
    [[nodiscard]] bool ends_connection() const noexcept { return kind_ == Kind::kToEnd; }
    [[nodiscard]] Headers take_trailers();

private:
    enum class Kind : std::uint8_t { kLength, kChunked, kToEnd };

    Piece feed_chunked(std::string_view input);

    Kind kind_ = Kind::kLength;
    bool ended_ = false;
    std::optional<std::uint64_t> length_{};
    std::uint64_t left_ = 0;
    Limits limits_;
    ChunkedDecoder chunks_{limits_};
    std::string trailer_;  // bounded by limits_.header_bytes
};

}  // namespace grove::http
