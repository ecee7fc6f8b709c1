// Requests over TLS (C-007, C-017).
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/http/client.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "scripted_server.h"
#include "temporary_folder.h"
#include "test_certificates.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::ClientError;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Kind = ClientError::Kind;

struct Certified {
    TemporaryFolder folder{};
    Authority authority{folder.path()};

    http::ServerOptions server(const std::string& common_name,
                               const std::vector<std::string>& names,
                               std::chrono::seconds good_for = 1h) {
        http::ServerOptions options;
        options.tls =
            TlsContext::server({.certificates = {authority.issue(common_name, names, good_for)}});
        return options;
    }
    [[nodiscard]] std::shared_ptr<TlsContext> trusting() const {
        return TlsContext::client({.ca_file = authority.file()});
    }
};

std::string secure_url(const ScriptedServer& server, const std::string& host) {
    return "https://" + host + ":" + std::to_string(server.port()) + "/";
}

GREENLET_TEST(ClientTls, AsksForTheHostAndResumesItsSessions) {
    Certified certified;
    std::string asked;
    std::vector<bool> resumed;
    ScriptedServer server{[&](Peer& peer) {
                              while (!peer.request().empty()) {
                                  asked = peer.stream.tls()->server_name;
                                  resumed.push_back(peer.stream.tls()->resumed);
                                  peer.answer("hello", "Connection: close\r\n");
                              }
                          },
                          certified.server("x", {"DNS:localhost"})};
    http::Client client{{.tls = certified.trusting()}};
    for (int i = 0; i < 2; ++i)
        EXPECT_EQ(client.get(secure_url(server, "localhost")).read(), "hello");
    EXPECT_EQ(asked, "localhost");
    EXPECT_THAT(resumed, ::testing::ElementsAre(false, true));
}

// C-017: session tickets come unasked, and are no reason to drop the connection; close_notify is one.
GREENLET_TEST(ClientTls, KeepsConnectionsAndTellsTicketsFromAnEnd) {
    Certified certified;
    const auto options = certified.server("x", {"DNS:localhost"});
    ScriptedServer server{saying("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"), options};
    Event arrived;
    ScriptedServer closing{saying_once("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", &arrived),
                           options};
    http::Client client{{.tls = certified.trusting()}};
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(client.post(secure_url(server, "localhost"), "y").read(), "x");
    EXPECT_EQ(server.connections, 1);
    for (int i = 0; i < 2; ++i) {
        arrived.clear();
        EXPECT_EQ(client.post(secure_url(closing, "localhost"), "y").read(), "x");
        EXPECT_TRUE(arrived.wait(kPatience));  // close_notify is there
    }
    EXPECT_EQ(closing.connections, 2);
}

GREENLET_TEST(ClientTls, RefusesWhomItDoesNotTrustByHostAndReason) {
    Certified certified;
    Certified stranger;
    ScriptedServer other{saying(""), certified.server("localhost", {"DNS:other.test"})};
    // A subject is not a name.
    ScriptedServer subject{saying(""), certified.server("localhost", {})};
    ScriptedServer unknown{saying(""), stranger.server("x", {"DNS:localhost"})};
    http::Client client{{.tls = certified.trusting()}};
    ScriptedServer expired{saying(""), certified.server("x", {"DNS:localhost"}, -60s)};
    const std::pair<const ScriptedServer*, const char*> rows[] = {
        {&other, "hostname mismatch"},
        {&subject, "hostname mismatch"},
        {&unknown, "certificate signature failure"},  // its authority has the same name
        {&expired, "certificate has expired"}};
    for (const auto& [server, reason] : rows) {
        const auto get = [url = secure_url(*server, "localhost"), &client] {
            client.get(url + "x?secret");
        };
        EXPECT_EQ(kind_of(get), Kind::kTls);
        EXPECT_THAT(text_of(get), AllOf(StartsWith("GET " + secure_url(*server, "localhost") +
                                                   "x: TLS with localhost: "),
                                        HasSubstr(reason)));
    }
    http::Client standard;
    EXPECT_EQ(kind_of([&] { standard.get(secure_url(unknown, "localhost")); }), Kind::kTls);
    EXPECT_EQ(client.connections() + standard.connections(), 0U);
}

// C-007: an address is no name: it is not asked for, and only a certificate of the address proves it.
GREENLET_TEST(ClientTls, ChecksAnAddressAsAnAddress) {
    Certified certified;
    std::string asked = "nothing";
    ScriptedServer server{[&](Peer& peer) {
                              peer.request();
                              asked = peer.stream.tls()->server_name;
                              peer.answer("hello");
                          },
                          certified.server("x", {"IP:127.0.0.1"})};
    ScriptedServer named{saying(""), certified.server("127.0.0.1", {"DNS:127.0.0.1"})};
    http::Client client{{.tls = certified.trusting()}};
    EXPECT_EQ(client.get(secure_url(server, "127.0.0.1")).read(), "hello");
    EXPECT_EQ(asked, "");
    const auto get = [&] { client.get(secure_url(named, "127.0.0.1")); };
    EXPECT_EQ(kind_of(get), Kind::kTls);
    EXPECT_THAT(text_of(get), AllOf(HasSubstr("TLS with 127.0.0.1: "), HasSubstr("mismatch")));
}

// C-007, C-008
FAKE_CLOCK_TEST(ClientTls, GivesUpAHandshakeInTime) {
    ScriptedServer silent{[](Peer& peer) { peer.wait_for_end(); }};
    Certified certified;
    http::Client client{{.connect = 3s, .tls = certified.trusting()}};
    const auto began = now();
    const auto get = [&] { client.get(secure_url(silent, "127.0.0.1")); };
    EXPECT_THAT(text_of(get), HasSubstr("TLS with 127.0.0.1: no answer in time"));
    EXPECT_EQ(now() - began, 3s);
    EXPECT_EQ(kind_of(get), Kind::kTimeout);
    auto killed = spawn(get);
    sleep(1s);
    killed.kill();
    EXPECT_EQ(client.connections(), 0U);
}

// C-007
GREENLET_TEST(ClientTls, TellsThatItsPeerSpeaksNoTls) {
    ScriptedServer plain{[](Peer& peer) {
        peer.say("HTTP/1.1 400 Bad Request\r\n\r\n");
        peer.wait_for_end();
    }};
    ScriptedServer closing{[](Peer&) {}};
    Certified certified;
    http::Client client{{.tls = certified.trusting()}};
    for (const ScriptedServer* server : {&plain, &closing})
        EXPECT_EQ(kind_of([&] { client.get(secure_url(*server, "localhost")); }), Kind::kTls);
    EXPECT_EQ(client.connections(), 0U);
}

// C-004: to another origin, so that secrets stay behind.
GREENLET_TEST(ClientTls, FollowsARedirectOutOfTheClear) {
    Certified certified;
    std::string request;
    ScriptedServer secure{[&](Peer& peer) {
                              request = peer.request();
                              peer.answer("arrived");
                          },
                          certified.server("x", {"DNS:localhost"})};
    ScriptedServer clear{saying("HTTP/1.1 301 x\r\nContent-Length: 0\r\nLocation: " +
                                secure_url(secure, "localhost") + "\r\n\r\n")};
    http::Client client{{.redirects = 1, .tls = certified.trusting()}};
    EXPECT_EQ(client.get(clear.url("/", "localhost"), {{"Cookie", "s"}}).read(), "arrived");
    EXPECT_THAT(request, ::testing::Not(HasSubstr("Cookie")));
}

// C-005
GREENLET_TEST(ClientTls, TakesAnEndWithoutCloseNotifyForACut) {
    Certified certified;
    bool says_goodbye = true;
    ScriptedServer server{[&](Peer& peer) {
                              peer.request();
                              peer.say("HTTP/1.1 200 OK\r\n\r\nhello");
                              if (says_goodbye) return peer.stream.shutdown_write();
                              ::shutdown(peer.stream.fd(), SHUT_RDWR);
                          },
                          certified.server("x", {"DNS:localhost"})};
    http::Client client{{.tls = certified.trusting()}};
    EXPECT_EQ(client.get(secure_url(server, "localhost")).read(), "hello");
    says_goodbye = false;
    EXPECT_EQ(kind_of([&] { client.get(secure_url(server, "localhost")).read(); }), Kind::kClosed);
}

// C-018
GREENLET_TEST(ClientTls, SendsLargeBodiesAndTakesEarlyAnswers) {
    Certified certified;
    bool reads = true;
    Event answered;
    ScriptedServer server{[&](Peer& peer) {
                              if (reads) peer.request();
                              peer.answer("ok", "Connection: close\r\n");
                              if (!reads) answered.wait(kPatience);
                          },
                          certified.server("x", {"DNS:localhost"})};
    http::Client client{{.tls = certified.trusting()}};
    EXPECT_EQ(client.post(secure_url(server, "localhost"), std::string(1 << 20, 'x')).read(), "ok");
    reads = false;
    EXPECT_EQ(client.post(secure_url(server, "localhost"), std::string(64 << 20, 'x')).read(),
              "ok");
    answered.set();
}

// C-004
GREENLET_TEST(ClientTls, DoesNotFollowARedirectIntoTheClear) {
    Certified certified;
    ScriptedServer server{
        saying("HTTP/1.1 302 x\r\nContent-Length: 0\r\nLocation: http://localhost/\r\n\r\n"),
        certified.server("x", {"DNS:localhost"})};
    http::Client client{{.redirects = 3, .tls = certified.trusting()}};
    EXPECT_THAT(text_of([&] { client.get(secure_url(server, "localhost")); }),
                HasSubstr("from https to http"));
}

}  // namespace
}  // namespace grove::test
