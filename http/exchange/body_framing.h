// body_framing.h - takes the framing off a request's body: a length, chunks, or the end of a stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include <grove/http/headers.h>

#include "chunked.h"
#include "refusal.h"

namespace grove::http {

class RequestState;

/// Works on bytes that the request's client has sent already, and never waits. The bytes after the body are never
/// touched. The base of RequestBody, which waits for more.
class BodyFraming {
public:
    /// Whether the request may have a slot: all of the body is there, or it is not to be waited for (limits.body_buffer).
    [[nodiscard]] bool worth_a_slot() {
        return framing_ == Framing::kNone || continue_due_ || has_come();
    }
    /// No Content-Length announced how long the body is.
    [[nodiscard]] bool of_unknown_length() const noexcept {
        return framing_ == Framing::kChunked || framing_ == Framing::kStream;
    }
    [[nodiscard]] bool complete() const noexcept {
        return framing_ == Framing::kNone && piece_.empty();
    }
    /// So much of it was announced and has not come that a look past what is here may be worth it.
    [[nodiscard]] bool much_is_due() const noexcept {
        constexpr std::uint64_t kMuch = 8192;
        return framing_ == Framing::kLength && left_ >= kMuch;
    }
    /// Something went wrong in the framing, or after it: no further request may be read from this connection.
    [[nodiscard]] bool poisoned() const noexcept { return error_ != nullptr || bad_trailer_; }
    /// The client waits to be told 100 (Continue), and has not been.
    [[nodiscard]] bool continue_due() const noexcept { return continue_due_; }
    void forget_continue() noexcept { continue_due_ = false; }
    /// What followed the body; none before that is complete().
    [[nodiscard]] Headers trailers() const;
    /// What a Content-Length announced and has not come; nullopt: none did.
    [[nodiscard]] std::optional<std::uint64_t> left() const noexcept;

    BodyFraming(const BodyFraming&) = delete;
    BodyFraming& operator=(const BodyFraming&) = delete;

protected:
    explicit BodyFraming(RequestState& request) noexcept : request_{request} {}
    ~BodyFraming() = default;

    /// At the start of a request whose head is known.
    void begin() noexcept;
    /// @return whether there is a piece, or the end: else more must be received. @throws BadRequest, PayloadTooLarge
    bool next_piece();
    /// From here on every read throws it.
    void poison(std::exception_ptr error) noexcept;
    /// The same, and throws it.
    [[noreturn]] void fail(std::exception_ptr error);
    [[noreturn]] void fail_again();
    /// Bytes that are due, none of which is here: they may be received past the client's input. 0: they may not.
    [[nodiscard]] std::uint64_t due_past_input() const noexcept;
    /// So many of them were. @pre due_past_input() is no less
    void came_past_input(std::size_t count) noexcept;
    [[nodiscard]] bool at_end() const noexcept { return framing_ == Framing::kNone; }

    RequestState& request_;
    std::string_view piece_;
    std::size_t unconsumed_ = 0;  // raw bytes behind piece_ that the client's input still holds
    std::exception_ptr error_;

private:
    enum class Framing : std::uint8_t { kNone, kLength, kChunked, kStream };

    /// Looks for the end of the chunks without touching them.
    struct Scan {
        ChunkedDecoder decoder;
        std::size_t scanned = 0;  // of the body, what waits in a file included
    };

    [[nodiscard]] bool has_come();
    [[nodiscard]] bool chunks_have_come(std::size_t spooled) noexcept;
    void begin_unannounced();
    bool next_of_length() noexcept;
    bool next_of_unannounced();
    bool next_of_chunks();
    bool next_of_stream();
    [[noreturn]] void fail_for_trailer();

    Framing framing_ = Framing::kNone;
    bool continue_due_ = false;
    bool bad_trailer_ = false;
    Refusal trailer_refusal_;
    std::uint64_t left_ = 0;  // of kLength; of kStream, what limits.body still allows
    std::optional<ChunkedDecoder> chunks_;
    std::string trailer_;  // behind them, as it came; limits.header_bytes bounds it
    std::optional<Scan> scan_;
};

}  // namespace grove::http
