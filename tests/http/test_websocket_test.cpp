// TestWebSocket speaks to an application of either style in process (WS-044).
#include <string>

#include <gmock/gmock.h>

#include <grove/testing.h>

#include "greenlet_test.h"
#include "ws_echo.h"

namespace grove::test {
namespace {

using http::TestWebSocket;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

GREENLET_TEST(TestWebSocket, SpeaksToBothStyles) {  // WS-044
    for (const http::Application& application : {ws_echo(), ws_parked_echo()}) {
        TestWebSocket socket{application};
        EXPECT_EQ(socket.answer().status, 101);
        EXPECT_EQ(socket.answer().header("upgrade"), "websocket");
        socket.send("one");
        socket.send_binary(std::string(70000, '\xff'));
        EXPECT_EQ(socket.recv()->data, "one");
        const auto second = socket.recv();
        EXPECT_TRUE(second->binary);
        EXPECT_EQ(second->data, std::string(70000, '\xff'));
        EXPECT_EQ(socket.close_code(), 0);
        socket.close(3001, "bye");
        EXPECT_EQ(socket.close_code(), 3001);
        EXPECT_FALSE(socket.recv().has_value());
    }
}

GREENLET_TEST(TestWebSocket, InflatesWhatTheServerCompressesIfItIsAsked) {  // WS-040, WS-044
    for (const http::Application& application : {ws_echo(), ws_parked_echo()}) {
        TestWebSocket socket{application,
                             {.headers = {{"Sec-WebSocket-Extensions", "permessage-deflate"}}}};
        EXPECT_THAT(socket.answer().header("sec-websocket-extensions"),
                    HasSubstr("permessage-deflate"));
        socket.send("short");
        socket.send(std::string(70000, 'x'));
        socket.send_binary(std::string(70000, '\xff'));
        EXPECT_EQ(socket.recv()->data, "short");
        EXPECT_EQ(socket.recv()->data, std::string(70000, 'x'));
        const auto third = socket.recv();
        EXPECT_TRUE(third->binary);
        EXPECT_EQ(third->data, std::string(70000, '\xff'));
    }
}

GREENLET_TEST(TestWebSocket, TellsARefusal) {
    TestWebSocket socket{ws_echo(), {.headers = {{"Origin", "http://other.test"}}}};
    EXPECT_EQ(socket.answer().status, 403);
    EXPECT_FALSE(socket.recv().has_value());
    EXPECT_THROW(socket.send("x"), std::logic_error);
}

GREENLET_TEST(TestWebSocket, TellsHowTheServerCloses) {
    TestWebSocket socket{[](http::Environ& request, http::StartResponse& start) {
                             http::WebSocket{request, start, {.protocols = {"v1"}}}.send("bye");
                             throw std::runtime_error{"broken"};
                             return http::Body{};
                         },
                         {.headers = {{"Sec-WebSocket-Protocol", "v1"}}}};
    EXPECT_EQ(socket.answer().header("sec-websocket-protocol"), "v1");
    EXPECT_EQ(socket.recv()->data, "bye");
    EXPECT_FALSE(socket.recv().has_value());
    EXPECT_EQ(socket.close_code(), 1011);
    EXPECT_THAT(socket.answer().errors, ElementsAre(HasSubstr("broken")));
}

GREENLET_TEST(TestWebSocket, ThatVanishesEndsTheApplication) {
    std::string how;
    {
        TestWebSocket socket{[&how](http::Environ& request, http::StartResponse& start) {
            http::WebSocket server{request, start};
            try {
                while (server.recv()) continue;
                how = std::to_string(server.close_code());
            } catch (...) {
                how = "killed";
                throw;
            }
            return http::Body{};
        }};
        socket.send("x");
    }
    EXPECT_NE(how, "") << "it has ended";
}

}  // namespace
}  // namespace grove::test
