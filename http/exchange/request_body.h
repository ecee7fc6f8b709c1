// request_body.h - takes the framing off a request's body: a length, or chunks.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include <grove/core/duration.h>

#include "chunked.h"
#include "refusal.h"

namespace grove::http {

class Exchange;

enum class Discarded : std::uint8_t { kAll, kMore, kTooMuch };

/// Reads from the exchange's client; the bytes after the body are never touched.
class RequestBody {
public:
    explicit RequestBody(Exchange& exchange) noexcept : exchange_{exchange} {}

    /// At the start of a request whose head is in the exchange.
    void begin() noexcept;

    /// The next bytes of the body, valid until the next call; "" at the end. Blocks until there are some.
    /// @throws BadRequest, ClientDisconnected, PayloadTooLarge; after one of them every call throws
    std::string_view peek();
    /// Done with the first `count` bytes that peek() gave.
    void take(std::size_t count) noexcept;
    /// They were taken last, and peek() gives them again; not if every call throws anyway.
    void put_back(std::string&& bytes) noexcept;

    /// Whether its request may have a slot: all of it is there, or it is not to be waited for (limits.body_buffer).
    [[nodiscard]] bool worth_a_slot() noexcept {
        return framing_ == Framing::kNone || continue_due_ || has_come();
    }
    /// How long it is was not announced.
    [[nodiscard]] bool of_unknown_length() const noexcept { return framing_ == Framing::kChunked; }

    /// Drops what is there of the rest, without blocking.
    Discarded discard();

    [[nodiscard]] bool complete() const noexcept {
        return framing_ == Framing::kNone && piece_.empty();
    }
    /// Something went wrong in the framing, or after it: no further request may be read from this connection.
    [[nodiscard]] bool poisoned() const noexcept { return error_ != nullptr || bad_trailer_; }
    /// The client waits to be told 100 (Continue), and has not been.
    [[nodiscard]] bool continue_due() const noexcept { return continue_due_; }
    void forget_continue() noexcept { continue_due_ = false; }
    /// A greenlet that kept the Input is blocked in a read.
    [[nodiscard]] bool being_read() const noexcept { return readers_ != 0; }
    /// What a Content-Length announced and has not come; nullopt for chunks.
    [[nodiscard]] std::optional<std::uint64_t> left() const noexcept;

private:
    enum class Framing : std::uint8_t { kNone, kLength, kChunked };

    /// Looks for the end of the chunks without touching them.
    struct Scan {
        ChunkedDecoder decoder;
        std::size_t scanned = 0;  // of the body, what waits in a file included
    };

    Discarded discard_rest();
    [[nodiscard]] bool has_come() noexcept;
    [[nodiscard]] bool chunks_have_come(std::size_t spooled) noexcept;
    void send_continue();
    bool next_piece();
    void let_go_of_piece() noexcept;
    bool next_of_length() noexcept;
    bool next_of_chunks();
    void receive();
    void check_rate(Duration waited);
    [[noreturn]] void fail(std::exception_ptr error);
    [[noreturn]] void fail_for_trailer();
    [[noreturn]] void fail_again();

    Exchange& exchange_;
    Framing framing_ = Framing::kNone;
    bool continue_due_ = false;
    bool bad_trailer_ = false;
    Refusal trailer_refusal_;
    int readers_ = 0;
    std::string_view piece_;
    std::string returned_;        // what piece_ views, if it was put back
    std::size_t unconsumed_ = 0;  // raw bytes behind piece_ that the buffer still holds
    std::uint64_t left_ = 0;
    std::uint64_t received_ = 0;
    std::uint64_t discarded_ = 0;
    Duration waited_{};
    std::optional<ChunkedDecoder> chunks_;
    std::optional<Scan> scan_;
    std::exception_ptr error_;
};

}  // namespace grove::http
