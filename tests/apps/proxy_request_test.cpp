// What an upstream gets of a client's request (C-050, C-051, C-055).
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>

#include "greenlet_test.h"
#include "temporary_folder.h"
#include "through_proxy.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// Keeps what comes, and answers "ok".
struct Kept {
    explicit Kept(ProxyConfig config = {}) : through{recorder(), std::move(config)} {}

    std::function<void(Peer&)> recorder() {
        return [this](Peer& peer) {
            for (std::string request; !(request = peer.request()).empty(); peer.answer("ok"))
                requests.push_back(request);
        };
    }
    std::string last_of(const std::string& request) {
        EXPECT_EQ(through.proxy.served.ask(request).status, 200);
        return requests.back();
    }

    std::vector<std::string> requests{};
    ThroughProxy through;
};

GREENLET_TEST(ProxyRequest, IsMadeAnew) {
    Kept kept;
    EXPECT_EQ(
        kept.last_of("GET http://a.test/x%2F?q HTTP/1.1\r\nHost: b.test\r\nx-a:  b \r\nX-A: c\r\n"
                     "Connection: close, x-b\r\nX-B: 1\r\n\r\n"),
        "GET /x%2F?q HTTP/1.1\r\nHost: a.test\r\nX-A: b,c\r\nX-Forwarded-For: 127.0.0.1\r\n"
        "X-Forwarded-Proto: http\r\nX-Forwarded-Host: a.test\r\n\r\n");
    EXPECT_EQ(kept.last_of("GET / HTTP/1.0\r\n\r\n"),
              "GET / HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(kept.through.upstream.port()) +
                  "\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n\r\n");
    EXPECT_EQ(kept.through.upstream.connections, 1);
}

GREENLET_TEST(ProxyRequest, HasTheHostThatIsConfigured) {
    Kept fixed{{.host_rule = HostRule::kFixed, .host = "fixed.test"}};
    EXPECT_THAT(fixed.last_of(get()), HasSubstr("\r\nHost: fixed.test\r\n"));
    Kept own{{.host_rule = HostRule::kUpstream}};
    EXPECT_THAT(
        own.last_of(get()),
        HasSubstr("\r\nHost: 127.0.0.1:" + std::to_string(own.through.upstream.port()) + "\r\n"));
}

GREENLET_TEST(ProxyRequest, IsFramedAsTheClientFramedIt) {
    Kept kept;
    EXPECT_THAT(kept.last_of(post("body")), EndsWith("Content-Length: 4\r\n\r\nbody"));
    EXPECT_THAT(kept.last_of(post("")), EndsWith("Content-Length: 0\r\n\r\n"));
    EXPECT_THAT(
        kept.last_of(get("/", "Transfer-Encoding: chunked\r\n") + "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"),
        AllOf(HasSubstr("Transfer-Encoding: chunked\r\n\r\n"), EndsWith("\r\n0\r\n\r\n"),
              Not(HasSubstr("Content-Length"))));
    const std::string large(100000, 'x');
    EXPECT_THAT(kept.last_of(post(large)), EndsWith("Content-Length: 100000\r\n\r\n" + large));
    EXPECT_THAT(kept.last_of(get()),
                AllOf(Not(HasSubstr("Content-Length")), Not(HasSubstr("Transfer-"))));
}

// C-055: a client's request within its body stays its body.
GREENLET_TEST(ProxyRequest, CannotHideAnother) {
    Kept kept;
    const std::string hidden = "GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n";
    Client client{kept.through.proxy.served.address()};
    client.send(post(hidden) + get("/", "Transfer-Encoding: chunked\r\n") + "21\r\n" + hidden +
                "\r\n0\r\n\r\n" + get("/last"));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(client.brief(), "200 ok");
    EXPECT_TRUE(client.silent());
    ASSERT_EQ(kept.requests.size(), 3U);
    EXPECT_THAT(kept.requests.at(2), StartsWith("GET /last HTTP/1.1\r\n"));
    for (const char* bad :
         {"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
          "Content-Length: 4\r\nContent-Length: 5\r\n", "Transfer-Encoding: x, chunked\r\n",
          "Transfer-Encoding : chunked\r\n"}) {
        const std::string answer = kept.through.proxy.served.say(get("/", bad) + "0\r\n\r\n");
        EXPECT_THAT(answer, testing::ContainsRegex("^HTTP/1.1 (400|501) ")) << bad;
    }
    EXPECT_EQ(kept.requests.size(), 3U);
}

GREENLET_TEST(ProxyRequest, ThatCannotBePassedOnIsRefused) {
    Kept kept;
    for (const char* target :
         {"/a/../b", "/a/%2e%2E/b", "/.", "/a%2f../b", "/a/..%3Bx/b", "/a%5c../b"})
        EXPECT_EQ(kept.through.proxy.served.ask(get(target)).status, 400) << target;
    EXPECT_EQ(kept.through.proxy.served.ask("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").status, 400);
    EXPECT_EQ(kept.through.upstream.connections, 0);
}

// C-050
GREENLET_TEST(ProxyRequest, IsStreamedAsItComes) {
    for (const bool chunked : {false, true}) {
        Event first;
        std::string all;
        ThroughProxy through{[&](Peer& peer) {
                                 std::string bytes(4096, '\0');
                                 while (!all.ends_with(chunked ? "0\r\n\r\n" : "end")) {
                                     all.append(bytes, 0, peer.stream.recv(bytes, kPatience));
                                     if (all.find("first") != all.npos) first.set();
                                 }
                                 peer.answer("ok");
                             },
                             {},
                             at_once()};
        Client client{through.proxy.served.address()};
        client.send(chunked ? get("/", "Transfer-Encoding: chunked\r\n") + "5\r\nfirst\r\n"
                            : "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nfirst");
        EXPECT_TRUE(first.wait(kPatience)) << "the first piece must not wait for the rest";
        client.send(chunked ? "3\r\nend\r\n0\r\n\r\n" : std::string(99992, 'x') + "end");
        EXPECT_EQ(client.brief(), "200 ok");
        EXPECT_THAT(all, HasSubstr(chunked ? "\r\n\r\n5\r\nfirst\r\n"
                                           : "Content-Length: 100000\r\n\r\nfirst"));
    }
}

GREENLET_TEST(ProxyRequest, IsToldToContinueWhenItsBodyIsWanted) {
    Kept kept;
    Client client{kept.through.proxy.served.address()};
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.answer().status, 100);
    client.send("body");
    EXPECT_EQ(client.brief(), "200 ok");
    EXPECT_THAT(kept.requests.at(0), Not(HasSubstr("Expect")));
}

// C-018: the answer is there before the body.
GREENLET_TEST(ProxyRequest, EndsWhenItsAnswerComesEarly) {
    ThroughProxy through{[](Peer& peer) {
        peer.say("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig");
        peer.wait_for_end();
    }};
    Client client{through.proxy.served.address()};
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n" +
                std::string(200000, 'x'));
    EXPECT_EQ(client.brief(), "413 big");
    EXPECT_TRUE(through.proxy.settled());
}

GREENLET_TEST(ProxyRequest, ToAUnixSocketGoesThere) {
    const TemporaryFolder folder;
    const std::string path = folder.path() / "socket";
    http::StreamServer server{http::Listener{"unix:" + path}, [&](Stream& stream, const Address&) {
                                  Peer peer{stream};
                                  EXPECT_THAT(peer.request(),
                                              StartsWith("GET /x?y HTTP/1.1\r\nHost: h"));
                                  peer.answer("hello");
                              }};
    server.start();
    ProxyConfig config;
    config.upstreams.push_back({"unix:" + path, "http://unix:" + path + ":"});
    Proxy proxy{std::move(config)};
    EXPECT_EQ(proxy.served.ask(get("/x?y")).body, "hello");
    server.stop(0s);
}

}  // namespace
}  // namespace grove::test
