// Upstreams that fail, clients that leave, and kills: what is answered, and that nothing is left (C-052, C-053).
#include <string>
#include <utility>
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

/// Nobody listens there.
std::string refusing_url() {
    const ScriptedServer gone{saying("")};
    return gone.url("");
}

struct TwoUpstreams {
    TwoUpstreams(std::function<void(Peer&)> bad_script, ProxyConfig config = {})
        : bad{std::move(bad_script)},
          proxy{to_upstreams({bad.url(""), good.url("")}, std::move(config))} {}

    int answered = 0;
    ScriptedServer bad;
    ScriptedServer good{[this](Peer& peer) {
        while (!peer.request().empty()) {
            ++answered;
            peer.answer("good");
        }
    }};
    Proxy proxy;
};

// C-052
GREENLET_TEST(ProxyFailure, ToConnectSendsAnyRequestToTheNextUpstream) {
    ScriptedServer good{[](Peer& peer) {
        for (std::string request; !(request = peer.request()).empty();)
            peer.answer(request.substr(request.find("\r\n\r\n") + 4));
    }};
    Proxy proxy{to_upstreams({refusing_url(), good.url("")})};
    Client client{proxy.served.address()};
    const std::string large(100000, 'x');
    for (const std::string& body : {std::string{"small"}, large}) {
        for (int i = 0; i < 2; ++i) {  // by turns
            client.send(post(body));
            EXPECT_EQ(client.answer().body, body);
        }
    }
    EXPECT_EQ(good.connections, 1);
}

// C-052
GREENLET_TEST(ProxyFailure, BeforeAnAnswerSendsWhatIsIdempotentToTheNextUpstream) {
    TwoUpstreams two{saying_once("")};
    EXPECT_EQ(two.proxy.served.ask(get()).body, "good");
    EXPECT_EQ(two.bad.connections, 1);
    EXPECT_EQ(two.proxy.served.ask(get()).body, "good")
        << "its turn: the bad one's, then the good one";
    EXPECT_EQ(two.bad.connections, 2);
}

// C-052
GREENLET_TEST(ProxyFailure, IsToldWhereTheRequestMayHaveHadItsEffect) {
    TwoUpstreams two{saying_once("")};
    EXPECT_EQ(two.proxy.served.ask(post("x")).status, 502);
    EXPECT_EQ(two.answered, 0);
    TwoUpstreams begun{saying_once("HTTP/1.1 200")};
    EXPECT_EQ(begun.proxy.served.ask(get()).status, 502) << "a byte of an answer has come";
    EXPECT_EQ(begun.answered, 0);
}

// C-052: PUT with a small body is sent again as it was; one that is streamed cannot be.
GREENLET_TEST(ProxyFailure, RepeatsABodyOnlyIfItIsThereAsAWhole) {
    TwoUpstreams two{saying_once("")};
    const auto put = [](std::size_t size) {
        return "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
               std::string(size, 'x');
    };
    EXPECT_EQ(two.proxy.served.ask(put(1000)).body, "good");
    two.proxy.served.ask(get());  // the good one's turn
    EXPECT_EQ(two.proxy.served.ask(put(100000)).status, 502);
}

GREENLET_TEST(ProxyFailure, IsRepeatedAsOftenAsConfigured) {
    TwoUpstreams never{saying_once(""), {.retries = 0}};
    EXPECT_EQ(never.proxy.served.ask(get()).status, 502);
    Proxy all{to_upstreams({refusing_url(), refusing_url(), refusing_url()}, {.retries = 9})};
    EXPECT_EQ(all.served.ask(get()).status, 502);
    EXPECT_EQ(std::count_if(all.served.errors.begin(), all.served.errors.end(),
                            [](const std::string& line) {
                                return line.find("Connection refused") != line.npos;
                            }),
              3);
}

// C-052
GREENLET_TEST(ProxyFailure, ThreeTimesPutsAnUpstreamOff) {
    TwoUpstreams two{saying_once("")};
    for (int i = 0; i < 20; ++i) EXPECT_EQ(two.proxy.served.ask(get()).body, "good");
    EXPECT_EQ(two.bad.connections, 3);
    EXPECT_THAT(two.proxy.served.errors,
                testing::Contains(HasSubstr(" has failed 3 times, and is asked again in 10 s")));
}

// C-052: all are off, and the one that has been so for the longest is asked, and may have recovered.
GREENLET_TEST(ProxyFailure, OfAllUpstreamsStillAsksTheOldest) {
    bool well = false;
    const auto script = [&](const char* name) {
        return [&well, name](Peer& peer) {
            while (!peer.request().empty() && well) peer.answer(name);
        };
    };
    ScriptedServer first{script("first")};
    ScriptedServer second{script("second")};
    Proxy proxy{to_upstreams({first.url(""), second.url("")}, {.retries = 0})};
    for (int i = 0; i < 6; ++i) EXPECT_EQ(proxy.served.ask(get()).status, 502);
    EXPECT_EQ(first.connections + second.connections, 6);
    well = true;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(proxy.served.ask(get()).body, "first");
}

// C-052: an upstream that loses its patience with a client who sends slowly has not failed.
GREENLET_TEST(ProxyFailure, WithinABodyThatIsStillSentIsNotCounted) {
    Event lost;
    TwoUpstreams two{[&](Peer& peer) {
                         std::string bytes(10, '\0');
                         peer.stream.recv(bytes, kPatience);
                         peer.reset();
                         lost.set();
                     },
                     {.retries = 0}};
    const auto slowly = [&] {
        const std::string request = post(std::string(100'000, 'x'));
        constexpr std::size_t kBegun = 70'000;
        Client client{two.proxy.served.address()};
        client.send(request.substr(0, kBegun));
        EXPECT_TRUE(lost.wait(kPatience));
        lost.clear();
        client.send(request.substr(kBegun));
        return client.answer().status;
    };
    for (int i = 1; i <= 5; ++i) {
        EXPECT_EQ(slowly(), 502);
        EXPECT_EQ(two.proxy.served.ask(get()).body, "good") << "its turn";
        EXPECT_EQ(two.bad.connections, i);
    }
    // It has had all of these.
    for (int i = 1; i <= 3; ++i) {
        EXPECT_EQ(two.proxy.served.ask(get()).status, 502);
        EXPECT_EQ(two.proxy.served.ask(get()).body, "good");
    }
    EXPECT_EQ(two.proxy.served.ask(get()).body, "good") << "it is left out";
    EXPECT_EQ(two.bad.connections, 8);
}

// C-053
FAKE_CLOCK_TEST(ProxyFailure, ToAnswerInTimeIsAGatewayTimeout) {
    ThroughProxy through{[](Peer& peer) { peer.wait_for_end(); }, {.first_byte = 3s}};
    Client client{through.proxy.served.address()};
    client.send(get());
    EXPECT_EQ(client.brief(), "504 Gateway Timeout");
    EXPECT_TRUE(through.proxy.settled());
}

// C-053
GREENLET_TEST(ProxyFailure, ToBeReachedIsABadGateway) {
    Proxy proxy{to_upstreams({refusing_url()})};
    EXPECT_EQ(proxy.served.ask(get()).status, 502);
    EXPECT_THAT(proxy.served.errors, testing::Contains(HasSubstr("Connection refused")));
}

/// A request whose body is longer than what the client sends of it.
std::vector<std::string> unfinished_requests() {
    return {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nfirst",
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n"};
}

/// The answer that its client has while it waits to send more; the upstream has had the beginning.
std::string answer_to_unfinished(const std::string& request, std::function<void(Peer&)> then,
                                 http::WsgiOptions options) {
    ThroughProxy through{[then = std::move(then)](Peer& peer) {
                             std::string bytes(1000, '\0');
                             std::string all;
                             while (all.find("first") == all.npos)
                                 all.append(bytes, 0, peer.stream.recv(bytes, kPatience));
                             then(peer);
                         },
                         {},
                         std::move(options)};
    Client client{through.proxy.served.address()};
    client.send(request);
    std::string answer = client.brief();
    EXPECT_TRUE(through.proxy.settled());
    return answer;
}

// C-053: nobody waits for the client's next piece.
GREENLET_TEST(ProxyFailure, WhileTheClientSendsIsToldAtOnce) {
    const std::vector<std::function<void(Peer&)>> ways{[](Peer& peer) { peer.reset(); },
                                                       [](Peer& peer) {
                                                           peer.stream.shutdown_write();
                                                           peer.wait_for_end();
                                                       },
                                                       [](Peer& peer) {
                                                           peer.say("nonsense\r\n\r\n");
                                                           peer.wait_for_end();
                                                       }};
    for (const std::string& request : unfinished_requests()) {
        for (const auto& way : ways)
            EXPECT_EQ(answer_to_unfinished(request, way, at_once()), "502 Bad Gateway");
    }
}

// C-018, C-053
GREENLET_TEST(ProxyFailure, OfAnUploadMayBeTheUpstreamsAnswer) {
    for (const std::string& request : unfinished_requests()) {
        const auto too_large = [](Peer& peer) {
            peer.say("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig");
            peer.wait_for_end();
        };
        EXPECT_EQ(answer_to_unfinished(request, too_large, at_once()), "413 big");
    }
}

/// Where a client leaves, or is killed.
struct Stage {
    const char* name;
    const char* request;
    const char* said;  // by the upstream; nullptr: it does not even read
};

const std::vector<Stage>& stages() {
    static const std::vector<Stage> all{
        {"before the head", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", ""},
        {"within the head", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-"},
        {"before the body", "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
         "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"},
        {"within the body", "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"},
        {"within a request", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nabc", ""},
        {"within a chunked request",
         "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", ""},
    };
    return all;
}

enum class Leaving { kFin, kReset, kStop };

void leave_at(const Stage& stage, Leaving how) {
    Event asked;
    Event given_up;
    ThroughProxy through{[&](Peer& peer) {
                             std::string bytes(100, '\0');
                             peer.stream.recv(bytes, kPatience);
                             peer.say(stage.said);
                             peer.await_arrival();
                             asked.set();
                             peer.wait_for_end();
                             given_up.set();
                         },
                         {},
                         at_once()};
    Client client{through.proxy.served.address()};
    client.send(stage.request);
    ASSERT_TRUE(asked.wait(kPatience)) << stage.name;
    let_the_hub_turn();
    if (how == Leaving::kFin) client.close();
    if (how == Leaving::kReset) client.reset();
    if (how == Leaving::kStop) through.proxy.served.server.stop(0s);
    EXPECT_TRUE(given_up.wait(kPatience)) << stage.name;
    EXPECT_TRUE(through.proxy.settled()) << stage.name;
    if (how != Leaving::kStop) {
        EXPECT_THAT(through.proxy.served.errors, IsEmpty()) << stage.name;
    }
}

// C-053: a greenlet or a descriptor that is left fails each of these.
GREENLET_TEST(ProxyFailure, OfAClientThatClosesGivesTheUpstreamUpAtOnce) {
    for (const Stage& stage : stages()) leave_at(stage, Leaving::kFin);
}
GREENLET_TEST(ProxyFailure, OfAClientThatIsResetGivesTheUpstreamUpAtOnce) {
    for (const Stage& stage : stages()) leave_at(stage, Leaving::kReset);
}
GREENLET_TEST(ProxyFailure, OfAServerThatStopsGivesTheUpstreamUpAtOnce) {
    for (const Stage& stage : stages()) leave_at(stage, Leaving::kStop);
}

// C-053: what ends one request's wait has no effect on what its greenlet does next.
GREENLET_TEST(ProxyFailure, OfAClientInTheTurnOfItsAnswerEndsNothingElse) {
    Event asked;
    std::function<void()> leave;
    ThroughProxy through{[&](Peer& peer) {
        for (std::string request; !(request = peer.request()).empty();) {
            if (request.starts_with("GET /left ")) {
                leave = [&peer] { peer.answer("late"); };
                asked.set();
            } else {
                peer.answer("ok");
            }
        }
    }};
    for (int i = 0; i < 20; ++i) {
        Client client{through.proxy.served.address()};
        asked.clear();
        client.send(get("/left"));
        ASSERT_TRUE(asked.wait(kPatience));
        if (i % 2 == 0) leave();
        client.reset();
        if (i % 2 != 0) leave();
        for (int others = 0; others < 3; ++others)
            EXPECT_EQ(through.proxy.served.ask(get()).body, "ok");
    }
    EXPECT_TRUE(through.proxy.served.quiet());
    EXPECT_THAT(through.proxy.served.errors, IsEmpty());
}

// C-053: nobody waits for a client that left while it waited for a connection.
GREENLET_TEST(ProxyFailure, OfAClientGivesUpTheConnectingToo) {
    Event asked;
    ThroughProxy through{[](Peer& peer) { peer.wait_for_end(); }};
    for (int i = 0; i < 50; ++i) {
        Client client{through.proxy.served.address()};
        client.send(get());
        if (i % 2 == 0) let_the_hub_turn();
        client.reset();
    }
    EXPECT_TRUE(through.proxy.settled());
    EXPECT_THAT(through.proxy.served.errors, IsEmpty());
}

// C-050: a client that does not read stops the upstream.
GREENLET_TEST(ProxyFailure, OfAClientToReadStopsTheUpstream) {
    constexpr std::size_t kLarge = 64 << 20;
    std::size_t taken = 0;
    Event full;
    ThroughProxy through{[&](Peer& peer) {
        peer.request();
        peer.say("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kLarge) + "\r\n\r\n");
        const std::string piece(65536, 'x');
        for (int refused = 0; refused < 100 && taken < kLarge;) {  // in a row, with pauses
            const auto sent = peer.stream.try_send(piece);
            refused = sent ? 0 : refused + 1;
            taken += sent.value_or(0);
            if (!sent) sleep(1ms);
        }
        full.set();
    }};
    Client client{through.proxy.served.address()};
    client.send(get());
    EXPECT_TRUE(full.wait(30s));
    EXPECT_LT(taken, kLarge / 2) << "all went into some buffer";
    client.reset();
    EXPECT_TRUE(through.proxy.settled());
}

}  // namespace
}  // namespace grove::test
