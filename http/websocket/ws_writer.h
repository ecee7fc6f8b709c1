// ws_writer.h - what a WebSocket sends: messages and control frames to bytes, in the order in which they leave. No I/O.
//
// A frame is added whole, so that frames of two senders never interleave.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ws_frame.h"

namespace grove::http {

/// A frame's header.
class FrameHeader {
public:
    /// @param mask  that of a client's frame
    FrameHeader(Opcode opcode, std::uint64_t length, bool compressed = false,
                const std::optional<Mask>& mask = {}) noexcept;
    [[nodiscard]] std::string_view bytes() const noexcept { return {bytes_.data(), size_}; }

private:
    std::array<char, kMaxFrameHeader> bytes_;
    std::size_t size_ = 2;
};

/// Bytes that are added at one end, and leave at the other as the peer takes them. Its owner bounds it by size().
class Outbox {
public:
    /// Adds a frame of a server, behind a pong that waits. @throws std::bad_alloc, with nothing added
    void add(Opcode opcode, std::string_view payload, bool compressed = false);
    /// The same of a Close. @pre code and reason may be sent; kNone: neither is
    void add_close(std::uint16_t code, std::string_view reason);
    /// Adds what is left of such a frame, `sent` bytes of which have left already.
    void add_rest(const FrameHeader& header, std::string_view payload, std::size_t sent);
    /// A pong that leaves before any frame that is added later. It takes the place of one that waits still: only the
    /// newest ping need be answered (RFC 6455 section 5.5.3). @pre payload.size() <= kMaxControl
    void pong(std::string_view payload);

    [[nodiscard]] std::string_view unsent() const noexcept {
        return std::string_view{bytes_}.substr(sent_);
    }
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size() - sent_; }
    [[nodiscard]] bool empty() const noexcept { return size() == 0 && !pong_; }
    /// Bytes of memory, for tests.
    [[nodiscard]] std::size_t memory() const noexcept { return bytes_.capacity(); }
    /// So many bytes of unsent() have left. @throws std::bad_alloc: a pong waits, and there is no memory for it
    void sent(std::size_t bytes);
    void clear() noexcept;

private:
    void add_pong();

    std::string bytes_;
    std::size_t sent_ = 0;
    std::optional<std::string> pong_;
};

}  // namespace grove::http
