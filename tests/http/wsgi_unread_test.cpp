// Bodies that come late, slowly, or are not read at all (S-085 to S-088, S-107).
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/wait.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kExpecting =
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-Continue\r\n\r\n";

constexpr std::string_view kInChunks =
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Sends on, twice a second, until the server has closed. @return how long that took, a minute at most
Duration send_until_closed(Client& client, const ServedApplication& served) {
    const auto began = now();
    while (served.server.connections() != 0 && now() - began < 1min) {
        sleep(500ms);
        client.send("x");
        let_the_hub_turn();
    }
    return now() - began;
}

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

GREENLET_TEST(WsgiUnreadBody, InChunksThatIsTooLongCloses) {  // S-087
    for (const bool too_long : {false, true}) {
        ServedApplication served{say_hello()};
        Client client{served.address()};

        client.send(std::string{kInChunks} + "10000\r\n" + std::string(65536, 'x') + "\r\n" +
                    (too_long ? "1\r\nx\r\n" : "") + "0\r\n\r\n" +
                    get("/", "Connection: close\r\n"));

        const int answers = too_long ? 1 : 2;
        for (int count = 0; count < answers; ++count) EXPECT_EQ(client.brief(), "200 hello");
        EXPECT_TRUE(client.at_end());
        EXPECT_EQ(served.calls, answers);
    }
}

FAKE_CLOCK_TEST(WsgiUnreadBody, WithoutEndIsNotReadForEver) {  // S-087, S-107
    ServedApplication served{say_hello(), {.limits = {.body_buffer = 0}}};
    Client client{served.address()};
    const std::string chunk = "1000\r\n" + std::string(4096, 'x') + "\r\n";

    client.send(kInChunks);
    EXPECT_EQ(client.brief(), "200 hello");
    for (int sent = 0; sent < 16; ++sent) client.send(chunk);
    EXPECT_TRUE(client.silent());
    client.send(chunk);
    EXPECT_TRUE(client.at_end());

    EXPECT_EQ(send_until_closed(client, served), 5s);
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
    ServedApplication served{read_and_answer(), {.timeouts = {.body = 1s}}};
    Client client{served.address()};

    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10000\r\n\r\n");
    for (int piece = 0; piece < 10; ++piece) {
        client.send(std::string(1000, 'x'));
        sleep(120ms);
    }

    EXPECT_EQ(client.answer().body.size(), 10'000U);
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

FAKE_CLOCK_TEST(WsgiClosing, LetsAClientGoThatSendsOn) {  // S-107
    ServedApplication served{say_hello()};
    Client client{served.address()};

    client.send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(client.answer().status, 400);

    EXPECT_EQ(send_until_closed(client, served), 5s);
}

// Its last second passes before the hub makes the calls that are due: one destroys what was closed, the next reads on
// from who has sent more than was read at once. That nobody is read from who is destroyed a sanitizer sees.
FAKE_CLOCK_TEST(WsgiClosing, MayEndWhileMoreIsToBeRead) {  // S-107
    Event go;
    ServedApplication served{[&](http::Environ&, http::StartResponse& start) {
        go.wait();
        start("200 OK", {{"Connection", "close"}});
        return http::Body{};
    }};
    Client closed{served.address()};
    closed.send(get());
    let_the_hub_turn();
    Client client{served.address()};
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" +
                std::string(20000, 'x'));
    let_the_hub_turn();
    EXPECT_EQ(served.calls, 2);
    std::vector<AnyGreenlet> others;
    others.push_back(spawn([&] {
        go.wait();
        EXPECT_EQ(served.server.connections(), 1U);
        compute(1s);
    }));
    // The hub looks at the clock once in 16 switches.
    while (others.size() < 17) others.push_back(spawn([&] { go.wait(); }));
    let_the_hub_turn();

    go.set();
    joinall(others);

    let_the_hub_turn();
    EXPECT_EQ(served.server.connections(), 0U);
}

}  // namespace
}  // namespace grove::test
