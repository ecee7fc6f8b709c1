// utf8.h - whether text is UTF-8 (RFC 3629), told as its bytes come.
#pragma once

#include <cstdint>
#include <string_view>

namespace grove::http {

/// Overlong forms, surrogates and what lies above U+10FFFF are refused at the first byte that no text has there.
class Utf8Check {
public:
    /// Looks at the next bytes of the text. @return false: the text is not UTF-8, whatever follows
    [[nodiscard]] bool feed(std::string_view bytes) noexcept;
    /// The text may end here: its last character is whole.
    [[nodiscard]] bool complete() const noexcept { return left_ == 0; }
    /// A new text begins.
    void begin() noexcept { *this = {}; }

private:
    [[nodiscard]] bool lead(std::uint8_t byte) noexcept;

    std::uint8_t left_ = 0;     // bytes of the character that are to come; kBroken: none can
    std::uint8_t low_ = 0x80;   // what the next one may be
    std::uint8_t high_ = 0xbf;  // included
    static constexpr std::uint8_t kBroken = 0xff;
};

/// The same of a whole text.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace grove::http
