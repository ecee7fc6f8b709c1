// Unfinished handshakes and max_connections, and what a TlsContext is to a server (S-020, S-028 to S-033).
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/greenlet.h>
#include <grove/http/stream_server.h>

#include "greenlet_test.h"
#include "served_application.h"
#include "tls_authority.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::Body;
using http::Environ;
using http::Spawn;
using http::StartResponse;
using http::StreamServer;
using http::WsgiOptions;
using ::testing::HasSubstr;

using Clients = std::vector<std::unique_ptr<Client>>;

Clients silent_clients(const Address& server, int count) {
    Clients clients;
    for (int made = 0; made < count; ++made) {
        clients.push_back(std::make_unique<Client>(server));
        let_the_hub_turn();
    }
    return clients;
}

Clients idle_clients(const Tls& tls, const Address& server, int count) {
    Clients clients;
    for (int made = 0; made < count; ++made) {
        clients.push_back(std::make_unique<Client>(tls.client(server)));
        clients.back()->send(get());
        EXPECT_EQ(clients.back()->brief(), "200 hello");
    }
    return clients;
}

// O-075: below TLS there is a socket that can be reset, and above it an answer that goes nowhere.
FAKE_CLOCK_TEST(WsgiTls, AnApplicationThatSwallowsItsTimeoutLosesItsClient) {
    Tls tls;
    http::ServerMetrics metrics;
    WsgiOptions with = tls.options();
    with.timeouts.request = 5s;
    with.metrics = &metrics;
    bool on = true;
    ServedApplication served{[&](Environ&, StartResponse& start) {
                                 while (on) {
                                     try {
                                         sleep(1h);
                                     } catch (...) {
                                     }
                                 }
                                 start("200 OK", {});
                                 return Body{"late"};
                             },
                             with};
    Client client = tls.client(served.address());
    client.send(get());
    EXPECT_THROW(client.read_to_end(), std::system_error);
    EXPECT_EQ(metrics.unkillable.value(), 1U);
    on = false;
    EXPECT_TRUE(served.quiet());
    EXPECT_THAT(served.access_lines, ::testing::ElementsAre("503 GET / HTTP/1.1"));
}

GREENLET_TEST(WsgiTls, SilentHandshakesPushOutOneAnotherNotIdleClients) {  // S-028, S-030
    Tls tls;
    WsgiOptions with = tls.options();
    with.max_connections = 8;
    ServedApplication served{say_hello(), with};
    const Clients idle = idle_clients(tls, served.address(), 5);

    const Clients silent = silent_clients(served.address(), 12);

    EXPECT_EQ(served.server.connections(), 8U);
    for (std::size_t at = 0; at < silent.size(); ++at)
        EXPECT_EQ(silent[at]->silent(), at >= silent.size() - 3) << at;  // the oldest went first
    for (const auto& client : idle) {
        client->send(get());
        EXPECT_EQ(client->brief(), "200 hello");
    }
    // And a good one comes in among them.
    EXPECT_EQ(idle_clients(tls, served.address(), 1).size(), 1U);
}

GREENLET_TEST(WsgiTls, HandshakesPushOutOneAnotherOnceTheyAreASixteenth) {  // S-028, S-030
    Tls tls;
    WsgiOptions with = tls.options();
    with.max_connections = 32;
    ServedApplication served{say_hello(), with};
    const Clients idle = idle_clients(tls, served.address(), 31);

    const Clients silent = silent_clients(served.address(), 3);

    EXPECT_TRUE(idle[0]->at_end()) << "for the second handshake";
    EXPECT_TRUE(silent[0]->at_end()) << "for the third";
    EXPECT_TRUE(silent[1]->silent());
    EXPECT_TRUE(idle[1]->silent());
    EXPECT_EQ(served.server.connections(), 32U);
}

GREENLET_TEST(WsgiTls, ANewcomerTakesThePlaceOfTheLongestIdle) {  // S-028
    Tls tls;
    WsgiOptions with = tls.options();
    with.max_connections = 3;
    ServedApplication served{say_hello(), with};
    const Clients idle = idle_clients(tls, served.address(), 3);

    const Clients newcomer = idle_clients(tls, served.address(), 1);

    EXPECT_TRUE(idle[0]->at_end());
    EXPECT_TRUE(idle[1]->silent());
    EXPECT_EQ(served.server.connections(), 3U);
}

GREENLET_TEST(WsgiTls, AFailedHandshakeIsOneShortLineAtDebugLevel) {  // S-032
    Tls tls;
    std::vector<std::pair<http::LogLevel, std::string>> lines;
    WsgiOptions with = tls.options();
    with.timeouts.tls_handshake = 30ms;
    with.error_log = [&](http::LogLevel level, std::string_view line) {
        lines.emplace_back(level, line);
    };
    ServedApplication served{say_hello(), with};

    Client plain{served.address()};
    plain.send(get());
    plain.read_to_end();
    Client noise{served.address()};
    noise.send(std::string(2000, '\x01'));
    noise.read_to_end();
    {
        Client reset{served.address()};
        let_the_hub_turn();
        reset.reset();
    }
    Client silent{served.address()};
    EXPECT_TRUE(silent.at_end());
    EXPECT_TRUE(served.quiet());

    ASSERT_EQ(lines.size(), 4U);
    for (const auto& [level, line] : lines) {
        EXPECT_EQ(level, http::LogLevel::kDebug) << line;
        EXPECT_THAT(line, HasSubstr("TLS with 127.0.0.1:"));
        EXPECT_EQ(line.find('\n'), std::string::npos) << line;
        EXPECT_LT(line.size(), 160U) << line;
    }
    EXPECT_THAT(lines[3].second, HasSubstr("timeouts.tls_handshake"));
}

GREENLET_TEST(WsgiTls, RefusesTls11) {  // S-033
    Tls tls;
    ServedApplication served{say_hello(), tls.options()};
    // A ClientHello of TLS 1.1 with one cipher, TLS_RSA_WITH_AES_128_CBC_SHA, and no extension.
    std::string hello{"\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x02", 11};
    hello += std::string(32, 'r');
    hello += std::string{"\x00\x00\x02\x00\x2f\x01\x00", 7};
    Client old{served.address()};
    old.send(hello);
    // A fatal alert, protocol_version.
    EXPECT_THAT(old.read_to_end(), ::testing::EndsWith(std::string{"\x00\x02\x02\x46", 4}));
    EXPECT_TRUE(served.quiet());
}

GREENLET_TEST(WsgiTls, OffersHttp11ThoughItsContextOffersNothing) {
    Tls tls;
    WsgiOptions with;
    with.tls = TlsContext::server({.certificates = {tls.localhost}});
    ServedApplication served{say_hello(), with};
    Client both = tls.client(served.address(), {.alpn = {"h2", "http/1.1"}});
    EXPECT_EQ(both.stream().tls()->alpn, "http/1.1");
    Client none = tls.client(served.address());
    EXPECT_EQ(none.stream().tls()->alpn, "");
    Client old = tls.client(served.address(), {.alpn = {"http/1.0"}});
    EXPECT_EQ(old.stream().tls()->alpn, "http/1.0");
    EXPECT_THROW(static_cast<void>(tls.client(served.address(), {.alpn = {"h2"}})),  // O-042
                 TlsError);
}

GREENLET_TEST(WsgiTls, SendsAFileInRecordsAsLargeAsTheyMayBe) {  // S-120
    Tls tls;
    const std::string path = (tls.folder.path() / "large").string();
    std::ofstream{path} << std::string(400'000, 'x');
    ServedApplication served{[&](Environ&, StartResponse& start) -> Body {
                                 start("200 OK", {});
                                 return http::File{path};
                             },
                             tls.options()};
    Client client = tls.client(served.address());
    client.send(get());
    std::vector<char> buffer(65536);
    std::size_t all = 0;
    std::size_t full = 0;  // recv() gives a record at most
    while (all < 400'000) {
        const std::size_t got = client.stream().recv(buffer, kPatience);
        ASSERT_NE(got, 0U);
        all += got;
        full += got == 16384 ? 1U : 0U;
    }
    EXPECT_GE(full, 400'000U / 16384 - 2);
}

GREENLET_TEST(WsgiTls, ReloadedCertificatesAreShownToNewClientsByTheirNames) {
    Tls tls;
    const TlsCertificate other = tls.authority.issue("other", {"DNS:other.test"});
    tls.context = TlsContext::server({.certificates = {tls.localhost, other}});
    ServedApplication served{say_hello(), tls.options()};
    const auto shown = [&](const std::string& name) {
        TlsClientOptions with{.ca_file = tls.authority.file()};
        Client client{tls_connect(connect(served.address(), kPatience),
                                  TlsContext::client(std::move(with)), name, kPatience)};
        client.send(get());
        EXPECT_EQ(client.brief(), "200 hello");
        return client.stream().tls()->peer_subject;
    };
    EXPECT_EQ(shown("localhost"), "CN=localhost");
    EXPECT_EQ(shown("other.test"), "CN=other");
    Client before = tls.client(served.address());

    const TlsCertificate renewed = tls.authority.issue("renewed", {"DNS:other.test"});
    const auto replace = std::filesystem::copy_options::overwrite_existing;
    std::filesystem::copy_file(renewed.chain_file, other.chain_file, replace);
    std::filesystem::copy_file(renewed.key_file, other.key_file, replace);
    EXPECT_EQ(shown("other.test"), "CN=other");  // not before it is told
    tls.context->reload();

    EXPECT_EQ(shown("other.test"), "CN=renewed");
    EXPECT_EQ(shown("localhost"), "CN=localhost");
    before.send(get());
    EXPECT_EQ(before.brief(), "200 hello");
    std::ofstream{other.key_file} << "no key";
    EXPECT_THROW(tls.context->reload(), TlsError);
    EXPECT_EQ(shown("other.test"), "CN=renewed");
}

GREENLET_TEST(StreamTls, WithoutGreenletsIsRefused) {  // S-020: a handshake must block
    Tls tls;
    http::ServerOptions options;
    options.spawn = Spawn::none();
    options.tls = tls.context;
    EXPECT_THROW((StreamServer{"127.0.0.1:0", [](Stream&, const Address&) {}, options}),
                 std::invalid_argument);
}

GREENLET_TEST(WsgiTls, WithoutGreenletsServesAsLongAsNothingBlocks) {  // S-020
    Tls tls;
    WsgiOptions with = tls.options();
    with.spawn = Spawn::none();
    ServedApplication served{say_hello(), with};
    const Clients clients = idle_clients(tls, served.address(), 3);
    for (const auto& client : clients) {
        client->send(get() + get());
        EXPECT_EQ(client->brief(), "200 hello");
        EXPECT_EQ(client->brief(), "200 hello");
    }
    EXPECT_TRUE(served.errors.empty());
}

GREENLET_TEST(WsgiTls, ConnectionsBeyondThoseOfOneAddressAreClosedWithoutAWord) {  // O-073
    Tls tls;
    WsgiOptions with = tls.options();
    with.limits.connections_per_ip = 2;
    ServedApplication served{say_hello(), with};
    Clients held = idle_clients(tls, served.address(), 1);
    const Clients handshaking = silent_clients(served.address(), 1);  // counts as well

    for (int i = 0; i < 3; ++i) {
        Client third{served.address()};
        EXPECT_TRUE(third.at_end()) << "no answer, no alert";
    }
    EXPECT_THROW(static_cast<void>(tls.client(served.address())), std::system_error);
    EXPECT_EQ(served.server.connections(), 2U);
    EXPECT_THAT(served.errors,
                ::testing::ElementsAre("127.0.0.1 has 2 connections, which is "
                                       "limits.connections_per_ip: more are refused"));

    held.clear();
    while (served.server.connections() != 1) sleep(1ms);
    EXPECT_EQ(idle_clients(tls, served.address(), 1).size(), 1U);
    EXPECT_TRUE(handshaking[0]->silent());
}

}  // namespace
}  // namespace grove::test
