// guard.h - the raw bytes of a head: where it ends, and whether it may be parsed at all.
//
// Stands before the parser, which is too lenient in every version we know: folded lines, bare LF,
// other protocols' names, spaces before a colon. What the guard lets through is `method SP target
// SP HTTP/1.x CRLF *(token ":" value CRLF) CRLF` and nothing else (RFC 9112 sections 2-5). Of an answer, which a client
// reads, the first line is `HTTP/1.x SP 3DIGIT [SP reason] CRLF`.
//
// The outcome depends on the bytes alone, not on how they were cut into reads, and a refusal comes
// with the first byte that makes it certain. Never switches, never allocates, never throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <grove/http/limits.h>
#include "refusal.h"

namespace grove::http {

struct ExtraMethods;

enum class GuardState : std::uint8_t { kNeedMore, kComplete, kRefused };

/// Scans one head. A small value: it lives beside the buffer while a head is incomplete.
class Guard {
public:
    /// Of a request.
    Guard() noexcept = default;
    /// Of an answer: `limits.request_line` bounds its status line. No empty line may come before it.
    [[nodiscard]] static Guard of_answer() noexcept {
        Guard guard;
        guard.expects_ = Expects::kStatus;
        return guard;
    }

    /// Goes on where the last call stopped; every byte is looked at once, or twice at a read's
    /// edge. After kComplete or kRefused it may be called only once reset() has been (asserted).
    ///
    /// @param buffer  all bytes since the end of the last message, those of earlier calls
    /// unchanged.
    /// @param extra   methods that are known beside grove's; nullptr: none
    /// @pre kScanPadding bytes after `buffer` can be read, and `limits` and `extra` are the
    /// same for a whole head.
    GuardState feed(std::string_view buffer, const Limits& limits,
                    const ExtraMethods* extra = nullptr) noexcept;

    /// What feed() said last.
    [[nodiscard]] GuardState state() const noexcept {
        if (expects_ != Expects::kNothing) return GuardState::kNeedMore;
        return why_ == nullptr ? GuardState::kComplete : GuardState::kRefused;
    }
    /// Bytes of the empty lines before the request line, two at most.
    [[nodiscard]] std::size_t skipped() const noexcept { return skipped_; }
    /// From the request line to the blank line, its CRLF too. @pre kComplete
    [[nodiscard]] std::size_t head_length() const noexcept { return scanned_ - skipped_; }
    /// @pre kRefused
    [[nodiscard]] Refusal refusal() const noexcept { return {refused_status_, why_}; }

    /// Ready for the next request's head.
    void reset() noexcept { *this = Guard{}; }

    /// Whether nothing of a head has come yet but the empty lines before it.
    [[nodiscard]] bool untouched() const noexcept { return scanned_ == skipped_; }

private:
    enum class Expects : std::uint8_t {
        kStart,    // a method, or the CR of an empty line
        kStartLf,  // the LF of that line
        kMethod,
        kTarget,     // mark_: where it begins
        kVersion,    // mark_: where it begins
        kRequestLf,  // mark_: where the version begins
        kStatus,
        kStatusLf,
        kLine,  // a field's name or the blank line's CR; from here on mark_: where the fields begin
        kName,
        kValue,
        kFieldLf,
        kEndLf,
        kNothing,  // complete or refused
    };

    const char* fast_fields(const char* base, const char* line, const char* end,
                            const Limits& limits) noexcept;

    const char* skip_rest(const char* base, const char* at, const char* end,
                          const Limits& limits) const noexcept;
    void take(const char* base, std::size_t at, const Limits& limits,
              const ExtraMethods* extra) noexcept;
    void take_request_line(const char* base, std::size_t at, std::size_t limit,
                           const ExtraMethods* extra) noexcept;
    void take_method(const char* base, std::size_t at, const ExtraMethods* extra) noexcept;
    void take_target(char byte, std::size_t at) noexcept;
    void take_version(char byte, std::size_t index) noexcept;
    void take_request_lf(const char* base, std::size_t at) noexcept;
    void take_status_line(char byte, std::size_t at, std::size_t limit) noexcept;
    void take_field(char byte, std::size_t at, const Limits& limits) noexcept;
    void take_line_start(char byte, std::size_t limit) noexcept;
    void take_lf(char byte, Expects next) noexcept;
    void refuse(std::uint16_t status, const char* why) noexcept;

    std::size_t scanned_ = 0;
    std::size_t mark_ = 0;
    std::uint32_t fields_ = 0;
    Expects expects_ = Expects::kStart;
    std::uint8_t skipped_ = 0;
    std::uint16_t refused_status_ = 0;
    const char* why_ = nullptr;
};

}  // namespace grove::http
