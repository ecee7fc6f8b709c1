// byte_ranges.h - what a Range field asks for (RFC 9110 section 14).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

struct ByteRange {
    std::uint64_t first = 0;
    std::uint64_t length = 0;

    friend bool operator==(const ByteRange&, const ByteRange&) = default;
    /// "bytes 0-4/10".
    [[nodiscard]] std::string content_range(std::uint64_t size) const;
};

struct RangeRequest {
    enum class Kind {
        kIgnored,        ///< Not there, or not to be heeded: the whole is sent.
        kSatisfiable,    ///< `ranges` are.
        kUnsatisfiable,  ///< 416.
    };

    /// More than this, as many empty ones, or ranges that together exceed the whole, are no honest request, and ignored.
    static constexpr std::size_t kMost = 16;

    Kind kind = Kind::kIgnored;
    std::vector<ByteRange> ranges{};  ///< Within the size, in the order they were asked for.

    /// @param field  the field's value; "" if it is absent.
    /// @param size   of the representation.
    static RangeRequest parse(std::string_view field, std::uint64_t size);
};
