#include "chunk_extensions.h"

#include "ascii.h"

namespace grove::http {

ChunkExtensions::State ChunkExtensions::take(char byte) noexcept {
    switch (expects_) {
        case Expects::kEnd:
            return take_end(byte, Expects::kSemicolon);
        case Expects::kSemicolon:
            return take_separator(byte, Expects::kSemicolon);
        case Expects::kNameStart:
        case Expects::kName:
        case Expects::kEquals:
            return take_name(byte);
        default:
            return take_value(byte);
    }
}

ChunkExtensions::State ChunkExtensions::take_name(char byte) noexcept {
    if (expects_ == Expects::kNameStart) {
        if (is_ows(byte)) return State::kMore;
        return is_token_char(byte) ? go_on(Expects::kName) : State::kMalformed;
    }
    if (byte == '=') return go_on(Expects::kValueStart);
    if (expects_ == Expects::kEquals) return take_separator(byte, Expects::kEquals);
    return is_token_char(byte) ? State::kMore : take_end(byte, Expects::kEquals);
}

ChunkExtensions::State ChunkExtensions::take_value(char byte) noexcept {
    switch (expects_) {
        case Expects::kValueStart:
            if (is_ows(byte)) return State::kMore;
            if (byte == '"') return go_on(Expects::kQuoted);
            return is_token_char(byte) ? go_on(Expects::kToken) : State::kMalformed;
        case Expects::kToken:
            return is_token_char(byte) ? State::kMore : take_end(byte, Expects::kSemicolon);
        case Expects::kQuoted:
            if (byte == '"') return go_on(Expects::kEnd);
            if (byte == '\\') return go_on(Expects::kQuotedPair);
            return is_value_char(byte) ? State::kMore : State::kMalformed;
        default:
            return is_value_char(byte) ? go_on(Expects::kQuoted) : State::kMalformed;
    }
}

ChunkExtensions::State ChunkExtensions::take_end(char byte, Expects blank) noexcept {
    return byte == '\r' ? State::kDone : take_separator(byte, blank);
}

ChunkExtensions::State ChunkExtensions::take_separator(char byte, Expects blank) noexcept {
    if (byte == ';') return go_on(Expects::kNameStart);
    return is_ows(byte) ? go_on(blank) : State::kMalformed;
}

}  // namespace grove::http
