// How many connections and requests one address may have of a server. O-073
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/connect.h>
#include <grove/core/greenlet.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"
#include "temporary_folder.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

GREENLET_TEST(ConnectionsPerIp, AreBoundedAndFurtherOnesRefusedAtOnce) {
    http::WsgiOptions options;
    options.limits.connections_per_ip = 2;
    ServedApplication served{say_hello(), options};
    Client first{served.address()};
    first.send(get());
    EXPECT_EQ(first.brief(), "200 hello");
    {
        Client second{served.address()};
        second.send(get());
        EXPECT_EQ(second.brief(), "200 hello");
        for (int i = 0; i < 3; ++i) {
            Client third{served.address()};
            const Answer answer = third.answer();
            EXPECT_EQ(answer.status, 503);
            EXPECT_EQ(answer.field("retry-after"), "1");
            EXPECT_TRUE(answer.says_close());
            EXPECT_TRUE(third.at_end());
        }
    }
    EXPECT_THAT(served.errors,
                ElementsAre("127.0.0.1 has 2 connections, which is limits.connections_per_ip: more "
                            "are refused"));
    while (served.server.connections() != 1) sleep(1ms);
    Client again{served.address()};
    again.send(get());
    EXPECT_EQ(again.brief(), "200 hello");
}

// However often a client comes with too many, and goes with all of them.
GREENLET_TEST(ConnectionsPerIp, AreToldOfOnceAMinute) {  // O-087
    http::WsgiOptions options;
    options.limits.connections_per_ip = 1;
    ServedApplication served{say_hello(), options};
    for (int i = 0; i < 5; ++i) {
        Client only{served.address()};
        only.send(get());
        EXPECT_EQ(only.brief(), "200 hello");
        Client another{served.address()};
        EXPECT_EQ(another.answer().status, 503);
        only.close();
        another.close();
        ASSERT_TRUE(served.quiet());
    }
    EXPECT_THAT(served.errors,
                ElementsAre("127.0.0.1 has 1 connections, which is limits.connections_per_ip: more "
                            "are refused"));
}

// Many addresses have a line each: beyond a hundred a second they are counted.
FAKE_CLOCK_TEST(ConnectionsPerIp, OfManyAddressesAreTheLinesOfRefusals) {  // O-087
    http::WsgiOptions options;
    options.limits.connections_per_ip = 1;
    options.trusted_proxies = {"127.0.0.1"};
    options.proxy_protocol = http::ProxyProtocol::kAny;
    ServedApplication served{say_hello(), options};
    const auto come_twice = [&](int number) {
        const std::string from =
            "PROXY TCP4 192.0.2." + std::to_string(number) + " 192.0.2.9 4711 443\r\n";
        Client only{served.address()};
        only.send(from + get());
        EXPECT_EQ(only.brief(), "200 hello");
        Client another{served.address()};
        another.send(from);
        EXPECT_EQ(another.answer().status, 503);
    };
    for (int i = 1; i <= 110; ++i) come_twice(i);
    EXPECT_EQ(served.errors.size(), 100U);
    sleep(1s);
    come_twice(111);
    ASSERT_EQ(served.errors.size(), 101U);
    EXPECT_THAT(served.errors.back(), HasSubstr("are refused (and 10 more refusals)"));
}

GREENLET_TEST(ConnectionsPerIp, AreAnyOfTrustedProxiesAndOverUnixSockets) {
    const TemporaryFolder folder;
    const std::string path = (folder.path() / "socket").string();
    http::WsgiOptions options;
    options.limits.connections_per_ip = 1;
    http::WsgiServer on_unix{"unix:" + path, say_hello(), options};
    on_unix.start();
    options.trusted_proxies = {"127.0.0.1"};
    ServedApplication served{say_hello(), options};
    std::vector<Client> clients;
    for (int i = 0; i < 3; ++i) {
        clients.emplace_back(served.address());
        clients.emplace_back(connect(Address::unix_path(path), kPatience));
    }
    for (Client& client : clients) {
        client.send(get());
        EXPECT_EQ(client.brief(), "200 hello");
    }
    clients.clear();
    on_unix.stop();
}

FAKE_CLOCK_TEST(RequestsPerIp, AreBoundedAndFurtherOnesToldWhenToComeAgain) {
    http::WsgiOptions options;
    options.limits.requests_per_ip = http::Rate{.rate = 0.5, .burst = 2};
    ServedApplication served{say_hello(), options};
    Client client{served.address()};
    client.send(get() + get() + get());
    EXPECT_EQ(client.brief(), "200 hello");
    EXPECT_EQ(client.brief(), "200 hello");
    const Answer refused = client.answer();
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.field("retry-after"), "2");
    EXPECT_TRUE(refused.says_close());
    EXPECT_TRUE(client.at_end());
    EXPECT_EQ(served.calls, 2);

    sleep(2s);
    EXPECT_EQ(served.ask(get()).status, 200);
    EXPECT_EQ(served.ask(get()).status, 429);
    EXPECT_EQ(served.access_lines.back(), "429 GET / HTTP/1.1");
}

FAKE_CLOCK_TEST(RequestsPerIp, AreThoseOfWhomATrustedProxyTells) {
    http::WsgiOptions options;
    options.limits.requests_per_ip = http::Rate{.rate = 1, .burst = 1};
    options.trusted_proxies = {"127.0.0.1"};
    ServedApplication served{say_hello(), options};
    const auto status = [&](const std::string& client) {
        return served.ask(get("/", "X-Forwarded-For: " + client + "\r\n")).status;
    };
    EXPECT_EQ(status("192.0.2.1"), 200);
    EXPECT_EQ(status("192.0.2.2"), 200);
    EXPECT_EQ(status("192.0.2.1"), 429);
    EXPECT_EQ(status("2001:db8::1"), 200);
    EXPECT_EQ(status("2001:db8::2"), 429);
}

}  // namespace
}  // namespace grove::test
