// multipart_reader.h - finds the parts of a multipart body in pieces that are cut anywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <grove/web/multipart_limits.h>

#include "part_head.h"

namespace grove::web {

/// Holds one piece of the body, and less of a part than a boundary is long, or a part's head.
class MultipartReader {
public:
    /// Returns the next bytes, at most that many, and as many unless the body ends; with `line` none
    /// behind the next LF. "": the body's end. May block.
    using Source = std::function<std::string(std::size_t most, bool line)>;

    /// @param boundary  as Content-Type has it
    MultipartReader(Source source, std::string_view boundary, MultipartLimits limits);

    /// Passes over what is unread of a part, and reads the head of the next one. @return false: all
    /// parts were there
    bool next(PartHead& head);
    /// Up to `most` bytes of the part, fewer only at its end; "" at its end.
    std::string read(std::size_t most);

private:
    // A head and a small content before it are there line by line, as soon as they have come; of a
    // large content lines would be slow.
    static constexpr std::size_t kLines = 64;

    [[nodiscard]] std::string_view unread() const noexcept {
        return std::string_view{buffer_}.substr(at_);
    }
    std::size_t known();
    void fill();
    void fill_to(std::size_t bytes);
    void end_delimiter_line();
    std::string take_head();
    void end_head();

    Source source_;
    std::string delimiter_;  // CRLF, "--", the boundary
    MultipartLimits limits_;
    // What was received and not read. As if the body began with a CRLF: its first delimiter has none.
    std::string buffer_ = "\r\n";
    std::size_t at_ = 0;
    std::size_t known_ = 0;  // bytes from at_ on that are the part's
    std::uint64_t received_ = 0;
    std::size_t parts_ = 0;
    std::size_t lines_ = kLines;  // how often a line is asked for before pieces are
    bool head_ends_ = false;      // what is unread begins with the CRLF behind a head
    bool done_ = false;
};

}  // namespace grove::web
