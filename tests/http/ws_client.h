// ws_client.h - a scripted client of WebSockets, in a greenlet of the server's own hub. It knows nothing of grove's frames.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <grove/core/address.h>
#include <grove/core/stream.h>

namespace grove::test {

/// A frame of a client: masked. @param first  its first byte: FIN 0x80, RSV1 0x40, and the opcode
std::string ws_frame(unsigned first, std::string_view payload);
std::string ws_text(std::string_view text);
std::string ws_close(std::uint16_t code, std::string_view reason = {});
/// The request of a handshake, with further field lines ("X: y\r\n").
std::string ws_request(std::string_view fields = {}, std::string_view target = "/");

class WsClient {
public:
    /// Sends the request, with `early` bytes in the same packet, and reads the head of the answer.
    explicit WsClient(const Address& server, std::string_view fields = {},
                      std::string_view early = {}, std::string_view target = "/");

    void send(std::string_view bytes) { stream_.sendall(bytes); }
    /// Each byte after the server has had the time to read the one before.
    void send_byte_by_byte(std::string_view bytes);
    /// The next frame: "text hello", "binary x", "ping x", "pong x", "close 1000 bye", "close"; "compressed text " and
    /// "compressed binary " with RSV1, and the payload as it came; "end": TCP has ended; "reset". Nothing waits longer
    /// than some seconds.
    std::string next();
    /// Nothing has come.
    bool silent();
    void reset();
    void finish_sending() { stream_.shutdown_write(); }
    Stream& stream() noexcept { return stream_; }

    std::string head{};  ///< Of the answer.

private:
    bool fill(std::size_t bytes);

    Stream stream_;
    std::string received_;
};

}  // namespace grove::test
