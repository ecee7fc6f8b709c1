// chunked.h - the chunked transfer coding (RFC 9112 section 7.1): strict inwards, plain outwards.
//
// The outcome of a body depends on its bytes alone, not on how they were cut into reads. Never
// switches, never allocates (but append_chunk_header's string), never throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <grove/http/headers.h>
#include <grove/http/limits.h>
#include "chunk_extensions.h"
#include "refusal.h"

namespace grove::http {

enum class ChunkedState : std::uint8_t {
    kMore,     ///< Not at the end yet.
    kDone,     ///< The last chunk and a good trailer section have been consumed.
    kRefused,  ///< The framing is broken, or too large the body or its extensions: what was read
               ///< may be incomplete.
    kTrailerRefused,  ///< The body was complete, then came a trailer section that is broken or too
                      ///< large.
};

struct ChunkedResult {
    ChunkedState state = ChunkedState::kMore;
    std::size_t consumed = 0;  ///< Bytes of the input that are done with; `data` is among them.
    std::string_view data =
        {};  ///< The next piece of the body, a view of the input; "" if there is none.
    Refusal refusal = {};           ///< kRefused and kTrailerRefused only.
    std::string_view trailer = {};  ///< What of the input belongs to the trailer section.
};

/// Takes a chunked body apart. Extensions are checked, then dropped; trailers are checked, and told.
class ChunkedDecoder {
public:
    /// @param limits  body, headers and header_bytes (of all trailers together) count; must outlive
    /// this.
    explicit ChunkedDecoder(const Limits& limits) noexcept : limits_{&limits} {}

    /// Reads on, up to and including the next piece of data, or to the end of `in`. Call it again
    /// with what it left, while that is not empty. After the end or a refusal it consumes nothing
    /// more and answers the same for ever.
    ChunkedResult feed(std::string_view in) noexcept;

private:
    enum class Expects : std::uint8_t {
        kFirstDigit,
        kSize,
        kExtension,
        kSizeLf,
        kData,
        kDataCr,
        kDataLf,
        kTrailer,  // a trailer's name or the last CR
        kTrailerName,
        kTrailerValue,
        kTrailerLf,
        kEndLf,
        kNothing,
    };

    [[nodiscard]] bool is_in_trailer() const noexcept {
        return expects_ >= Expects::kTrailer && expects_ != Expects::kNothing;
    }
    ChunkedResult take_data(std::string_view in, std::size_t at) noexcept;
    void take(char byte) noexcept;
    void take_size(char byte) noexcept;
    void take_extension(char byte) noexcept;
    void begin_chunk() noexcept;
    void take_trailer(char byte) noexcept;
    void take_trailer_start(char byte) noexcept;
    void expect(char wanted, char byte, Expects next) noexcept;
    void refuse(std::uint16_t status, const char* why) noexcept;

    const Limits* limits_;
    std::uint64_t left_ = 0;   // of the current chunk; while its size is read: the size so far
    std::uint64_t total_ = 0;  // of all chunks begun; never above limits_->body
    std::size_t counted_ = 0;  // digits, then bytes of all trailers
    std::size_t extension_bytes_ = 0;  // of all chunks
    ChunkExtensions extensions_;       // of the current chunk
    std::size_t trailers_ = 0;
    Expects expects_ = Expects::kFirstDigit;
    ChunkedState state_ = ChunkedState::kMore;
    std::uint16_t refused_status_ = 0;
    const char* why_ = "";
};

/// What ends a chunked response.
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

/// The same without the trailer section and the empty line behind it.
inline constexpr std::string_view kLastSize = "0\r\n";

/// What ends every chunk of data.
inline constexpr std::string_view kChunkEnd = "\r\n";

/// The fields of a trailer section that a decoder has told of.
[[nodiscard]] Headers trailers_of(std::string_view section);

/// Appends the line that begins a chunk of `size` bytes. @pre size > 0: a chunk of none ends the
/// body.
void append_chunk_header(std::string& out, std::size_t size);

}  // namespace grove::http
