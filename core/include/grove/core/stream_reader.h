// stream_reader.h - lines and counted pieces of a Stream (socket.makefile()).
#pragma once

#include <cstddef>
#include <string>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/core/errors.h>
#include <grove/core/stream.h>

namespace grove {

/// Reads a stream through a buffer. Bytes in the buffer are lost to whoever reads the stream
/// itself.
///
/// A `timeout` covers the whole call, however slowly the bytes come; when it passes, SocketTimeout
/// is thrown. Whatever a call throws, bytes that came before stay buffered: the next call gives
/// them. The stream must outlive the reader, and may not be moved meanwhile. Thread: the stream's;
/// one greenlet at a time.
class GROVE_EXPORT StreamReader {
public:
    /// Reads nothing yet. @param buffer the most bytes that are asked of the stream at a time
    /// @throws std::invalid_argument if `buffer` is 0
    explicit StreamReader(Stream& stream, std::size_t buffer = 8192);
    StreamReader(const StreamReader&) = delete;
    StreamReader& operator=(const StreamReader&) = delete;

    /// Blocks until a line is there.
    /// @param limit the most bytes of a line, its '\n' included
    /// @return the line with its '\n'; without it, if the stream ends before; "": the stream has
    /// ended
    /// @throws std::length_error if the line is longer than `limit`; SocketTimeout,
    /// std::system_error; whatever interrupts the wait
    std::string readline(std::size_t limit, Timespan timeout = {});
    /// Blocks until there are bytes; what is buffered is given at once.
    /// @return some bytes, at most `most`; "": the stream has ended, or `most` is 0
    /// @throws SocketTimeout, std::system_error; whatever interrupts the wait
    std::string read(std::size_t most, Timespan timeout = {});
    /// Blocks until `bytes` bytes are there. They are buffered up to then, so a number that a peer
    /// has named should be bounded first.
    /// @throws EndOfStream if the stream ends before; SocketTimeout, std::system_error; whatever
    /// interrupts the wait
    std::string read_exactly(std::size_t bytes, Timespan timeout = {});

private:
    [[nodiscard]] std::size_t buffered() const noexcept { return bytes_.size() - given_; }
    bool fill(const Deadline& deadline);
    std::string give(std::size_t bytes);

    Stream& stream_;
    std::size_t buffer_;
    std::string bytes_;      // that came
    std::size_t given_ = 0;  // of these, to callers
};

}  // namespace grove
