#include "ws_client.h"

#include <array>
#include <chrono>
#include <stdexcept>
#include <system_error>

#include <sys/socket.h>

#include <grove/core/connect.h>

#include "http_client.h"

namespace grove::test {

std::string ws_frame(unsigned first, std::string_view payload) {
    constexpr std::string_view kMask{"\x12\x00\xff\x5a", 4};
    std::string frame{static_cast<char>(first)};
    const std::size_t size = payload.size();
    const auto add = [&](std::size_t bytes) {
        while (bytes-- != 0) frame += static_cast<char>(size >> 8 * bytes & 0xff);
    };
    if (size < 126) {
        frame += static_cast<char>(0x80 | size);
    } else if (size < 65536) {
        frame += '\xfe';
        add(2);
    } else {
        frame += '\xff';
        add(8);
    }
    frame += kMask;
    for (std::size_t at = 0; at < size; ++at)
        frame += static_cast<char>(payload[at] ^ kMask[at % kMask.size()]);
    return frame;
}

std::string ws_text(std::string_view text) { return ws_frame(0x81, text); }

std::string ws_close(std::uint16_t code, std::string_view reason) {
    std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
    return ws_frame(0x88, payload.append(reason));
}

std::string ws_request(std::string_view fields, std::string_view target) {
    std::string request = "GET ";
    request.append(target).append(
        " HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    return request.append(fields).append("\r\n");
}

WsClient::WsClient(const Address& server, std::string_view fields, std::string_view early,
                   std::string_view target)
    : stream_{connect(server)} {
    send(ws_request(fields, target).append(early));
    std::size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
        if (!fill(received_.size() + 1)) throw std::runtime_error{"no answer: " + received_};
    }
    head = received_.substr(0, end + 2);
    received_.erase(0, end + 4);
}

void WsClient::send_byte_by_byte(std::string_view bytes) {
    for (const char& byte : bytes) {
        send({&byte, 1});
        let_the_hub_turn();
    }
}

bool WsClient::fill(std::size_t bytes) {
    std::array<char, 65536> buffer;
    while (received_.size() < bytes) {
        const std::size_t got = stream_.recv(buffer, kPatience);
        if (got == 0) return false;
        received_.append(buffer.data(), got);
    }
    return true;
}

std::string WsClient::next() {
    try {
        if (!fill(2)) return received_.empty() ? "end" : "cut";
        const auto byte = [this](std::size_t at) {
            return std::size_t{static_cast<unsigned char>(received_[at])};
        };
        const std::size_t first = byte(0);
        std::size_t size = byte(1);
        if (size > 127) return "masked";
        const std::size_t more = size == 127 ? 8 : size == 126 ? 2 : 0;
        if (!fill(2 + more)) return "cut";
        if (more != 0) size = 0;
        for (std::size_t at = 0; at < more; ++at) size = size << 8 | byte(2 + at);
        if (!fill(2 + more + size)) return "cut";
        std::string payload = received_.substr(2 + more, size);
        received_.erase(0, 2 + more + size);
        switch (first) {
            case 0x81:
                return "text " + payload;
            case 0x82:
                return "binary " + payload;
            case 0xc1:
                return "compressed text " + payload;
            case 0xc2:
                return "compressed binary " + payload;
            case 0x89:
                return "ping " + payload;
            case 0x8a:
                return "pong " + payload;
            case 0x88: {
                if (payload.empty()) return "close";
                const unsigned code = static_cast<unsigned char>(payload.at(0)) * 256U +
                                      static_cast<unsigned char>(payload.at(1));
                const std::string reason = payload.substr(2);
                return "close " + std::to_string(code) + (reason.empty() ? "" : " " + reason);
            }
            default:
                return "frame " + std::to_string(first);
        }
    } catch (const std::system_error& error) {
        return error.code() == std::errc::connection_reset ? "reset" : error.what();
    }
}

bool WsClient::silent() {
    let_the_hub_turn();
    std::array<char, 1024> buffer;
    const auto got = stream_.try_recv(buffer);
    if (got) received_.append(buffer.data(), *got);
    return !got && received_.empty();
}

void WsClient::reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(stream_.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    stream_.close();
}

}  // namespace grove::test
