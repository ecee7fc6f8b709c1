// multipart.h - several ranges of one file as a multipart/byteranges body (RFC 9110 section 14.6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <grove/core/file_descriptor.h>

#include "byte_ranges.h"

/// A generator of the body. Movable; each call reads a piece of the file.
class Multipart {
public:
    /// @param type  of the file
    /// @param size  of the file
    Multipart(grove::FileDescriptor file, std::string_view type, std::uint64_t size,
              std::vector<ByteRange> ranges);

    [[nodiscard]] std::string content_type() const;
    [[nodiscard]] std::uint64_t length() const;

    /// The next piece; nullopt: all was given.
    /// @throws std::runtime_error  the file has become shorter
    std::optional<std::string> operator()();

private:
    [[nodiscard]] std::string part_head(const ByteRange& range) const;
    [[nodiscard]] std::string end() const { return "\r\n--" + boundary_ + "--\r\n"; }

    grove::FileDescriptor file_;
    std::string type_;
    std::uint64_t size_;
    std::vector<ByteRange> ranges_;
    std::string boundary_;
    std::size_t part_ = 0;
    std::uint64_t sent_ = 0;  // of this part
};
