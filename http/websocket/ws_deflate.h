// ws_deflate.h - messages of permessage-deflate, one by one: nothing is kept from one to the next (RFC 7692). No I/O.
//
// Sockets of a thread share one: its memory is zlib's, some 260 KiB for the first window that is compressed for, and
// 40 KiB to inflate. Neither is there before it is used.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct z_stream_s;

namespace grove::http {

class WsDeflate {
public:
    /// Of the calling thread; it lives as long as that.
    [[nodiscard]] static WsDeflate& of_thread();

    WsDeflate() noexcept;
    ~WsDeflate();
    WsDeflate(const WsDeflate&) = delete;
    WsDeflate& operator=(const WsDeflate&) = delete;

    /// A message's payload. @return nullopt: that would not be smaller than `message`
    /// @param window_bits  9 to 15. @throws std::bad_alloc
    [[nodiscard]] std::optional<std::string> compress(std::string_view message, int window_bits);

    /// What inflate() has found.
    struct Inflated {
        std::string message{};
        std::uint16_t close_code =
            0;                 // 1007 or 1009: the message is bad, and the peer is to be told
        const char* why = "";  // static text of one line
    };
    /// Stops as soon as it is clear that the message is bad. Costs as much as `coded` and `most` are long.
    /// @param coded  the payloads of all its frames
    /// @param most   bytes of the message; more: 1009
    /// @param text   it must be UTF-8; otherwise: 1007
    /// @throws std::bad_alloc
    [[nodiscard]] Inflated inflate(std::string_view coded, std::size_t most, bool text);

private:
    struct DeflateEnd {
        void operator()(z_stream_s* stream) const noexcept;
    };
    struct InflateEnd {
        void operator()(z_stream_s* stream) const noexcept;
    };
    static constexpr int kFewestBits = 9;
    static constexpr int kMostBits = 15;

    z_stream_s& fresh_deflate(int window_bits);
    z_stream_s& fresh_inflate();

    std::array<std::unique_ptr<z_stream_s, DeflateEnd>, kMostBits - kFewestBits + 1> deflates_;
    std::unique_ptr<z_stream_s, InflateEnd> inflate_;
};

}  // namespace grove::http
