// chunk_extensions.h - what may stand between a chunk's size and its CRLF (RFC 9112 section 7.1.1).
//
// *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] ): parameters without a meaning to anybody here.
// They are read all the same: what another reader could understand differently is refused.
#pragma once

#include <cstdint>

namespace grove::http {

/// Reads them byte by byte. Never switches, allocates or throws.
class ChunkExtensions {
public:
    enum class State : std::uint8_t { kMore, kDone, kMalformed };

    /// The next byte behind the size, the first one too. kDone: it was the CR.
    /// @pre the last one said kMore
    State take(char byte) noexcept;

private:
    enum class Expects : std::uint8_t {
        kEnd,        // right behind the size or a value: the CR too
        kSemicolon,  // white space came
        kNameStart,
        kName,    // more of it, or the CR
        kEquals,  // white space came
        kValueStart,
        kToken,  // more of it, or the CR
        kQuoted,
        kQuotedPair,
    };

    State go_on(Expects next) noexcept {
        expects_ = next;
        return State::kMore;
    }
    State take_name(char byte) noexcept;
    State take_value(char byte) noexcept;
    /// The CR, or what parts from the next.
    State take_end(char byte, Expects blank) noexcept;
    State take_separator(char byte, Expects blank) noexcept;

    Expects expects_ = Expects::kEnd;
};

}  // namespace grove::http
