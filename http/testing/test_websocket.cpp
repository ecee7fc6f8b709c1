#include <array>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <grove/core/detail/socket.h>
#include <grove/core/errors.h>
#include <grove/core/shield.h>
#include <grove/core/stream.h>
#include <grove/testing.h>

#include "close_codes.h"
#include "in_process.h"
#include "ws_deflate.h"
#include "ws_reader.h"
#include "ws_writer.h"

namespace grove::http {
namespace {

constexpr Mask kMask{0x67, 0x72, 0x6f, 0x76};  // need not be random: no proxy sees it
constexpr std::size_t kMostBytes = std::size_t{1} << 30U;

TestRequest handshake_with(TestRequest request) {
    for (const auto& [name, value] :
         {std::pair{"Upgrade", "websocket"}, std::pair{"Connection", "Upgrade"},
          std::pair{"Sec-WebSocket-Version", "13"},
          std::pair{"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}}) {
        if (find(request.headers, name) == nullptr) request.headers.emplace_back(name, value);
    }
    return request;
}

WsgiOptions with_errors(WsgiOptions options, TestAnswer& answer) {
    options.error_log = [&answer, also = std::move(options.error_log)](LogLevel level,
                                                                       std::string_view line) {
        answer.errors.emplace_back(line);
        if (also) also(level, line);
    };
    return options;
}

}  // namespace

struct TestWebSocket::Parts {
    Parts(Application application, WsgiOptions options)
        : server{std::move(application), with_errors(std::move(options), answer)} {}

    void connect(const TestRequest& request);
    bool receive(Timespan timeout);
    /// @return whether there was one
    bool read_head_of_answer();
    [[nodiscard]] Message take_message();
    void lose() {
        if (close_code == 0) close_code = close_code::kAbnormal;
    }

    TestAnswer answer{};
    InProcessServer server;
    std::optional<Stream> client{};
    std::string received{};
    std::optional<WsReader> reader{};  // from the answer on
    std::uint16_t close_code = 0;
    std::string close_reason{};
};

void TestWebSocket::Parts::connect(const TestRequest& request) {
    const std::string bytes = request_bytes(handshake_with(request));
    const Address peer = peer_of(request);
    auto [ours, theirs] = connected_pair();
    client.emplace(std::make_unique<Socket>(std::move(ours)));
    server.take(std::move(theirs), peer);
    client->sendall(bytes);
    while (!read_head_of_answer()) {
        if (!receive({})) return;
    }
}

bool TestWebSocket::Parts::read_head_of_answer() {
    const std::size_t end = received.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    read_head(std::string_view{received}.substr(0, end + 2), answer);
    received.erase(0, end + 4);
    reader.emplace(ReaderLimits{.message_bytes = kMostBytes, .frames = ~std::uint32_t{0}},
                   Sender::kServer, find(answer.headers, "Sec-WebSocket-Extensions") != nullptr);
    return true;
}

Message TestWebSocket::Parts::take_message() {
    Message message{reader->binary(), reader->take_message()};
    if (!reader->compressed()) return message;
    auto inflated = WsDeflate::of_thread().inflate(message.data, kMostBytes, !message.binary);
    if (inflated.close_code != 0)
        throw std::runtime_error{std::string{"TestWebSocket: "} + inflated.why};
    message.data = std::move(inflated.message);
    return message;
}

// @return false: nothing comes any more
bool TestWebSocket::Parts::receive(Timespan timeout) {
    std::array<char, 16384> buffer;
    try {
        const std::size_t got = client->recv(buffer, timeout);
        received.append(buffer.data(), got);
        return got != 0;
    } catch (const SocketTimeout&) {
        throw;
    } catch (const std::system_error&) {  // reset
        return false;
    }
}

TestWebSocket::TestWebSocket(Application application, const TestRequest& request,
                             WsgiOptions options)
    : parts_{std::make_unique<Parts>(std::move(application), std::move(options))} {
    try {
        parts_->connect(request);
    } catch (...) {
        parts_->server.abandon();
        throw;
    }
    if (parts_->answer.status != 101) parts_->lose();
}

TestWebSocket::~TestWebSocket() {
    if (parts_->client) parts_->client->close();
    parts_->server.abandon();
}

const TestAnswer& TestWebSocket::answer() const noexcept { return parts_->answer; }
std::uint16_t TestWebSocket::close_code() const noexcept { return parts_->close_code; }
const std::string& TestWebSocket::close_reason() const noexcept { return parts_->close_reason; }

void TestWebSocket::send_frame(int opcode, std::string_view payload) {
    if (parts_->answer.status != 101)
        throw std::logic_error{"TestWebSocket: the handshake was refused"};
    std::string frame{
        FrameHeader{static_cast<Opcode>(opcode), payload.size(), false, kMask}.bytes()};
    const std::size_t at = frame.size();
    frame.append(payload);
    apply_mask(frame.data() + at, payload.size(), kMask, 0);
    parts_->client->sendall(frame);
}

void TestWebSocket::send(std::string_view text) {
    send_frame(static_cast<int>(Opcode::kText), text);
}
void TestWebSocket::send_binary(std::string_view data) {
    send_frame(static_cast<int>(Opcode::kBinary), data);
}

std::optional<Message> TestWebSocket::recv(Timespan timeout) {
    while (parts_->close_code == 0) {
        std::string_view bytes = parts_->received;
        const WsReader::Event event = parts_->reader->next(bytes);
        parts_->received.erase(0, parts_->received.size() - bytes.size());
        switch (event) {
            case WsReader::Event::kMessage:
                return parts_->take_message();
            case WsReader::Event::kPing:
                send_frame(static_cast<int>(Opcode::kPong), parts_->reader->payload());
                break;
            case WsReader::Event::kPong:
                break;
            case WsReader::Event::kClose:
                parts_->close_code = parts_->reader->close_code();
                parts_->close_reason = parts_->reader->payload();
                break;
            case WsReader::Event::kFailed:
                throw std::runtime_error{std::string{"TestWebSocket: "} + parts_->reader->why()};
            case WsReader::Event::kNone:
                if (!parts_->receive(timeout)) parts_->lose();
        }
    }
    return std::nullopt;
}

void TestWebSocket::close(std::uint16_t code, std::string_view reason) {
    std::string payload{static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)};
    try {
        send_frame(static_cast<int>(Opcode::kClose), payload.append(reason));
    } catch (const std::system_error&) {  // the server was faster
    }
    while (recv()) continue;
    parts_->server.finish();
}

}  // namespace grove::http
