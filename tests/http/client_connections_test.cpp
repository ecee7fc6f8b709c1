// Which connections a client keeps, lends and makes anew (C-002, C-003, C-017).
#include <cstdint>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/wait.h>
#include <grove/http/client.h>

#include "connection_keeper.h"
#include "fake_clock.h"
#include "greenlet_test.h"
#include "scripted_server.h"
#include "stream_pair.h"
#include "temporary_folder.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::ClientError;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using Kind = ClientError::Kind;

constexpr const char* kEmpty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

// C-002
GREENLET_TEST(ClientConnections, AreKeptForTheSameHostAndPort) {
    ScriptedServer first{saying(kEmpty)};
    ScriptedServer second{saying(kEmpty)};
    http::Client client;
    for (int i = 0; i < 3; ++i) {
        client.get(first.url());
        client.get(second.url());
    }
    EXPECT_EQ(first.connections, 1);
    EXPECT_EQ(second.connections, 1);
    client.get(first.url("/", "localhost"));
    EXPECT_EQ(first.connections, 2);
    EXPECT_EQ(client.connections(), 3U);
}

// C-002: of two that are unused, the one used last is lent.
GREENLET_TEST(ClientConnections, AreLentLastInFirstOut) {
    int next = 0;
    ScriptedServer server{[&next](Peer& peer) {
        const int number = ++next;
        while (!peer.request().empty()) peer.answer(std::to_string(number));
    }};
    http::Client client;
    auto a = client.get(server.url());
    auto b = client.get(server.url());
    const std::string first = a.read();
    const std::string second = b.read();
    EXPECT_NE(first, second);
    EXPECT_EQ(client.get(server.url()).read(), second);
    EXPECT_EQ(client.get(server.url()).read(), second);
    EXPECT_EQ(client.connections(), 2U);
}

// C-002
GREENLET_TEST(ClientConnections, AreAtMostPerHostAndTheLineIsFirstComeFirstServed) {
    ScriptedServer server{saying("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")};
    http::Client client{{.per_host = 2}};
    std::vector<int> order;
    std::vector<Greenlet<void>> asking;
    auto first = client.get(server.url());
    auto second = client.get(server.url());
    for (int i = 0; i < 5; ++i) {
        asking.push_back(spawn([&, i] {
            auto answer = client.get(server.url());
            order.push_back(i);
            answer.read();
        }));
        sleep();
    }
    ScriptedServer other{saying("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")};
    http::Client{}.get(other.url()).read();  // whoever was not in the line would be served as well
    EXPECT_TRUE(order.empty());
    EXPECT_EQ(client.connections(), 2U);
    first.read();
    for (auto& one : asking) one.get();
    EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4));
    EXPECT_EQ(server.connections, 2);
    second.read();
}

// C-002
FAKE_CLOCK_TEST(ClientConnections, AreNotWaitedForLongerThanConnectAllows) {
    ScriptedServer server{saying("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")};
    http::Client client{{.per_host = 1, .connect = 2s}};
    const auto unread = client.get(server.url());
    const auto began = now();
    const std::string text = text_of([&] { client.get(server.url("/secret?token")); });
    EXPECT_EQ(now() - began, 2s);
    EXPECT_THAT(text, HasSubstr("GET " + server.url("/secret") + ": timed out in the line"));
    EXPECT_EQ(kind_of([&] { client.send({.url = server.url(), .timeout = 500ms}); }),
              Kind::kTimeout);
    EXPECT_EQ(now() - began, 2500ms);
}

// C-002: none of these would ever give its place to another.
FAKE_CLOCK_TEST(ClientConnections, AreNotWaitedForInACircle) {
    ScriptedServer server{saying("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")};
    http::Client client{{.per_host = 3, .connect = 2s}};
    const auto began = now();
    std::vector<Greenlet<Kind>> holding;
    for (int i = 0; i < 3; ++i) {
        holding.push_back(spawn([&] {
            const auto unread = client.get(server.url());
            sleep(1s);  // the others have theirs, too
            return kind_of([&] { client.get(server.url()); });
        }));
    }
    for (auto& one : holding) EXPECT_EQ(one.get(), Kind::kTimeout);
    EXPECT_EQ(now() - began, 3s);
    EXPECT_EQ(client.get(server.url()).read(), "x");
}

// C-002
GREENLET_TEST(ClientConnections, LeaveNoGapInTheLineWhenAWaiterIsKilled) {
    ScriptedServer server{saying("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")};
    http::Client client{{.per_host = 1}};
    auto held = client.get(server.url());
    auto killed = spawn([&] { client.get(server.url()); });
    auto other = spawn([&] { return client.get(server.url()).read(); });
    sleep();
    held.read();    // hands the place to the first
    killed.kill();  // after its wake, before it has run
    EXPECT_EQ(other.get(true, 5s), "x");
}

FAKE_CLOCK_TEST(ClientConnections, AreClosedAfterTheirIdleTime) {
    ScriptedServer server{saying(kEmpty)};
    http::Client client{{.idle = 10s}};
    client.get(server.url());
    sleep(6s);
    client.get(server.url());
    sleep(9s);
    EXPECT_EQ(client.connections(), 1U);
    sleep(2s);
    EXPECT_EQ(client.connections(), 0U);
    EXPECT_EQ(server.connections, 1);
}

GREENLET_TEST(ClientConnections, AreKeptUpToTheTotal) {
    ScriptedServer server{saying(kEmpty)};
    http::Client client{{.idle_total = 2}};
    for (const char* host : {"127.0.0.1", "localhost", "LOCALHOST", "127.0.0.2"}) {
        if (host != std::string_view{"127.0.0.2"}) client.get(server.url("/", host));
    }
    EXPECT_EQ(client.connections(), 2U);
    ScriptedServer other{saying(kEmpty)};
    client.get(other.url());
    EXPECT_EQ(client.connections(), 2U);
    http::Client none{{.idle_total = 0}};
    none.get(server.url());
    EXPECT_EQ(none.connections(), 0U);
}

GREENLET_TEST(ClientConnections, AreNotKeptAfterAClose) {
    for (const char* head : {"HTTP/1.1 200 OK\r\nConnection: close\r\n", "HTTP/1.0 200 OK\r\n"}) {
        ScriptedServer server{saying(std::string{head} + "Content-Length: 2\r\n\r\nhi")};
        http::Client client;
        EXPECT_EQ(client.get(server.url()).read(), "hi");
        EXPECT_EQ(client.connections(), 0U);
    }
}

// C-017
GREENLET_TEST(ClientConnections, AreLookedAtBeforeTheyAreUsedAgain) {
    for (const char* method : {"POST", "GET"}) {
        Event arrived;
        ScriptedServer closing{saying_once(kEmpty, &arrived)};
        ScriptedServer talking{
            saying(std::string{kEmpty} + "HTTP/1.1 200 smuggled\r\n\r\n", &arrived)};
        http::Client client;
        for (ScriptedServer* server : {&closing, &talking}) {
            arrived.clear();
            client.get(server->url());
            EXPECT_TRUE(arrived.wait(kPatience));  // what the server sends more is there
            EXPECT_EQ(client.send({.method = method, .url = server->url()}).status(), 200);
            EXPECT_EQ(server->connections, 2) << method;
        }
    }
}

// C-017: nothing has run between the answer's end and the next request but the peer.
GREENLET_TEST(ClientConnections, AreLookedAtInTheVeryTurnOfTheAnswer) {
    const auto keeper = std::make_shared<http::ConnectionKeeper>(1, 1, 1min);
    auto lease = keeper->lease("a host", {});
    StreamPair pair = unix_pair();
    lease.set(std::make_unique<http::OutgoingConnection>(std::move(pair.client)));
    pair.server.sendall("x");
    lease.connection()->receive({});
    lease.connection()->consume(1);
    lease.give_back();
    pair.server.sendall("y");  // nobody has asked for it
    EXPECT_EQ(keeper->lease("a host", {}).connection(), nullptr);
}

/// The first connection ends at its second request, without an answer.
std::function<void(Peer&)> ending_at_second(int& requests, std::string before_the_end = "") {
    return [&requests, number = 0, before_the_end](Peer& peer) mutable {
        const bool first = ++number == 1;
        while (!peer.request().empty()) {
            ++requests;
            if (first && requests == 2) {
                peer.say(before_the_end);
                return;
            }
            peer.answer("ok");
        }
    };
}

// C-003
GREENLET_TEST(ClientRetry, SendsIdempotentRequestsAgainOnAFreshConnection) {
    for (const char* method : {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"}) {
        int requests = 0;
        ScriptedServer server{ending_at_second(requests)};
        http::Client client;
        client.get(server.url()).read();
        EXPECT_EQ(client.send({.method = method, .url = server.url(), .body = "text"}).status(),
                  200)
            << method;
        EXPECT_EQ(requests, 3);
        EXPECT_EQ(server.connections, 2);
    }
}

// C-003
GREENLET_TEST(ClientRetry, SendsEachBodyAgainThatIsThereAsAWhole) {
    const TemporaryFolder folder;
    const std::string path = folder.path() / "file";
    std::ofstream{path} << "0123456789";
    const std::vector<std::pair<std::function<http::Body()>, std::string>> bodies{
        {[] { return http::Body{}; }, ""},
        {[] { return http::Body{"text"}; }, "text"},
        {[] { return http::Body{std::make_shared<const std::string>("shared")}; }, "shared"},
        {[] {
             return http::Body{"a", "b"};
         },
         "ab"},
        {[&] { return http::Body{http::File{.path = path, .offset = 1, .length = 3}}; }, "123"}};
    for (const auto& [body, text] : bodies) {
        std::vector<std::string> requests;
        ScriptedServer server{[&](Peer& peer) {
            for (std::string request; !(request = peer.request()).empty();) {
                requests.push_back(request);
                if (requests.size() == 2) return;
                peer.answer("ok");
            }
        }};
        http::Client client;
        client.get(server.url()).read();
        client.send({.method = "PUT", .url = server.url(), .body = body()}).read();
        ASSERT_EQ(requests.size(), 3U) << text;
        EXPECT_EQ(requests[2], requests[1]);
        EXPECT_THAT(requests[2], EndsWith("\r\n\r\n" + text));
    }
}

// C-003
GREENLET_TEST(ClientRetry, IsMadeOnce) {
    int requests = 0;
    ScriptedServer server{[&](Peer& peer) {
        while (!peer.request().empty()) {
            if (++requests != 1) return;
            peer.answer("ok");
        }
    }};
    http::Client client;
    client.get(server.url()).read();
    EXPECT_EQ(kind_of([&] { client.get(server.url()); }), Kind::kClosed);
    EXPECT_EQ(requests, 3);
    EXPECT_EQ(server.connections, 2);
}

/// The client's end of its connection to that port.
int client_end(std::uint16_t port) {
    for (int fd = 0; fd < 1024; ++fd) {
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
            peer.sin_family == AF_INET && ntohs(peer.sin_port) == port)
            return fd;
    }
    throw std::logic_error{"no connection to that port"};
}

// C-003: the peer, which has heard nothing, has not acted on it, whatever the method.
GREENLET_TEST(ClientRetry, SendsAgainOfWhichNothingWasWritten) {
    Event over;
    std::vector<std::string> requests;
    ScriptedServer server{[&](Peer& peer) {
        for (std::string request; !(request = peer.request()).empty();) {
            requests.push_back(request);
            peer.answer("ok");
        }
        over.wait(kPatience);  // it goes on to seem open
    }};
    http::Client client;
    client.get(server.url()).read();
    ::shutdown(client_end(server.port()), SHUT_WR);
    EXPECT_EQ(client.post(server.url(), "once").read(), "ok");
    EXPECT_EQ(requests.size(), 2U);
    EXPECT_EQ(server.connections, 2);
    over.set();
}

// C-003
GREENLET_TEST(ClientRetry, DoesNotSendOthersAgain) {
    for (const char* method : {"POST", "PATCH", "LOCK"}) {
        int requests = 0;
        ScriptedServer server{ending_at_second(requests)};
        http::Client client;
        client.get(server.url()).read();
        EXPECT_EQ(kind_of([&] { client.send({.method = method, .url = server.url()}); }),
                  Kind::kClosed)
            << method;
        EXPECT_EQ(requests, 2);
    }
}

// C-003
GREENLET_TEST(ClientRetry, DoesNotCallAGeneratorAgain) {
    int requests = 0;
    ScriptedServer server{ending_at_second(requests)};
    http::Client client;
    client.get(server.url()).read();
    int calls = 0;
    const auto once = [&calls]() -> std::optional<std::string> {
        return ++calls == 1 ? std::optional<std::string>{"x"} : std::nullopt;
    };
    EXPECT_EQ(kind_of([&] { client.send({.method = "PUT", .url = server.url(), .body = once}); }),
              Kind::kClosed);
    EXPECT_EQ(calls, 2);
}

// C-003
GREENLET_TEST(ClientRetry, EndsWithTheFirstByteOfAnAnswer) {
    int requests = 0;
    ScriptedServer server{ending_at_second(requests, "H")};
    http::Client client;
    client.get(server.url()).read();
    EXPECT_EQ(kind_of([&] { client.get(server.url()); }), Kind::kClosed);
    EXPECT_EQ(requests, 2);
}

// C-003
GREENLET_TEST(ClientRetry, IsNotForFreshConnections) {
    ScriptedServer server{[](Peer& peer) { peer.request(); }};
    http::Client client;
    EXPECT_EQ(kind_of([&] { client.get(server.url()); }), Kind::kClosed);
    EXPECT_EQ(server.connections, 1);
}

// C-003
FAKE_CLOCK_TEST(ClientRetry, NeverFollowsATimeout) {
    int requests = 0;
    ScriptedServer server{[&requests](Peer& peer) {
        while (!peer.request().empty()) {
            if (++requests == 1) peer.answer("ok");
        }
    }};
    http::Client client{{.first_byte = 1s}};
    client.get(server.url()).read();
    EXPECT_EQ(kind_of([&] { client.get(server.url()); }), Kind::kTimeout);
    EXPECT_EQ(requests, 2);
    EXPECT_EQ(client.connections(), 0U);
}

}  // namespace
}  // namespace grove::test
