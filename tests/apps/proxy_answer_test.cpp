// What a client gets of its upstream's answer (C-050, C-053).
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>

#include "greenlet_test.h"
#include "through_proxy.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

struct AnswerCase {
    const char* name;
    std::string head;  // said by the upstream, which closes after the body
    std::string body;
    const char* brief;    // what the client gets
    std::size_t first;    // so many bytes of the body, in its framing, have a first byte of it
    bool is_told = true;  // the end is, by something else than the connection's
};

const std::vector<AnswerCase>& answer_cases() {
    static const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    static const std::vector<AnswerCase> cases{
        {"length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "hello", "200 hello", 1},
        {"empty", "HTTP/1.1 404 Nope\r\nContent-Length: 0\r\n\r\n", "", "404 ", 0},
        {"chunked", chunked, "2\r\nab\r\n3;x=y\r\ncde\r\n0\r\n\r\n", "200 abcde", 4},
        {"trailers", chunked, "2\r\nab\r\n0\r\nX: y\r\n\r\n", "200 ab", 4},
        {"interim",
         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
         "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n",
         "ok", "201 ok", 1},
        {"no content", "HTTP/1.1 204 No Content\r\n\r\n", "", "204 ", 0},
        {"not modified", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 9\r\n\r\n",
         "", "304 ", 0},
        {"no content of a length", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "",
         "204 ", 0},
        {"a status of no class", "HTTP/1.1 999 \r\nContent-Length: 2\r\n\r\n", "ok", "999 ok", 1},
        {"to the end", "HTTP/1.0 200 OK\r\n\r\n", "abc", "200 abc", 0, false},
    };
    return cases;
}

GREENLET_TEST(ProxyAnswer, IsPassedOnHoweverItIsCut) {
    for (const AnswerCase& row : answer_cases()) {
        const std::string said = row.head + row.body;
        std::size_t cut = 0;
        ThroughProxy through{[&](Peer& peer) {
            peer.request();
            peer.say(said.substr(0, cut));
            peer.await_arrival();
            sleep();
            peer.say(said.substr(cut));
        }};
        for (cut = 1; cut <= said.size(); ++cut) {
            Client client{through.proxy.served.address()};
            client.send(get());
            EXPECT_EQ(client.brief(), row.brief) << row.name << " cut at " << cut;
        }
        EXPECT_THAT(through.proxy.served.errors, IsEmpty()) << row.name;
    }
}

// C-053: what was cut is never taken for the whole.
GREENLET_TEST(ProxyAnswer, ThatEndsTooEarlyIsNeverAWholeOne) {
    for (const AnswerCase& row : answer_cases()) {
        const std::string said = row.head + row.body;
        const std::size_t whole = row.is_told ? said.size() : row.head.size();
        std::size_t cut = 0;
        ThroughProxy through{[&](Peer& peer) {
            peer.request();
            peer.say(said.substr(0, cut));
        }};
        for (cut = 0; cut < whole; ++cut) {
            Client client{through.proxy.served.address()};
            client.send(get());
            if (cut < row.head.size() + row.first) {
                EXPECT_EQ(client.brief(), "502 Bad Gateway") << row.name << " cut at " << cut;
            } else {
                EXPECT_THROW(client.answer(), BadAnswer) << row.name << " cut at " << cut;
            }
            EXPECT_TRUE(through.proxy.settled()) << row.name << " cut at " << cut;
        }
    }
}

GREENLET_TEST(ProxyAnswer, ToHeadHasTheLengthAndNoBody) {
    ThroughProxy through{saying("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\n")};
    Client client{through.proxy.served.address()};
    for (int i = 0; i < 2; ++i) {
        client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
        const Answer answer = client.answer(true);
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.field("content-length"), "5");
        EXPECT_EQ(answer.field("x-a"), "b");
    }
    EXPECT_TRUE(client.silent());
    EXPECT_EQ(through.upstream.connections, 1);
}

GREENLET_TEST(ProxyAnswer, ToHeadThatIsChunkedTellsNoLength) {
    ThroughProxy through{saying("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")};
    Client client{through.proxy.served.address()};
    client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_FALSE(client.answer(true).has("content-length"));
    EXPECT_TRUE(client.silent());
}

GREENLET_TEST(ProxyAnswer, NotModifiedTellsOfWhatItStandsFor) {
    ThroughProxy through{
        saying("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 9\r\n\r\n")};
    Client client{through.proxy.served.address()};
    client.send(get());
    const Answer answer = client.answer();
    EXPECT_EQ(answer.status, 304);
    EXPECT_EQ(answer.field("content-length"), "9");
    EXPECT_EQ(answer.field("etag"), "\"x\"");
    EXPECT_TRUE(client.silent());
}

// C-051
GREENLET_TEST(ProxyAnswer, HasTheFieldsOfItsUpstreamButThoseOfTheConnection) {
    ThroughProxy through{[](Peer& peer) {
        peer.request();
        peer.answer("x",
                    "Server: app\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nSet-Cookie: a=1\r\n"
                    "Set-Cookie: b=2\r\nKeep-Alive: timeout=1\r\nConnection: X-Own, close\r\n"
                    "X-Own: 1\r\nproxy-support: Session-Based-Authentication\r\n");
    }};
    Client client{through.proxy.served.address()};
    client.send(get());
    const Answer answer = client.answer();
    EXPECT_EQ(answer.field("server"), "app");
    EXPECT_EQ(answer.field("date"), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(answer.field("set-cookie"), "a=1, b=2");
    EXPECT_FALSE(answer.has("x-own"));
    EXPECT_FALSE(answer.has("proxy-support"));
    EXPECT_FALSE(answer.has("keep-alive"));
    EXPECT_FALSE(answer.has("connection"));
    EXPECT_TRUE(client.silent()) << "the client's connection is another";
}

// C-050
GREENLET_TEST(ProxyAnswer, IsStreamedAsItComes) {
    Event go;
    ThroughProxy through{[&](Peer& peer) {
        peer.request();
        peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
        EXPECT_TRUE(go.wait(kPatience)) << "the first piece must not wait for the second";
        peer.say("6\r\nsecond\r\n0\r\n\r\n");
    }};
    Client client{through.proxy.served.address()};
    client.send(get());
    std::string received(4096, '\0');
    std::string all;
    while (all.find("first") == all.npos)
        all.append(received, 0, client.stream().recv(received, kPatience));
    EXPECT_THAT(all, HasSubstr("\r\n\r\n5\r\nfirst\r\n"));
    go.set();
    while (!all.ends_with("0\r\n\r\n"))
        all.append(received, 0, client.stream().recv(received, kPatience));
    EXPECT_THAT(all, HasSubstr("6\r\nsecond\r\n"));
}

GREENLET_TEST(ProxyAnswer, OfAnyLengthComesWhole) {
    for (const std::size_t size : {1U, 16384U, 65536U, 65537U, 1000000U}) {
        ThroughProxy through{[&](Peer& peer) {
            while (!peer.request().empty()) peer.answer(std::string(size, 'x'));
        }};
        Client client{through.proxy.served.address()};
        for (int i = 0; i < 3; ++i) {
            client.send(get());
            EXPECT_EQ(client.answer().body.size(), size);
        }
        EXPECT_EQ(through.upstream.connections, 1) << size;
    }
}

// C-053
GREENLET_TEST(ProxyAnswer, ThatIsResetIsCut) {
    ThroughProxy through{[](Peer& peer) {
        peer.request();
        peer.say("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nsome");
        peer.await_arrival();
        sleep(1ms);
        peer.reset();
    }};
    Client client{through.proxy.served.address()};
    client.send(get());
    EXPECT_THROW(client.answer(), BadAnswer);
    EXPECT_TRUE(through.proxy.settled());
}

// C-053
FAKE_CLOCK_TEST(ProxyAnswer, ThatStallsIsCutAfterItsIdleTime) {
    ThroughProxy through{[](Peer& peer) {
                             peer.request();
                             peer.say("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nsome");
                             peer.wait_for_end();
                         },
                         {.idle = 3s}};
    Client client{through.proxy.served.address()};
    client.send(get());
    EXPECT_THROW(client.answer(), BadAnswer);
    EXPECT_TRUE(through.proxy.settled());
}

// C-055: what is no answer is told from one.
GREENLET_TEST(ProxyAnswer, ThatBreaksHttpIsABadGateway) {
    for (const char* said :
         {"nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "HTTP/1.1 099 x\r\n\r\n",
          "HTTP/1.1 101 Switching Protocols\r\n\r\n"}) {
        ThroughProxy through{saying_once(said)};
        Client client{through.proxy.served.address()};
        client.send(get());
        EXPECT_EQ(client.brief(), "502 Bad Gateway") << said;
        EXPECT_TRUE(through.proxy.settled()) << said;
    }
}

}  // namespace
}  // namespace grove::test
