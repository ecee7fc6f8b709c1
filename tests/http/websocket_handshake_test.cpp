// What a request must be to become a WebSocket, and what it is answered (WS-001 to WS-006).
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

#include <grove/http/middleware.h>
#include <grove/http/websocket.h>

#include "greenlet_test.h"
#include "served_application.h"
#include "ws_client.h"
#include "ws_echo.h"

namespace grove::test {
namespace {

using http::Body;
using http::Environ;
using http::StartResponse;
using http::WebSocket;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

GREENLET_TEST(WebSocketHandshake, IsAnsweredAsTheRfcSays) {  // WS-001, WS-002
    ServedApplication served{ws_echo()};
    WsClient client{served.address()};
    EXPECT_THAT(client.head, StartsWith("HTTP/1.1 101 Switching Protocols\r\n"));
    EXPECT_THAT(client.head, HasSubstr("Upgrade: websocket\r\n"));
    EXPECT_THAT(client.head, HasSubstr("Connection: Upgrade\r\n"));
    EXPECT_THAT(client.head, HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    EXPECT_THAT(client.head, Not(HasSubstr("Sec-WebSocket-Protocol")));
    EXPECT_THAT(client.head, Not(HasSubstr("Sec-WebSocket-Extensions")));
    EXPECT_THAT(client.head, Not(HasSubstr("Content-Length")));
}

GREENLET_TEST(WebSocketHandshake, OfTheWrongKindIsRefusedAndTheConnectionStays) {  // WS-001
    ServedApplication served{ws_echo()};
    const std::string good = ws_request();
    const auto changed = [&good](std::string_view from, std::string_view to) {
        std::string request = good;
        return request.replace(request.find(from), from.size(), to);
    };
    struct Row {
        std::string request;
        int status;
    };
    const std::vector<Row> rows{
        {changed("Upgrade: websocket", "Upgrade: h2c"), 400},
        {changed("Upgrade: websocket\r\n", ""), 400},
        {changed(", Upgrade", ""), 400},
        {changed("Sec-WebSocket-Version: 13\r\n", ""), 400},
        {changed("Version: 13", "Version: 12"), 426},
        {changed("Key: dGhl", "Key: "), 400},
        {changed("GET /", "POST /"), 400},
        {changed("Host", "Content-Length: 0\r\nHost"), 101},
    };
    for (const Row& row : rows) {
        Client client{served.address()};
        client.send(row.request);
        const Answer answer = client.answer();
        EXPECT_EQ(answer.status, row.status) << row.request;
        EXPECT_EQ(answer.field("sec-websocket-version"), row.status == 426 ? "13" : "");
        if (row.status == 101) continue;
        client.send(get("/"));
        EXPECT_EQ(client.answer().status, 400) << "the next request is answered";
    }
    Client with_body{served.address()};
    with_body.send(changed("Host", "Content-Length: 4\r\nHost") + "body");
    EXPECT_EQ(with_body.answer().status, 400);
}

GREENLET_TEST(WebSocketHandshake, LetsNoForeignPageIn) {  // WS-003
    ServedApplication own{ws_echo()};
    EXPECT_THAT(WsClient(own.address(), "Origin: http://a.test\r\n").head, HasSubstr(" 101 "));
    EXPECT_THAT(WsClient(own.address(), "Origin: http://b.test\r\n").head, HasSubstr(" 403 "));
    EXPECT_THAT(WsClient(own.address(), "Origin: null\r\n").head, HasSubstr(" 403 "));
    ServedApplication listed{ws_echo({.origins = {"http://b.test"}})};
    EXPECT_THAT(WsClient(listed.address(), "Origin: http://b.test\r\n").head, HasSubstr(" 101 "));
    EXPECT_THAT(WsClient(listed.address(), "Origin: http://a.test\r\n").head, HasSubstr(" 403 "));
}

GREENLET_TEST(WebSocketHandshake, ChoosesASubprotocol) {  // WS-004
    std::string chosen;
    ServedApplication served{[&](Environ& request, StartResponse& start) {
        chosen = WebSocket{request, start, {.protocols = {"v2", "v1"}}}.protocol();
        return Body{};
    }};
    WsClient client{served.address(), "Sec-WebSocket-Protocol: v0, v1\r\n"};
    EXPECT_THAT(client.head, HasSubstr("Sec-WebSocket-Protocol: v1\r\n"));
    EXPECT_EQ(chosen, "v1");
    WsClient other{served.address(), "Sec-WebSocket-Protocol: v0\r\n"};
    EXPECT_THAT(other.head, Not(HasSubstr("Sec-WebSocket-Protocol")));
    EXPECT_EQ(chosen, "");
}

GREENLET_TEST(WebSocketHandshake, MayHaveFramesBehindIt) {  // WS-005
    ServedApplication served{ws_echo()};
    const std::string early = ws_text("one") + ws_text("two");
    WsClient client{served.address(), "", early.substr(0, early.size() - 2)};
    EXPECT_EQ(client.next(), "text one");
    client.send(early.substr(early.size() - 2));
    EXPECT_EQ(client.next(), "text two");
}

GREENLET_TEST(WebSocketHandshake, IsRefusedBeyondTheLimit) {  // WS-006
    http::WsgiOptions options;
    options.limits.websockets = 1;
    ServedApplication served{ws_echo(), options};
    WsClient first{served.address()};
    EXPECT_THAT(WsClient(served.address()).head, HasSubstr(" 503 "));
    EXPECT_THAT(served.errors, ElementsAre(HasSubstr("limits.websockets")));
    first.send(ws_close(1000));
    EXPECT_EQ(first.next(), "close 1000");
    EXPECT_EQ(first.next(), "end");
    first.stream().close();
    EXPECT_TRUE(served.quiet());
    EXPECT_THAT(WsClient(served.address()).head, HasSubstr(" 101 "));
}

GREENLET_TEST(WebSocketHandshake, IsRefusedWhileTheServerRetires) {  // WS-006
    ServedApplication served{ws_echo()};
    Client idle{served.address()};
    idle.send(get("/"));
    EXPECT_EQ(idle.answer().status, 400);
    served.server.retire();
    idle.send(ws_request());
    EXPECT_EQ(idle.answer().status, 503);
}

GREENLET_TEST(WebSocketHandshake, PassesThroughMiddleware) {
    http::Application wrapped = [inner = ws_echo()](Environ& request, StartResponse& start) {
        StartResponse outer{
            [&start](std::string status, http::Headers headers, std::exception_ptr error) {
                headers.emplace_back("X-Seen", status);
                return start(std::move(status), std::move(headers), std::move(error));
            }};
        return inner(request, outer);
    };
    ServedApplication served{wrapped};
    WsClient client{served.address()};
    EXPECT_THAT(client.head, HasSubstr("X-Seen: 101 Switching Protocols\r\n"));
    client.send(ws_text("a"));
    EXPECT_EQ(client.next(), "text a");
}

}  // namespace
}  // namespace grove::test
