// Bodies that come late, slowly, or are not read at all (S-085 to S-088, S-107).
#include <chrono>
#include <string>
#include <string_view>

#include <gmock/gmock.h>

#include <grove/core/greenlet.h>

#include "greenlet_test.h"
#include "served_application.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kExpecting =
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-Continue\r\n\r\n";

http::Application read_and_answer() {
    return [](http::Environ& environ, http::StartResponse& start) {
        std::string body = environ.input().read();
        start("200 OK", {});
        return http::Body{std::move(body)};
    };
}

GREENLET_TEST(WsgiExpect, IsToldToContinueOnceAtTheFirstRead) {  // S-085
    ServedApplication served{[](http::Environ& environ, http::StartResponse& start) {
        std::string body = environ.input().read(1);
        body += environ.input().read();
        start("200 OK", {});
        return http::Body{std::move(body)};
    }};
    Client client{served.address()};

    client.send(kExpecting);
    EXPECT_EQ(client.answer().status, 100);
    client.send("abc");
    EXPECT_EQ(client.brief(), "200 abc");
    client.send(get());
    EXPECT_EQ(client.brief(), "200 ");
}

GREENLET_TEST(WsgiExpect, IsNotToldInTheMiddleOfAResponse) {  // S-085
    ServedApplication served{[](http::Environ& environ, http::StartResponse& start) {
        start("200 OK", {})("a");
        return http::Body{environ.input().read()};
    }};
    Client client{served.address()};

    client.send(kExpecting);
    client.send("bcd");

    const std::string said = client.read_to_end();
    EXPECT_THAT(said, HasSubstr("\r\n\r\n1\r\na\r\n3\r\nbcd\r\n0\r\n\r\n"));
    EXPECT_THAT(said,
                HasSubstr("Connection: close"));  // S-086: nobody knew whether the body would come
}

GREENLET_TEST(WsgiExpect, UnheardIsAnsweredWithACloseAndNothingBehindItRuns) {  // S-086
    ServedApplication served{say_hello()};
    Client client{served.address()};

    client.send(kExpecting);
    const Answer answer = client.answer();
    client.send(get("/instead-of-the-body"));

    EXPECT_EQ(answer.body, "hello");
    EXPECT_TRUE(answer.says_close());
    EXPECT_TRUE(client.at_end());
    EXPECT_EQ(served.calls, 1);
}

GREENLET_TEST(WsgiExpect, OfHttp10IsNoExpectation) {  // S-085
    ServedApplication served{read_and_answer()};
    EXPECT_EQ(
        served.ask("POST / HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc").body,
        "abc");
}

GREENLET_TEST(WsgiUnreadBody, IsDroppedAndTheNextRequestServed) {  // S-087
    ServedApplication served{say_hello()};
    Client client{served.address()};

    client.send(post("abc") + get());
    EXPECT_EQ(client.brief(), "200 hello");
    EXPECT_EQ(client.brief(), "200 hello");

    client.send(post(std::string(60000, 'x')) + get());
    EXPECT_EQ(client.brief(), "200 hello");
    EXPECT_EQ(client.brief(), "200 hello");

    client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab");
    EXPECT_EQ(client.brief(), "200 hello");
    EXPECT_EQ(served.server.requests_running(), 0U);  // S-134: the rest is awaited without a slot
    client.send("c\r\n0\r\n\r\n" + get());
    EXPECT_EQ(client.brief(), "200 hello");
}

GREENLET_TEST(WsgiUnreadBody, ThatIsTooLongClosesAndTheAnswerSaysSo) {  // S-087
    ServedApplication served{say_hello()};
    Client client{served.address()};

    client.send(post(std::string(65537, 'x')) + get());

    const Answer answer = client.answer();
    EXPECT_EQ(answer.body, "hello");
    EXPECT_TRUE(answer.says_close());
    EXPECT_TRUE(client.at_end());
    EXPECT_EQ(served.calls, 1);
}

GREENLET_TEST(WsgiUnreadBody, WithoutEndIsNotReadForEver) {  // S-087
    ServedApplication served{say_hello()};
    Client client{served.address()};
    client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");

    auto flood = spawn([&] {
        const std::string chunk = "1000\r\n" + std::string(4096, 'x') + "\r\n";
        try {
            for (;;) client.send(chunk);
        } catch (const std::system_error&) {  // the server has had enough
        }
    });
    EXPECT_EQ(client.answer().body, "hello");
    EXPECT_TRUE(served.quiet() || served.server.requests_running() == 0);
    flood.kill();
    EXPECT_EQ(served.calls, 1);
}

GREENLET_TEST(WsgiUnreadBody, ThatStallsClosesAfterTheBodysTimeout) {  // S-087
    ServedApplication served{say_hello(),
                             {.timeouts = {.body = 50ms}, .limits = {.body_buffer = 0}}};
    Client client{served.address()};

    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na");

    EXPECT_EQ(client.answer().body, "hello");
    EXPECT_TRUE(client.at_end());
}

GREENLET_TEST(WsgiBody, ThatStallsIsRefused) {  // S-088
    ServedApplication served{read_and_answer(), {.timeouts = {.body = 50ms}}};
    Client client{served.address()};

    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na");
    const Answer answer = client.answer();

    EXPECT_EQ(answer.status, 408);
    EXPECT_TRUE(answer.says_close());
    EXPECT_TRUE(client.at_end());
    EXPECT_THAT(served.access_lines, ElementsAre("408 POST / HTTP/1.1"));
}

GREENLET_TEST(WsgiBody, ThatDripsIsRefusedAtTheTimeout) {  // S-088
    ServedApplication served{read_and_answer(), {.timeouts = {.body = 100ms}}};
    Client client{served.address()};
    const auto began = std::chrono::steady_clock::now();
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");

    auto drip = spawn([&] {
        for (;;) {
            client.send("x");
            sleep(10ms);
        }
    });
    EXPECT_EQ(client.answer().status, 408);
    const auto took = std::chrono::steady_clock::now() - began;
    drip.kill();

    EXPECT_GE(took, 95ms);
    EXPECT_LT(took, 5s);
}

GREENLET_TEST(WsgiBody, SlowButHonestPasses) {  // S-088
    ServedApplication served{read_and_answer(), {.timeouts = {.body = 100ms}}};
    Client client{served.address()};

    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 400\r\n\r\n");
    for (int piece = 0; piece < 10; ++piece) {
        client.send(std::string(40, 'x'));
        sleep(20ms);
    }

    EXPECT_EQ(client.answer().body.size(), 400U);
}

GREENLET_TEST(WsgiBody, ThatStallsAfterTheHeadWasSentIsCut) {  // S-088, S-115
    ServedApplication served{[](http::Environ& environ, http::StartResponse& start) {
                                 start("200 OK", {})("a");
                                 return http::Body{environ.input().read()};
                             },
                             {.timeouts = {.body = 50ms}, .limits = {.body_buffer = 0}}};

    const std::string said = served.say("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n");

    EXPECT_TRUE(said.ends_with("\r\n\r\n1\r\na\r\n"));
}

GREENLET_TEST(WsgiClosing, DoesNotLoseTheAnswerOfAClientThatSendsOn) {  // S-107
    ServedApplication served{[](http::Environ&, http::StartResponse& start) {
        start("400 Bad Request", {});
        return http::Body{"no"};
    }};
    Client client{served.address()};

    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\n");
    client.send(std::string(5000000, 'x'));
    const Answer answer = client.answer();

    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.body, "no");
    EXPECT_TRUE(client.at_end());
    EXPECT_EQ(served.server.requests_running(), 0U);
}

GREENLET_TEST(WsgiClosing, LetsAClientGoThatNeverCloses) {  // S-107
    ServedApplication served{say_hello()};
    Client client{served.address()};

    client.send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(client.answer().status, 400);
    EXPECT_TRUE(client.at_end());

    EXPECT_TRUE(served.quiet());  // after a second of silence
}

}  // namespace
}  // namespace grove::test
