// Connections whose proxy says first whose they are (haproxy's PROXY protocol). O-088
#include <chrono>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/connect.h>
#include <grove/core/greenlet.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "proxy_headers.h"
#include "served_application.h"
#include "temporary_folder.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::ProxyProtocol;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

const std::string kLine = "PROXY TCP4 192.0.2.1 192.0.2.9 4711 443\r\n";

http::Application tell_client() { return tell({"REMOTE_ADDR", "REMOTE_PORT", "wsgi.url_scheme"}); }

http::WsgiOptions proxied(std::vector<std::string> trusted = {"127.0.0.1"}) {
    http::WsgiOptions options;
    options.trusted_proxies = std::move(trusted);
    options.proxy_protocol = ProxyProtocol::kAny;
    return options;
}

/// Without a word; by a reset, if there was something to read yet.
bool is_cut(Client& client) {
    try {
        return client.at_end();
    } catch (const std::system_error&) {
        return true;
    }
}

GREENLET_TEST(ProxyProtocol, TellsWhoTheClientIs) {
    struct Row {
        std::string header;
        const char* told;
    };
    const Row table[] = {
        {kLine, "192.0.2.1|4711|http|"},
        {"PROXY TCP6 2001:db8::1 ::1 4711 443\r\n", "2001:db8::1|4711|http|"},
        {proxy_v2_of("192.0.2.1"), "192.0.2.1|4711|http|"},
        {proxy_v2_of("2001:db8::1"), "2001:db8::1|4711|http|"},
        {proxy_v2_of("192.0.2.1", proxy_tls(1, 0)), "192.0.2.1|4711|https|"},
        {proxy_v2_of("192.0.2.1", proxy_tls(0, 0)), "192.0.2.1|4711|http|"},
        {proxy_v2(0x21, 0x31, std::string(216, 'p')), "||http|"},
    };
    for (const Row& row : table) {
        std::vector<std::string> logged;
        http::WsgiOptions options = proxied();
        options.access_log = [&](const http::AccessRecord& record) {
            logged.emplace_back(record.remote_addr);
        };
        ServedApplication served{tell_client(), options};
        Client client{served.address()};
        client.send(row.header + get() + get());  // in one segment
        EXPECT_EQ(client.answer().body, row.told);
        EXPECT_EQ(client.answer().body, row.told);
        client.send(get());
        EXPECT_EQ(client.answer().body, row.told) << "as long as the connection lasts";
        client.close();
        EXPECT_TRUE(served.quiet());
        const std::string address =
            std::string{row.told}.substr(0, std::string{row.told}.find('|'));
        EXPECT_THAT(logged, AllOf(SizeIs(3), Each(address)));
        EXPECT_THAT(served.errors, IsEmpty());
    }
}

// A health check of the proxy itself, or a client that it does not know.
GREENLET_TEST(ProxyProtocol, MayTellOfNobody) {
    ServedApplication served{tell({"REMOTE_ADDR", "wsgi.url_scheme"}), proxied()};
    for (const std::string& header :
         {std::string{"PROXY UNKNOWN\r\n"}, std::string{"PROXY UNKNOWN 192.0.2.1 x y\r\n"},
          proxy_v2(0x20, 0x11, std::string(12, 'x')), proxy_v2(0x21, 0, "")}) {
        EXPECT_EQ(served.ask(header + get()).body, "127.0.0.1|http|");
        EXPECT_EQ(served.ask(header + get("/", "X-Forwarded-For: 192.0.2.7\r\n")).body,
                  "192.0.2.7|http|")
            << "the proxy is trusted";
    }
}

GREENLET_TEST(ProxyProtocol, MayComeInPieces) {
    ServedApplication served{tell_client(), proxied()};
    for (const std::string& header : {kLine, proxy_v2_of("192.0.2.1", proxy_tls(1, 0))}) {
        const std::string all = header + get();
        const std::string expected =
            header == kLine ? "192.0.2.1|4711|http|" : "192.0.2.1|4711|https|";
        for (std::size_t cut = 1; cut < all.size(); ++cut) {
            Client client{served.address()};
            client.send_cut_at(all, cut);
            ASSERT_EQ(client.answer().body, expected) << cut;
        }
        Client client{served.address()};
        client.send_byte_by_byte(all);
        EXPECT_EQ(client.answer().body, expected);
    }
    EXPECT_THAT(served.errors, IsEmpty());
}

GREENLET_TEST(ProxyProtocol, IsRefusedWhereItIsWrongOrCutShort) {
    struct Row {
        std::string bytes;
        const char* why;
    };
    const Row table[] = {
        {get(), "its PROXY header is missing"},
        {"\x16\x03\x01", "its PROXY header is missing"},
        {"PROXY TCP4 192.0.2.1 192.0.2.9 4711 x\r\n" + get(),
         "its PROXY header has a port that is not a number from 0 to 65535"},
        {proxy_v2(0x21, 0x11, "short") + get(), "its PROXY header is too short for its addresses"},
        {proxy_v2(0x21, 0x11, std::string(5000, 'x')),
         "its PROXY header is longer than 4096 bytes"},
        {"PROXY UNKNOWN " + std::string(200, 'x'),
         "its PROXY header is a line of more than 107 bytes"},
    };
    for (const Row& row : table) {
        ServedApplication served{say_hello(), proxied()};
        Client client{served.address()};
        client.send(row.bytes);
        EXPECT_TRUE(is_cut(client));
        EXPECT_TRUE(served.quiet());
        EXPECT_EQ(served.calls, 0);
        EXPECT_THAT(served.errors,
                    ElementsAre(AllOf(StartsWith("127.0.0.1:"),
                                      EndsWith(std::string{": refused: "} + row.why))));
    }
    for (const std::string& whole : {kLine, proxy_v2_of("192.0.2.1")}) {
        for (std::size_t bytes = 1; bytes < whole.size(); ++bytes) {
            ServedApplication served{say_hello(), proxied()};
            Client client{served.address()};
            client.send(whole.substr(0, bytes));
            let_the_hub_turn();
            EXPECT_TRUE(client.silent());
            EXPECT_EQ(served.server.connections(), 1U);
            client.finish_sending();
            EXPECT_TRUE(client.at_end());
            EXPECT_THAT(served.errors,
                        ElementsAre(EndsWith("it closed before its PROXY header was complete")));
        }
    }
}

// As checks do that only look whether the port is open.
GREENLET_TEST(ProxyProtocol, IsNoNewsOfWhoSaysNothing) {
    ServedApplication served{say_hello(), proxied()};
    {
        Client client{served.address()};
        let_the_hub_turn();
        EXPECT_EQ(served.server.connections(), 1U);
        client.finish_sending();
        EXPECT_TRUE(client.at_end());
    }
    for (const std::string_view begin : {"", "PROXY TC"}) {
        Client client{served.address()};
        client.send(begin);
        let_the_hub_turn();
        EXPECT_EQ(served.server.connections(), 1U);
        client.reset();
        EXPECT_TRUE(served.quiet());
    }
    EXPECT_THAT(served.errors,
                ElementsAre(EndsWith("it closed before its PROXY header was complete")));
}

GREENLET_TEST(ProxyProtocol, IsForTrustedProxiesAlone) {
    ServedApplication served{say_hello(), proxied({"10.0.0.0/8", "192.0.2.1", "unix"})};
    Client client{served.address()};
    client.send(kLine + get());
    EXPECT_TRUE(is_cut(client));
    EXPECT_TRUE(served.quiet());
    EXPECT_EQ(served.calls, 0);
    EXPECT_THAT(served.errors,
                ElementsAre(EndsWith(": refused: the peer is not in trusted_proxies, and "
                                     "proxy_protocol is for those only")));
    EXPECT_THROW(ServedApplication(say_hello(), proxied({})), std::invalid_argument);
}

GREENLET_TEST(ProxyProtocol, MayBeOfOneVersion) {
    http::WsgiOptions options = proxied();
    options.proxy_protocol = ProxyProtocol::kV1;
    ServedApplication one{tell_client(), options};
    options.proxy_protocol = ProxyProtocol::kV2;
    ServedApplication two{tell_client(), options};
    EXPECT_EQ(one.ask(kLine + get()).body, "192.0.2.1|4711|http|");
    EXPECT_EQ(two.ask(proxy_v2_of("192.0.2.1") + get()).body, "192.0.2.1|4711|http|");
    Client first{one.address()};
    first.send(proxy_v2_of("192.0.2.1"));
    EXPECT_TRUE(is_cut(first));
    Client second{two.address()};
    second.send(kLine);
    EXPECT_TRUE(is_cut(second));
    EXPECT_THAT(one.errors, ElementsAre(EndsWith("is missing, or not of version 1")));
    EXPECT_THAT(two.errors, ElementsAre(EndsWith("is missing, or not of version 2")));
}

GREENLET_TEST(ProxyProtocol, MayComeOverAUnixSocket) {
    const TemporaryFolder folder;
    const std::string path = folder.path() / "socket";
    {
        std::vector<std::string> errors;
        http::WsgiOptions options = proxied({"0.0.0.0/0", "::/0"});
        options.error_log = [&](http::LogLevel, std::string_view line) {
            errors.emplace_back(line);
        };
        http::WsgiServer server{"unix:" + path, tell_client(), options};
        server.start();
        Client client{connect(Address::unix_path(path), kPatience)};
        EXPECT_TRUE(client.at_end());
        EXPECT_THAT(errors, ElementsAre(EndsWith("proxy_protocol is for those only")));
        server.stop();
    }
    http::WsgiServer server{"unix:" + path, tell_client(), proxied({"unix"})};
    server.start();
    const auto ask = [&](const std::string& header) {
        Client client{connect(Address::unix_path(path), kPatience)};
        client.send(header + get("/", "X-Forwarded-For: 192.0.2.7\r\n"));
        return client.answer().body;
    };
    EXPECT_EQ(ask(kLine), "192.0.2.1|4711|http|");
    EXPECT_EQ(ask("PROXY UNKNOWN\r\n"), "192.0.2.7||http|") << "that proxy is trusted";
    EXPECT_EQ(ask(proxy_v2(0x21, 0x31, std::string(216, 'p'))), "||http|") << "its client is not";
    server.stop();
}

FAKE_CLOCK_TEST(ProxyProtocol, MustBeThereInTime) {
    for (const std::string& header : {kLine, proxy_v2_of("192.0.2.1")}) {
        ServedApplication served{say_hello(), proxied()};
        Client silent{served.address()};
        const auto began = now();
        Client slow{served.address()};
        for (int i = 0; i < 9; ++i) {
            slow.send(header.substr(static_cast<std::size_t>(i), 1));
            sleep(1s);
        }
        EXPECT_EQ(served.server.connections(), 2U);
        EXPECT_TRUE(silent.at_end());
        EXPECT_TRUE(slow.at_end()) << "however it drips";
        EXPECT_EQ(now() - began, 10s);
        EXPECT_TRUE(served.quiet());
        EXPECT_THAT(served.errors,
                    AllOf(SizeIs(2), Each(EndsWith("its PROXY header did not arrive within "
                                                   "timeouts.header"))));
    }
}

// The head of a request has its own time.
FAKE_CLOCK_TEST(ProxyProtocol, TakesNoTimeOfTheRequest) {
    ServedApplication served{tell_client(), proxied()};
    Client client{served.address()};
    client.send(kLine.substr(0, 5));
    sleep(9s);
    client.send(kLine.substr(5));
    sleep(60s);
    client.send("GET / HTTP/1.1\r\n");
    sleep(9s);
    client.send("Host: h\r\n\r\n");
    EXPECT_EQ(client.answer().body, "192.0.2.1|4711|http|");
}

GREENLET_TEST(ProxyProtocol, EndsWithItsServer) {
    ServedApplication served{say_hello(), proxied()};
    Client begun{served.address()};
    begun.send("PROXY ");
    Client silent{served.address()};
    let_the_hub_turn();
    EXPECT_EQ(served.server.connections(), 2U);
    served.server.stop(0s);
    EXPECT_TRUE(begun.at_end());
    EXPECT_TRUE(silent.at_end());
    EXPECT_EQ(served.server.connections(), 0U);
    EXPECT_THAT(served.errors, IsEmpty());
}

GREENLET_TEST(ProxyProtocol, HoldsNoSlot) {
    http::WsgiOptions options = proxied();
    options.spawn = 1;
    ServedApplication served{tell_client(), options};
    std::vector<Client> begun;
    for (int i = 0; i < 50; ++i) {
        begun.emplace_back(served.address());
        begun.back().send("PROXY ");
    }
    let_the_hub_turn();
    EXPECT_EQ(served.server.connections(), 50U);
    EXPECT_EQ(served.ask(kLine + get()).body, "192.0.2.1|4711|http|");
    for (Client& client : begun) {
        client.send(kLine.substr(6) + get());
        EXPECT_EQ(client.answer().body, "192.0.2.1|4711|http|");
    }
}

// With its header it becomes idle, and may be closed for another.
GREENLET_TEST(ProxyProtocol, MakesRoomOnceItIsThere) {
    http::WsgiOptions options = proxied();
    options.max_connections = 1;
    ServedApplication served{tell_client(), options};
    Client first{served.address()};
    first.send("PROXY ");
    let_the_hub_turn();
    Client second{served.address()};
    second.send(kLine + get());
    let_the_hub_turn();
    EXPECT_TRUE(second.silent()) << "a header under way is not idle";
    first.send(kLine.substr(6));
    EXPECT_EQ(second.answer().body, "192.0.2.1|4711|http|");
    EXPECT_TRUE(first.at_end());
}

GREENLET_TEST(ProxyProtocol, HasItsClientsConnectionsCounted) {  // O-073
    http::WsgiOptions options = proxied();
    options.limits.connections_per_ip = 1;
    ServedApplication served{say_hello(), options};
    const std::string other = "PROXY TCP4 192.0.2.2 192.0.2.9 4711 443\r\n";
    const std::string local = "PROXY UNKNOWN\r\n";
    Client first{served.address()};
    first.send(kLine + get());
    EXPECT_EQ(first.brief(), "200 hello");
    Client second{served.address()};
    second.send(other + get());
    EXPECT_EQ(second.brief(), "200 hello");
    for (const std::string& header : {kLine, proxy_v2_of("192.0.2.1")}) {
        Client more{served.address()};
        more.send(header);
        EXPECT_EQ(more.answer().status, 503);
        EXPECT_TRUE(more.at_end());
    }
    Client third{served.address()};
    Client fourth{served.address()};
    for (Client* const client : {&third, &fourth}) {  // the proxy's own have no bound
        client->send(local + get());
        EXPECT_EQ(client->brief(), "200 hello");
    }
    EXPECT_THAT(served.errors, ElementsAre(StartsWith("192.0.2.1 has 1 connections")));
    first.close();
    while (served.server.connections() != 3) sleep(1ms);
    Client again{served.address()};
    again.send(kLine + get());
    EXPECT_EQ(again.brief(), "200 hello");
}

FAKE_CLOCK_TEST(ProxyProtocol, HasItsClientsRequestsCounted) {  // O-073
    http::WsgiOptions options = proxied();
    options.limits.requests_per_ip = http::Rate{.rate = 1, .burst = 1};
    ServedApplication served{say_hello(), options};
    const auto status = [&](const std::string& header) {
        return served.ask(header + get()).status;
    };
    EXPECT_EQ(status(kLine), 200);
    EXPECT_EQ(status(proxy_v2_of("192.0.2.2")), 200);
    EXPECT_EQ(status(proxy_v2_of("192.0.2.1")), 429);
}

// As nginx has it: a field is believed of whom the header tells, if that is a trusted proxy too.
GREENLET_TEST(ProxyProtocol, HasFieldsBelievedOfATrustedClientAlone) {
    http::WsgiOptions options = proxied({"127.0.0.1", "10.0.0.0/8"});
    options.request_ids = true;
    ServedApplication served{tell({"REMOTE_ADDR", "REMOTE_PORT", "wsgi.url_scheme"}), options};
    const std::string request = get(
        "/",
        "X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\nX-Request-Id: theirs\r\n");
    const Answer of_stranger = served.ask(kLine + request);
    EXPECT_EQ(of_stranger.body, "192.0.2.1|4711|http|");
    EXPECT_NE(of_stranger.field("x-request-id"), "theirs");
    const Answer of_proxy = served.ask(proxy_v2_of("10.0.0.2", proxy_tls(0, 0)) + request);
    EXPECT_EQ(of_proxy.body, "198.51.100.7||https|");
    EXPECT_EQ(of_proxy.field("x-request-id"), "theirs");
}

GREENLET_TEST(ProxyProtocol, TellsOfTheClientsCertificate) {
    ServedApplication served{
        [](http::Environ& environ, http::StartResponse& start) {
            start("200 OK", {});
            std::string text;
            for (const char* const key :
                 {"wsgi.url_scheme", "SSL_CLIENT_VERIFY", "SSL_CLIENT_S_DN", "SSL_CLIENT_I_DN",
                  "SSL_CLIENT_M_SERIAL", "SSL_CLIENT_V_END", "SSL_CLIENT_CERT"})
                text += std::string{environ.get(key).value_or("none")} + "|";
            return http::Body{text};
        },
        proxied()};
    const auto told = [&](const std::string& tls) {
        return served.ask(proxy_v2_of("192.0.2.1", tls) + get()).body;
    };
    const std::string name = proxy_field(0x22, "alice");
    EXPECT_EQ(told(""), "http|none|none|none|none|none|none|");
    EXPECT_EQ(told(proxy_tls(0, 0, name)), "http|none|none|none|none|none|none|");
    EXPECT_EQ(told(proxy_tls(1, 0)), "https|NONE|none|none|none|none|none|");
    EXPECT_EQ(told(proxy_tls(3, 0, name)), "https|SUCCESS|CN=alice|none|none|none|none|");
    EXPECT_EQ(told(proxy_tls(3, 10, name)),
              "https|FAILED:the proxy's code 10|none|none|none|none|none|");
}

FAKE_CLOCK_TEST(ProxyProtocol, FillsNoLogWithItsRefusals) {  // O-087
    ServedApplication served{say_hello(), proxied()};
    for (int i = 0; i < 150; ++i) {
        Client client{served.address()};
        client.send("x");
        EXPECT_TRUE(is_cut(client));
    }
    EXPECT_THAT(served.errors, SizeIs(100));
    sleep(1s);
    Client client{served.address()};
    client.send("x");
    EXPECT_TRUE(is_cut(client));
    EXPECT_THAT(served.errors.back(), EndsWith("is missing (and 50 more refusals)"));
}

}  // namespace
}  // namespace grove::test
