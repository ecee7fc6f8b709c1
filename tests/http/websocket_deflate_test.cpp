// WebSockets whose messages are compressed, over a server, in both styles (WS-040, WS-041).
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <dlfcn.h>

#include <gmock/gmock.h>
#include <zlib.h>

#include <grove/core/errors.h>
#include <grove/core/greenlet.h>
#include <grove/http/metrics.h>
#include <grove/http/websocket.h>

#include "greenlet_test.h"
#include "http_client.h"
#include "served_application.h"
#include "served_over_unix.h"
#include "ws_client.h"
#include "ws_coded.h"
#include "ws_echo.h"

namespace {

int deflations = 0;  // calls of zlib's deflate(), the tests' own among them

}  // namespace

// In zlib's place, for the server too.
extern "C" [[gnu::visibility("default")]] int deflate(z_stream* stream, int flush) {
    static const auto zlibs =
        reinterpret_cast<int (*)(z_stream*, int)>(::dlsym(RTLD_NEXT, "deflate"));
    ++deflations;
    return zlibs(stream, flush);
}

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using http::WebSocket;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;

constexpr std::string_view kOffer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
constexpr std::string_view kAgreed =
    "\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
    "client_no_context_takeover";
constexpr std::string_view kHello = "\xf2\x48\xcd\xc9\xc9\x07\x00"sv;  // RFC 7692 section 7.2.3.1
constexpr std::string_view kTail = "\0\0\xff\xff"sv;

/// Piece by piece, as zlib believes a distance beyond the window while it has the bytes in one piece.
std::string inflated(std::string coded, int window_bits = 15) {
    coded += kTail;
    z_stream stream{};
    if (inflateInit2(&stream, -window_bits) != Z_OK) throw std::runtime_error{"inflateInit2"};
    std::array<char, 64> piece;
    std::string message;
    stream.next_in = reinterpret_cast<Bytef*>(coded.data());
    stream.avail_in = static_cast<uInt>(coded.size());
    int result = Z_OK;
    do {
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = piece.size();
        result = inflate(&stream, Z_SYNC_FLUSH);
        message.append(piece.data(), piece.size() - stream.avail_out);
    } while (result == Z_OK && stream.avail_out == 0);
    inflateEnd(&stream);
    const bool is_whole = (result == Z_OK || result == Z_BUF_ERROR) && stream.avail_in == 0;
    return is_whole ? message : "not deflate";
}

/// The next message, which must be compressed: "text" or "binary", and what it says.
std::string next_inflated(WsClient& client, int window_bits = 15) {
    const std::string frame = client.next();
    for (const std::string_view kind : {"text "sv, "binary "sv}) {
        const std::string begin = "compressed " + std::string{kind};
        if (frame.starts_with(begin))
            return std::string{kind} + inflated(frame.substr(begin.size()), window_bits);
    }
    return "not compressed: " + frame.substr(0, 40);
}

std::string noise(std::size_t size, char first, unsigned letters) {
    std::string bytes;
    unsigned state = 1;
    while (bytes.size() < size) {
        state = state * 1664525U + 1013904223U;
        bytes += static_cast<char>(static_cast<unsigned char>(first) + (state >> 16U) % letters);
    }
    return bytes;
}

std::vector<http::Application> both_styles(const http::WebSocketOptions& options = {}) {
    return {ws_echo(options), ws_parked_echo(options)};
}

GREENLET_TEST(DeflatedWebSocket, IsAgreedOnIfTheClientOffersIt) {  // WS-040
    for (const http::Application& echo : both_styles()) {
        ServedApplication served{echo};
        const auto head = [&](std::string_view fields) {
            return WsClient{served.address(), fields}.head;
        };
        EXPECT_THAT(head(kOffer), HasSubstr(std::string{kAgreed} + "\r\n"));
        EXPECT_THAT(head("Sec-WebSocket-Extensions: x, permessage-deflate; a=1\r\n"
                         "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10; "
                         "client_max_window_bits\r\n"),
                    HasSubstr(std::string{kAgreed} + "; server_max_window_bits=10\r\n"));
        for (const char* fields : {"", "Sec-WebSocket-Extensions: permessage-deflate; a=1\r\n"})
            EXPECT_THAT(head(fields), Not(HasSubstr("Extensions"))) << fields;
    }
    for (const http::Application& echo : both_styles({.deflate = false})) {
        ServedApplication served{echo};
        const std::string head = WsClient{served.address(), kOffer}.head;
        EXPECT_THAT(head, StartsWith("HTTP/1.1 101 "));
        EXPECT_THAT(head, Not(HasSubstr("Extensions")));
    }
}

GREENLET_TEST(DeflatedWebSocket, TakesWhatTheClientHasCompressed) {  // WS-041, WS-012, WS-013
    for (const http::Application& echo : both_styles()) {
        ServedApplication served{echo};
        WsClient client{served.address(), kOffer, ws_frame(0xc1, kHello)};
        EXPECT_EQ(client.next(), "text Hello");
        const std::string fragments = ws_frame(0x41, kHello.substr(0, 3)) + ws_frame(0x89, "p") +
                                      ws_frame(0x00, kHello.substr(3, 2)) +
                                      ws_frame(0x80, kHello.substr(5));
        client.send(fragments);
        EXPECT_EQ(client.next(), "pong p");
        EXPECT_EQ(client.next(), "text Hello");
        client.send_byte_by_byte(fragments);
        EXPECT_EQ(client.next(), "pong p");
        EXPECT_EQ(client.next(), "text Hello");
        client.send(ws_text("as it is") + ws_frame(0xc2, deflated("\xff\0"sv)) +
                    ws_frame(0xc1, "\0"sv));
        EXPECT_EQ(client.next(), "text as it is");
        EXPECT_EQ(client.next(), "binary \xff\0"sv);
        EXPECT_EQ(client.next(), "text ");
        client.send(ws_close(1000));
        EXPECT_EQ(client.next(), "close 1000");
        EXPECT_EQ(client.next(), "end");
    }
}

GREENLET_TEST(DeflatedWebSocket, IsReadHoweverItsBytesAreCut) {  // WS-013, WS-041
    ServedApplication served{ws_parked_echo()};
    const std::string bytes = ws_frame(0x41, kHello.substr(0, 3)) + ws_frame(0x89, "p") +
                              ws_frame(0x80, kHello.substr(3));
    WsClient client{served.address(), kOffer};
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
        client.send(bytes.substr(0, cut));
        let_the_hub_turn();
        client.send(bytes.substr(cut));
        ASSERT_EQ(client.next(), "pong p") << cut;
        ASSERT_EQ(client.next(), "text Hello") << cut;
    }
}

GREENLET_TEST(DeflatedWebSocket, CompressesWhatGainsByIt) {  // WS-040
    constexpr std::size_t kMost = std::size_t{1} << 20U;
    for (const http::Application& echo : both_styles({.message_bytes = 2 * kMost})) {
        http::WsgiOptions options;
        options.limits.websocket_message = 2 * kMost;
        ServedApplication served{echo, options};
        WsClient client{served.address(), kOffer};
        client.send(ws_text(std::string(255, 'x')));
        EXPECT_EQ(client.next(), "text " + std::string(255, 'x'));
        client.send(ws_text(std::string(256, 'x')));
        EXPECT_EQ(next_inflated(client), "text " + std::string(256, 'x'));
        client.send(ws_frame(0x82, std::string(70000, '\xff')));
        EXPECT_EQ(next_inflated(client), "binary " + std::string(70000, '\xff'));
        const std::string random = noise(5000, '\0', 256);
        client.send(ws_frame(0x82, random));
        EXPECT_EQ(client.next(), "binary " + random);
        client.send(ws_text(std::string(kMost, 'y')));
        EXPECT_EQ(next_inflated(client), "text " + std::string(kMost, 'y'));
        client.send(ws_text(std::string(kMost + 1, 'z')));
        EXPECT_EQ(client.next(), "text " + std::string(kMost + 1, 'z'));
    }
}

// Some clients compress all that they send.
GREENLET_TEST(DeflatedWebSocket, TakesWhatDeflateHasMadeLonger) {  // WS-034
    ServedApplication served{ws_echo({.message_bytes = 50'000})};
    WsClient client{served.address(), kOffer};
    const std::string random = noise(50'000, '\0', 256);
    const std::string coded = deflated(random);
    ASSERT_GT(coded.size(), random.size());
    client.send(ws_frame(0xc2, coded));
    EXPECT_EQ(client.next(), "binary " + random);
    client.send(ws_frame(0xc2, std::string(2 * random.size(), 'x')).substr(0, 14));
    EXPECT_EQ(client.next(), "close 1009 a message is too long") << "by its header";
}

GREENLET_TEST(DeflatedWebSocket, IsCountedInBytesOfTheWire) {  // WS-043
    for (const http::Application& echo : both_styles()) {
        http::ServerMetrics metrics;
        http::WsgiOptions options;
        options.metrics = &metrics;
        ServedApplication served{echo, options};
        WsClient client{served.address(), kOffer};
        client.send(ws_frame(0xc1, deflated(std::string(100'000, 'x'))));
        const std::string frame = client.next();
        ASSERT_THAT(frame, StartsWith("compressed text "));
        const std::size_t coded = frame.size() - "compressed text "sv.size();
        ASSERT_LT(coded, 126U) << "its header has 2 bytes";
        client.send(ws_close(1000));
        EXPECT_EQ(client.next(), "close 1000");
        client.stream().close();
        EXPECT_TRUE(served.quiet());
        EXPECT_THAT(served.access_bytes, ElementsAre(2 + coded + 4));
        EXPECT_EQ(metrics.websocket_messages_in.value(), 1U);
        EXPECT_EQ(metrics.websocket_messages_out.value(), 1U);
    }
}

GREENLET_TEST(DeflatedWebSocket, SharesWhatWasCompressedWithAllWhoAreSentIt) {  // WS-040
    std::vector<WebSocket> all;
    ServedApplication served{[&](http::Environ& request, http::StartResponse& start) {
        return http::websocket(request, start,
                               {.on_open = [&](WebSocket socket) { all.push_back(socket); }});
    }};
    std::vector<WsClient> clients;
    for (const char* offer : {"permessage-deflate", "permessage-deflate", "x", "permessage-deflate",
                              "permessage-deflate; server_max_window_bits=9"}) {
        clients.emplace_back(served.address(),
                             "Sec-WebSocket-Extensions: " + std::string{offer} + "\r\n");
    }
    const std::string text = noise(1000, 'a', 4);
    const std::string other = noise(1000, 'b', 4);
    deflations = 0;
    for (WebSocket& socket : all) EXPECT_TRUE(socket.try_send(text));
    EXPECT_EQ(deflations, 2) << "one for each size of window";
    EXPECT_TRUE(all.front().send_binary(other));
    EXPECT_TRUE(all.front().send_binary(text));
    EXPECT_EQ(deflations, 4) << "another message";
    let_the_hub_turn();
    EXPECT_TRUE(all.front().try_send(text));
    EXPECT_EQ(deflations, 5) << "nothing is kept beyond the sender's turn";
    for (const std::size_t which : {0U, 1U, 3U})
        EXPECT_EQ(next_inflated(clients[which]), "text " + text);
    EXPECT_EQ(clients[2].next(), "text " + text);
    EXPECT_EQ(next_inflated(clients[4], 9), "text " + text);
    EXPECT_EQ(next_inflated(clients[0]), "binary " + other);
    EXPECT_EQ(next_inflated(clients[0]), "binary " + text);
    EXPECT_EQ(next_inflated(clients[0]), "text " + text);
    all.clear();
}

GREENLET_TEST(DeflatedWebSocket, KeepsToTheWindowThatWasAgreedOn) {  // WS-040
    ServedApplication served{ws_echo()};
    WsClient client{served.address(),
                    "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9\r\n"};
    const std::string text = noise(700, 'a', 26) + noise(700, 'a', 26);
    client.send(ws_text(text));
    EXPECT_EQ(next_inflated(client, 9), "text " + text);
}

GREENLET_TEST(DeflatedWebSocket, IsNotUsedUnlessItWasAgreedOn) {  // WS-041
    for (const http::Application& echo : both_styles()) {
        ServedApplication served{echo};
        WsClient client{served.address()};
        client.send(ws_text(std::string(10000, 'x')));
        EXPECT_EQ(client.next(), "text " + std::string(10000, 'x'));
        client.send(ws_frame(0xc1, kHello));
        EXPECT_EQ(client.next(), "close 1002 a reserved bit is set");
    }
}

GREENLET_TEST(DeflatedWebSocket, EndsWithTheCodeOfWhatIsWrong) {  // WS-041
    struct Row {
        std::string bytes;
        std::string close;
    };
    const std::string large(std::size_t{1} << 22U, '\0');
    const std::vector<Row> rows{
        {ws_frame(0xc9, "p"), "close 1002"},
        {ws_frame(0xc8, ""), "close 1002"},
        {ws_frame(0x41, kHello.substr(0, 3)) + ws_frame(0xc0, kHello.substr(3)), "close 1002"},
        {ws_frame(0xc1, "\xff\xff\xff"), "close 1007 a compressed message is broken"},
        {ws_frame(0xc1, ""), "close 1007 a compressed message ends too early"},
        {ws_frame(0xc1, deflated("\xff")), "close 1007 text is not UTF-8"},
        {ws_frame(0xc1, deflated("\xc3")), "close 1007 text ends inside of a character"},
        {ws_frame(0xc2, deflated(large.substr(0, 1001))), "close 1009 a message is too long"},
        {ws_frame(0x42, deflated(large).substr(0, 900)) + ws_frame(0x80, ""),
         "close 1009 a message is too long"},
    };
    for (const http::Application& echo : both_styles({.message_bytes = 1000})) {
        ServedApplication served{echo};
        WsClient other{served.address(), kOffer};
        for (const Row& row : rows) {
            WsClient client{served.address(), kOffer};
            client.send(row.bytes + ws_text("never read"));
            EXPECT_THAT(client.next(), StartsWith(row.close));
            EXPECT_EQ(client.next(), "end");
            other.send(ws_frame(0xc2, deflated(large.substr(0, 1000))));
            EXPECT_EQ(next_inflated(other), "binary " + large.substr(0, 1000));
        }
        WsClient leaves{served.address(), kOffer};
        leaves.send(ws_frame(0x41, kHello));
        leaves.reset();
        other.stream().close();
        EXPECT_TRUE(served.quiet());
        EXPECT_THAT(served.errors, IsEmpty());
    }
}

// A client that reads nothing blocks its senders; one of them is killed, and the messages of the others are whole.
GREENLET_TEST(DeflatedWebSocket, KeepsMessagesOfItsSendersApart) {  // WS-032, WS-033
    constexpr std::size_t kSize = 300'000;
    constexpr int kEach = 15;
    constexpr unsigned kLetters = 16;
    const std::map<char, std::string> texts{{'A', noise(kSize, 'A', kLetters)},
                                            {'a', noise(kSize, 'a', kLetters)},
                                            {'0', noise(kSize, '0', kLetters)}};
    bool full = false;
    ServedOverUnix served{with_socket([&](WebSocket& socket) {
                              std::vector<Greenlet<void>> senders;
                              int sent = 0;
                              for (const auto& each : texts) {
                                  senders.push_back(spawn([&] {
                                      for (int count = 0; count < kEach; ++count) {
                                          EXPECT_TRUE(socket.send(each.second));
                                          ++sent;
                                      }
                                  }));
                              }
                              auto killed = spawn([&] { socket.send(std::string(kSize, 'k')); });
                              let_the_hub_turn();
                              EXPECT_LT(sent, 3 * kEach);
                              EXPECT_FALSE(killed.ready());
                              killed.kill();
                              EXPECT_FALSE(socket.try_send(std::string(kSize, 'd')));
                              full = true;
                              for (auto& sender : senders) sender.join();
                              EXPECT_TRUE(socket.send("end"));
                          }),
                          {}};
    WsClient client{served.address(), kOffer};
    while (!full) sleep(1ms);
    std::map<char, int> got;
    for (;;) {
        const std::string frame = client.next();
        if (frame == "text end") break;
        ASSERT_THAT(frame.substr(0, 16), "compressed text ");
        const std::string text = inflated(frame.substr(16));
        const char name = text.at(0) >= 'a' ? 'a' : text.at(0) >= 'A' ? 'A' : '0';
        ASSERT_EQ(text, texts.at(name));
        ++got[name];
    }
    EXPECT_THAT(got, ElementsAre(Pair('0', kEach), Pair('A', kEach), Pair('a', kEach)));
}

}  // namespace
}  // namespace grove::test
