// closed_streams.h - which streams a client has opened, and which of them the server has reset (RFC 9113, 5.1 and 5.4.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace grove::http {

/// What a frame means that came on a stream which is not open.
enum class ClosedStreamFrame {
    kOpens,          ///< it begins a request
    kIgnored,        ///< the client may not yet know of our RST_STREAM
    kStreamClosed,   ///< a connection error STREAM_CLOSED
    kProtocolError,  ///< a connection error PROTOCOL_ERROR
};

/// One connection's. Never switches.
class ClosedStreams {
public:
    /// @param most_resets  so many of the streams that the server has reset are remembered, the last ones
    explicit ClosedStreams(std::size_t most_resets) noexcept : most_resets_{most_resets} {}

    /// HEADERS came on a stream that is not open: kOpens if its id is a new one, which then counts as seen.
    [[nodiscard]] ClosedStreamFrame on_headers(std::uint32_t id) noexcept;
    /// DATA came on such a stream. If it is ignored, its bytes still count for the connection's window.
    [[nodiscard]] ClosedStreamFrame on_data(std::uint32_t id) const noexcept;
    /// The server has sent RST_STREAM. @throws std::bad_alloc  nothing is remembered then
    void count_reset(std::uint32_t id);

    /// The highest id that was seen; 0: none.
    [[nodiscard]] std::uint32_t highest() const noexcept { return highest_; }

private:
    [[nodiscard]] bool was_reset(std::uint32_t id) const noexcept;

    const std::size_t most_resets_;
    std::vector<std::uint32_t> resets_;  // a ring once it is full
    std::size_t oldest_ = 0;
    std::uint32_t highest_ = 0;
    // The ids that were passed over last: unlike the others they were never open. An earlier gap is forgotten; a
    // connection error it is then as well.
    std::uint32_t gap_begin_ = 0;
    std::uint32_t gap_end_ = 0;
};

}  // namespace grove::http
