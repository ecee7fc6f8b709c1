// A proxy that passes TLS through, and says before it whose it is (PROXY protocol). O-088
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/connect.h>
#include <grove/core/greenlet.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "proxy_headers.h"
#include "served_application.h"
#include "tls_authority.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kLine = "PROXY TCP4 192.0.2.1 192.0.2.9 4711 443\r\n";

http::Application tell_client() {
    return [](http::Environ& environ, http::StartResponse& start) {
        start("200 OK", {});
        return http::Body{std::string{environ["REMOTE_ADDR"]} + " " +
                          std::string{environ["wsgi.url_scheme"]} + " " +
                          std::string{environ["SSL_CLIENT_VERIFY"]}};
    };
}

struct ProxiedTls : Tls {
    [[nodiscard]] http::WsgiOptions options() const {
        http::WsgiOptions options = Tls::options();
        options.trusted_proxies = {"127.0.0.1"};
        options.proxy_protocol = http::ProxyProtocol::kAny;
        return options;
    }
    /// Over a connection that begins with the header, which has arrived by then.
    [[nodiscard]] Client client(const Address& server, const std::string& header) const {
        Stream plain = connect(server, kPatience);
        plain.sendall(header);
        return Client{connect_tls(std::move(plain))};
    }
};

GREENLET_TEST(ProxyProtocol, ComesBeforeTls) {
    const ProxiedTls tls;
    ServedApplication served{tell_client(), tls.options()};
    const std::pair<std::string, std::string> table[] = {
        {kLine, "192.0.2.1 https NONE"},
        {proxy_v2_of("2001:db8::1"), "2001:db8::1 https NONE"},
        {"PROXY UNKNOWN\r\n", "127.0.0.1 https NONE"},
        // Of the client's TLS, not of the proxy's.
        {proxy_v2_of("192.0.2.1", proxy_tls(3, 0)), "192.0.2.1 https SUCCESS"},
        {proxy_v2_of("192.0.2.1", proxy_tls(0, 0)), "192.0.2.1 http "},
    };
    for (const auto& [header, told] : table) {
        Client client = tls.client(served.address(), header);
        client.send(get());
        EXPECT_EQ(client.answer().body, told);
    }
}

GREENLET_TEST(ProxyProtocol, ComesInOneSegmentWithTls) {
    const ProxiedTls tls;
    ServedApplication served{tell_client(), tls.options()};
    for (const std::string& header : {kLine, proxy_v2_of("192.0.2.1")}) {
        served.server.stop_accepting();
        std::string body;
        const auto asking = spawn({.stack_bytes = 262144}, [&] {
            Client client = tls.client(served.address(), header);
            client.send(get());
            body = client.answer().body;
        });
        let_the_hub_turn();  // the kernel has header and ClientHello before anybody reads
        served.server.start_accepting();
        asking.join();
        EXPECT_EQ(body, "192.0.2.1 https NONE");
    }
}

GREENLET_TEST(ProxyProtocol, MayComeInPiecesBeforeTls) {
    const ProxiedTls tls;
    ServedApplication served{tell_client(), tls.options()};
    for (const std::string& header : {kLine, proxy_v2_of("192.0.2.1")}) {
        for (std::size_t cut = 1; cut < header.size(); ++cut) {
            Stream plain = connect(served.address(), kPatience);
            plain.sendall(header.substr(0, cut));
            let_the_hub_turn();
            plain.sendall(header.substr(cut));
            Client client{tls.connect_tls(std::move(plain))};
            client.send(get());
            ASSERT_EQ(client.answer().body, "192.0.2.1 https NONE") << cut;
        }
    }
}

GREENLET_TEST(ProxyProtocol, IsMissedBeforeTls) {
    const ProxiedTls tls;
    ServedApplication served{tell_client(), tls.options()};
    EXPECT_THROW(static_cast<void>(tls.client(served.address(), "")), std::system_error);
    EXPECT_THAT(served.errors, ElementsAre(EndsWith("its PROXY header is missing")));
    EXPECT_TRUE(served.quiet());
}

GREENLET_TEST(ProxyProtocol, NamesTheClientWhoseHandshakeFails) {
    const ProxiedTls tls;
    http::WsgiOptions options = tls.options();
    std::vector<std::string> lines;
    options.error_log = [&](http::LogLevel, std::string_view line) { lines.emplace_back(line); };
    ServedApplication served{tell_client(), options};
    Client client{served.address()};
    client.send(kLine + get());
    client.read_to_end();
    EXPECT_TRUE(served.quiet());
    EXPECT_THAT(lines, ElementsAre(StartsWith("TLS with 192.0.2.1:4711: ")));
}

GREENLET_TEST(ProxyProtocol, HasTheConnectionsOfTlsClientsCounted) {  // O-073
    const ProxiedTls tls;
    http::WsgiOptions options = tls.options();
    options.limits.connections_per_ip = 1;
    ServedApplication served{tell_client(), options};
    {
        Client first{served.address()};
        first.send(kLine);  // its handshake counts
        let_the_hub_turn();
        Client second{served.address()};
        second.send(kLine);
        EXPECT_TRUE(second.at_end());
        Client other = tls.client(served.address(), proxy_v2_of("192.0.2.2"));
        other.send(get());
        EXPECT_EQ(other.answer().body, "192.0.2.2 https NONE");
        EXPECT_THAT(served.errors, ElementsAre(StartsWith("192.0.2.1 has 1 connections")));
    }
    while (served.server.connections() != 0) sleep(1ms);
    Client again = tls.client(served.address(), kLine);
    again.send(get());
    EXPECT_EQ(again.answer().body, "192.0.2.1 https NONE");
}

// With its header it is a handshake, and may be closed for another client (S-028).
GREENLET_TEST(ProxyProtocol, MakesRoomBeforeTlsOnceItIsThere) {
    const ProxiedTls tls;
    http::WsgiOptions options = tls.options();
    options.max_connections = 1;
    ServedApplication served{tell_client(), options};
    Client first{served.address()};
    first.send("PROXY ");
    let_the_hub_turn();
    std::string body;
    const auto asking = spawn({.stack_bytes = 262144}, [&] {
        Client second = tls.client(served.address(), kLine);
        second.send(get());
        body = second.answer().body;
    });
    let_the_hub_turn();
    EXPECT_TRUE(first.silent()) << "a header under way is not closed for a newcomer";
    first.send(kLine.substr(6));
    asking.join();
    EXPECT_EQ(body, "192.0.2.1 https NONE");
    EXPECT_TRUE(first.at_end());
}

FAKE_CLOCK_TEST(ProxyProtocol, TakesNoTimeOfTheHandshake) {
    const ProxiedTls tls;
    ServedApplication served{tell_client(), tls.options()};
    Client client{served.address()};
    const auto began = now();
    client.send(kLine.substr(0, 5));
    sleep(9s);
    EXPECT_EQ(served.server.connections(), 1U);
    client.send(kLine.substr(5));
    sleep(9s);
    EXPECT_EQ(served.server.connections(), 1U);
    EXPECT_TRUE(client.at_end());
    EXPECT_EQ(now() - began, 19s);
}

}  // namespace
}  // namespace grove::test
