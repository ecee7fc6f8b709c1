// Upgrades: a WebSocket's bytes go both ways through the proxy, whatever they are (C-054).
#include <string>
#include <utility>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>

#include "greenlet_test.h"
#include "through_proxy.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

const std::string kAsks =
    get("/socket", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n");
constexpr const char* kGrants =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: a\r\n\r\n";

std::string receive(Stream& stream) {
    std::string bytes(256, '\0');
    bytes.resize(stream.recv(bytes, kPatience));
    return bytes;
}

/// Grants it, and sends back what comes in brackets; says "bye" at the client's end.
void echo(Peer& peer) {
    peer.request();
    peer.say(kGrants);
    for (std::string some; !(some = receive(peer.stream)).empty();) peer.say("<" + some + ">");
    peer.say("bye");
}

GREENLET_TEST(ProxyTunnel, PassesBytesBothWays) {
    std::string request;
    ThroughProxy through{[&](Peer& peer) {
        request = peer.request();
        peer.say(kGrants);
        for (std::string some; !(some = receive(peer.stream)).empty();) peer.say("<" + some + ">");
    }};
    Client client{through.proxy.served.address()};
    client.send(kAsks);
    const Answer answer = client.answer();
    EXPECT_EQ(answer.status, 101);
    EXPECT_EQ(answer.field("upgrade"), "websocket");
    EXPECT_EQ(answer.field("connection"), "Upgrade");
    EXPECT_EQ(answer.field("sec-websocket-accept"), "a");
    EXPECT_THAT(
        request,
        AllOf(StartsWith("GET /socket HTTP/1.1\r\n"), HasSubstr("\r\nUpgrade: websocket\r\n"),
              HasSubstr("\r\nConnection: Upgrade\r\n"), HasSubstr("\r\nSec-Websocket-Key: k\r\n")));
    for (const char* word : {"one", "GET / HTTP/1.1\r\n\r\n", "\x81\x00"}) {
        client.send(word);
        EXPECT_EQ(receive(client.stream()), "<" + std::string{word} + ">");
    }
    client.close();
    EXPECT_TRUE(through.proxy.settled());
    EXPECT_THAT(through.proxy.served.errors, IsEmpty());
}

GREENLET_TEST(ProxyTunnel, PassesOnTheEndOfOneWhileTheOtherGoesOn) {
    ThroughProxy through{echo};
    Client client{through.proxy.served.address()};
    client.send(kAsks);
    EXPECT_EQ(client.answer().status, 101);
    client.send("last");
    client.finish_sending();
    EXPECT_EQ(client.read_to_end(), "<last>bye");
    EXPECT_TRUE(through.proxy.settled());

    std::string heard;
    ThroughProxy other{[&](Peer& peer) {
        peer.request();
        peer.say(std::string{kGrants} + "only");
        peer.stream.shutdown_write();
        for (std::string some; !(some = receive(peer.stream)).empty();) heard += some;
    }};
    Client second{other.proxy.served.address()};
    second.send(kAsks);
    EXPECT_EQ(second.answer().status, 101);
    EXPECT_EQ(second.read_to_end(), "only");
    second.send("still");
    second.close();
    EXPECT_TRUE(other.proxy.settled());
    EXPECT_EQ(heard, "still");
}

GREENLET_TEST(ProxyTunnel, PassesOnWhatCameWithTheHeadsHoweverTheseAreCut) {
    const std::string said = std::string{kGrants} + "early";
    std::size_t cut = 0;
    ThroughProxy through{[&](Peer& peer) {
        peer.request();
        peer.say(std::string_view{said}.substr(0, cut));
        peer.await_arrival();
        sleep();
        peer.say(std::string_view{said}.substr(cut));
        const std::string heard = receive(peer.stream);
        peer.say("<" + heard + ">");
    }};
    for (cut = 1; cut <= said.size(); ++cut) {
        Client client{through.proxy.served.address()};
        client.send(kAsks + "first");
        EXPECT_EQ(client.answer().status, 101);
        EXPECT_EQ(client.read_to_end(), "early<first>") << "cut at " << cut;
    }
    EXPECT_TRUE(through.proxy.settled());
}

// C-054
FAKE_CLOCK_TEST(ProxyTunnel, EndsAfterItsIdleTime) {
    ThroughProxy through{echo, {.idle = 3s}};
    Client client{through.proxy.served.address()};
    client.send(kAsks);
    EXPECT_EQ(client.answer().status, 101);
    for (int i = 0; i < 5; ++i) {
        sleep(2s);
        client.send("x");
        EXPECT_EQ(receive(client.stream()), "<x>") << "what goes one way keeps the other";
    }
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_TRUE(through.proxy.settled());
}

GREENLET_TEST(ProxyTunnel, EndsWithEitherConnection) {
    for (const bool upstream_breaks : {true, false}) {
        Event up;
        Event gone;
        ThroughProxy through{[&](Peer& peer) {
            peer.request();
            peer.say(kGrants);
            up.wait(kPatience);
            upstream_breaks ? peer.reset() : static_cast<void>(peer.wait_for_end());
            gone.set();
        }};
        Client client{through.proxy.served.address()};
        client.send(kAsks);
        EXPECT_EQ(client.answer().status, 101);
        up.set();
        if (!upstream_breaks) client.reset();
        EXPECT_TRUE(gone.wait(kPatience));
        EXPECT_TRUE(through.proxy.settled()) << upstream_breaks;
    }
}

// A greenlet or a descriptor that is left fails it.
GREENLET_TEST(ProxyTunnel, EndsWithItsServer) {
    ThroughProxy through{echo};
    Client client{through.proxy.served.address()};
    client.send(kAsks);
    EXPECT_EQ(client.answer().status, 101);
    through.proxy.served.server.stop(0s);
    EXPECT_TRUE(through.proxy.settled());
}

GREENLET_TEST(ProxyTunnel, HoldsNoSlot) {
    ThroughProxy through{echo, {}, {.spawn = 1}};
    std::vector<Client> clients;
    for (int i = 0; i < 3; ++i) {
        clients.emplace_back(through.proxy.served.address()).send(kAsks);
        EXPECT_EQ(clients.back().answer().status, 101);
    }
    clients.clear();
    EXPECT_TRUE(through.proxy.settled());
}

GREENLET_TEST(ProxyTunnel, ThatIsNotGrantedIsAnAnswerAsOthers) {
    ThroughProxy through{saying("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno")};
    Client client{through.proxy.served.address()};
    for (int i = 0; i < 2; ++i) {
        client.send(kAsks);
        EXPECT_EQ(client.brief(), "426 no");
    }
}

// By another protocol the client could ask for what the proxy does not see.
GREENLET_TEST(ProxyTunnel, IsForWebSocketsAlone) {
    std::string request;
    ThroughProxy through{[&](Peer& peer) {
        request = peer.request();
        peer.answer("ok");
    }};
    for (const std::string& asks :
         {get("/", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n"),
          post("body", "Connection: Upgrade\r\nUpgrade: websocket\r\n"),
          std::string{"GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"}}) {
        EXPECT_EQ(through.proxy.served.ask(asks).body, "ok");
        EXPECT_THAT(request, AllOf(Not(HasSubstr("Upgrade")), Not(HasSubstr("Settings"))));
    }
}

}  // namespace
}  // namespace grove::test
