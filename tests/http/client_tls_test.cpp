// Requests over TLS (C-007, C-017).
#include <string>

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/http/client.h>

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
using Kind = ClientError::Kind;

struct Certified {
    TemporaryFolder folder{};
    Authority authority{folder.path()};

    http::ServerOptions server(const std::string& common_name,
                               const std::vector<std::string>& names) {
        http::ServerOptions options;
        options.tls = TlsContext::server({.certificates = {authority.issue(common_name, names)}});
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
    for (const ScriptedServer* server : {&other, &subject, &unknown}) {
        const auto get = [&] { client.get(secure_url(*server, "localhost")); };
        EXPECT_EQ(kind_of(get), Kind::kTls);
        EXPECT_THAT(text_of(get),
                    AllOf(HasSubstr("TLS with localhost: "), HasSubstr("certificate")));
    }
    http::Client standard;
    EXPECT_EQ(kind_of([&] { standard.get(secure_url(unknown, "localhost")); }), Kind::kTls);
    EXPECT_EQ(client.connections() + standard.connections(), 0U);
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
