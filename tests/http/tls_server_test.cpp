// Servers that speak TLS (S-030 to S-033), and all of HTTP over it.
#include <array>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <grove/core/connect.h>
#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/tls.h>
#include <grove/http/stream_server.h>

#include "greenlet_test.h"
#include "served_application.h"
#include "stream_pair.h"
#include "tls_authority.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::Body;
using http::Environ;
using http::StartResponse;
using http::WsgiOptions;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Passes on each byte alone, so that every record comes in pieces.
class ByteByByte {
public:
    explicit ByteByByte(const Address& server) : server_{connect(server, 5s)} {
        auto [client, ours] = tcp_pair();
        near_.emplace(std::move(client));
        far_.emplace(std::move(ours));
        forth_ = spawn([this] {
            for (std::size_t got = 0; (got = far_->recv(buffer_)) != 0;) {
                for (std::size_t at = 0; at < got; ++at) {
                    server_.sendall({buffer_.data() + at, 1});
                    let_the_hub_turn();
                }
            }
        });
        back_ = spawn([this] {
            std::array<char, 4096> buffer;
            for (std::size_t got = 0; (got = server_.recv(buffer)) != 0;)
                far_->sendall({buffer.data(), got});
        });
    }
    ~ByteByByte() {
        forth_.kill();
        back_.kill();
    }
    Stream take() { return std::move(*near_); }

private:
    Stream server_;
    std::optional<Stream> near_;
    std::optional<Stream> far_;
    std::array<char, 4096> buffer_{};
    Greenlet<void> forth_;
    Greenlet<void> back_;
};

Body tell_tls(Environ& environ, StartResponse& start) {
    start("200 OK", {});
    std::string body = environ.input().read_all(1 << 24);
    return std::string{environ["wsgi.url_scheme"]} + " " + body;
}

GREENLET_TEST(WsgiTls, ServesAndParksLikeAPlainOne) {  // S-033, S-134
    Tls tls;
    WsgiOptions with = tls.options();
    with.spawn = 1;
    ServedApplication served{tell_tls, with};
    std::vector<std::unique_ptr<Client>> clients;
    for (int count = 0; count < 5; ++count) {
        clients.push_back(
            std::make_unique<Client>(tls.client(served.address(), {.alpn = {"http/1.1"}})));
    }

    for (int round = 0; round < 3; ++round) {
        for (const auto& each : clients) {
            each->send(post("body"));
            EXPECT_EQ(each->brief(), "200 https body");
        }
    }

    let_the_hub_turn();
    EXPECT_EQ(served.server.idle_connections(), 5U);
    EXPECT_EQ(served.server.requests_running(), 0U);
    EXPECT_EQ(clients[0]->stream().tls()->alpn, "http/1.1");
}

GREENLET_TEST(WsgiTls, ClosesAtOnceWhenNothingIsUnread) {  // S-107
    Tls tls;
    ServedApplication served{tell_tls, tls.options()};
    Client client = tls.client(served.address());

    client.send(get("/", "Connection: close\r\n"));  // read together with the handshake's end
    EXPECT_EQ(client.brief(), "200 https ");
    EXPECT_TRUE(client.at_end());

    let_the_hub_turn();
    EXPECT_EQ(served.server.connections(), 0U);
}

GREENLET_TEST(WsgiTls, ReadsRecordsThatComeByteByByte) {  // S-151
    Tls tls;
    ServedApplication served{tell_tls, tls.options()};
    ByteByByte slowly{served.address()};
    Client client{tls.connect_tls(slowly.take())};

    client.send(post("0123456789"));
    EXPECT_EQ(client.brief(), "200 https 0123456789");
    client.send(get() + post("x"));
    EXPECT_EQ(client.brief(), "200 https ");
    EXPECT_EQ(client.brief(), "200 https x");
    EXPECT_EQ(served.calls, 3);
}

GREENLET_TEST(WsgiTls, ReadsRequestsThatComeInRecordsOfAByte) {  // S-151
    Tls tls;
    ServedApplication served{tell_tls, tls.options()};
    Client client = tls.client(served.address());
    client.send_byte_by_byte(post("0123456789") + get());
    EXPECT_EQ(client.brief(), "200 https 0123456789");
    EXPECT_EQ(client.brief(), "200 https ");
}

GREENLET_TEST(WsgiTls,
              HandsOverWhatIsDecryptedAlready) {  // S-135: some of it parked in TLS, some in HTTP
    Tls tls;
    ServedApplication served{[](Environ& environ, StartResponse& start) {
                                 start("101 x", {{"Connection", "Upgrade"}, {"Upgrade", "echo"}});
                                 Stream& stream = environ.upgrade();
                                 std::array<char, 4096> buffer;
                                 std::size_t all = 0;
                                 while (const std::size_t got = stream.recv(buffer)) all += got;
                                 stream.sendall(std::to_string(all) + " " +
                                                std::string{environ["wsgi.url_scheme"]} + " " +
                                                stream.tls()->version);
                                 return Body{};
                             },
                             tls.options()};
    for (const std::size_t early : {0U, 1U, 100U, 5000U, 16000U, 100000U}) {
        Client client = tls.client(served.address());
        client.send(get("/", "Connection: upgrade\r\nUpgrade: echo\r\n") + std::string(early, 'x'));
        client.send("late");
        client.finish_sending();
        EXPECT_EQ(client.answer().status, 101);
        EXPECT_EQ(client.read_to_end(), std::to_string(early + 4) + " https TLSv1.3");
    }
    EXPECT_TRUE(served.quiet());
}

GREENLET_TEST(WsgiTls, AnswersManyRequestsOfOneRecord) {  // S-132
    Tls tls;
    ServedApplication served{tell_tls, tls.options()};
    Client client = tls.client(served.address());
    std::string all;
    for (int count = 0; count < 100; ++count) all += get();
    client.send(all);
    for (int count = 0; count < 100; ++count) EXPECT_EQ(client.brief(), "200 https ");
}

GREENLET_TEST(WsgiTls, CarriesLargeBodiesBothWays) {  // S-119, S-120
    Tls tls;
    const std::string large(3'000'000, 'x');
    const std::string path = (tls.folder.path() / "large").string();
    std::ofstream{path} << large;
    ServedApplication served{[&](Environ& environ, StartResponse& start) -> Body {
                                 start("200 OK", {});
                                 if (environ["PATH_INFO"] == "/file") return http::File{path};
                                 return environ.input().read_all(1 << 24);
                             },
                             tls.options()};
    Client client = tls.client(served.address());
    auto sending = spawn([&] { client.send(post(large) + get("/file")); });
    EXPECT_TRUE(client.answer().body == large);
    EXPECT_TRUE(client.answer().body == large);
    sending.get();
}

GREENLET_TEST(WsgiTls, SilentClientsDelayNobody) {  // S-030
    Tls tls;
    WsgiOptions with = tls.options();
    with.spawn = 1;
    ServedApplication served{tell_tls, with};
    std::vector<std::unique_ptr<Client>> silent;
    for (int count = 0; count < 50; ++count)
        silent.push_back(std::make_unique<Client>(served.address()));
    let_the_hub_turn();

    Client good = tls.client(served.address());
    good.send(get());
    EXPECT_EQ(good.brief(), "200 https ");
    EXPECT_EQ(served.server.connections(), 51U);
}

GREENLET_TEST(WsgiTls, AHandshakeThatDoesNotEndIsCut) {  // S-031
    Tls tls;
    WsgiOptions with = tls.options();
    with.timeouts.tls_handshake = 20ms;
    ServedApplication served{tell_tls, with};
    Client silent{served.address()};
    EXPECT_TRUE(silent.at_end());
    EXPECT_TRUE(served.quiet());
    EXPECT_THAT(served.errors, SizeIs(1));
    EXPECT_THAT(served.errors, Contains(HasSubstr("TLS with 127.0.0.1")));
}

GREENLET_TEST(WsgiTls, AFailedHandshakeHarmsNobody) {  // S-032
    Tls tls;
    ServedApplication served{tell_tls, tls.options()};
    {
        Client plain{served.address()};
        plain.send(get());
        EXPECT_THAT(plain.read_to_end(), ::testing::Not(HasSubstr("HTTP/1.1 200")));
        Client reset{served.address()};
        let_the_hub_turn();
        reset.reset();
    }
    Client good = tls.client(served.address());
    good.send(get());
    EXPECT_EQ(good.brief(), "200 https ");
    EXPECT_EQ(served.calls, 1);
    EXPECT_EQ(served.server.connections(), 1U);
}

GREENLET_TEST(WsgiTls, AFailedHandshakeIsNoResetThoughMuchIsUnread) {  // S-032
    Tls tls;
    ServedApplication served{tell_tls, tls.options()};
    Client plain{served.address()};
    plain.send(get() + std::string(100'000, 'x'));

    plain.read_to_end();  // throws if it is reset: an alert could be lost by that
    plain.close();
    let_the_hub_turn();
    EXPECT_EQ(served.server.connections(), 0U);
}

// A ClientHello of TLS 1.1, which is refused, in records of so many bytes.
std::string old_hello(std::size_t record) {
    const std::string message = std::string{"\x01\x00\x00\x29\x03\x02", 6} + std::string(32, 'r') +
                                std::string{"\x00\x00\x02\x00\x2f\x01\x00", 7};
    std::string records;
    for (std::size_t at = 0; at < message.size(); at += record) {
        const std::string part = message.substr(at, record);
        records += std::string{"\x16\x03\x01\x00", 4} + static_cast<char>(part.size()) + part;
    }
    return records;
}

GREENLET_TEST(WsgiTls, AHelloIsAnsweredOnceItIsWhole) {  // O-086
    Tls tls;
    ServedApplication served{tell_tls, tls.options()};
    for (const std::size_t record : {45U, 44U, 20U, 4U, 3U, 2U, 1U}) {
        const std::string hello = old_hello(record);
        Client old{served.address()};
        old.send(hello.substr(0, hello.size() - 1));
        let_the_hub_turn();
        EXPECT_TRUE(old.silent()) << record;
        old.send(hello.substr(hello.size() - 1));
        EXPECT_TRUE(old.read_to_end().starts_with('\x15')) << record;  // an alert
    }
}

GREENLET_TEST(WsgiTls, AHelloThatBreaksOffIsOver) {  // O-086, S-032
    Tls tls;
    WsgiOptions with = tls.options();
    with.timeouts.tls_handshake = {};
    ServedApplication served{tell_tls, with};
    const std::string hello = old_hello(20);
    for (std::size_t at = 0; at < hello.size(); ++at) {
        Client ends{served.address()};
        ends.send(hello.substr(0, at));
        ends.finish_sending();
        ends.read_to_end();
        Client later{served.address()};
        later.send(hello.substr(0, at));
        let_the_hub_turn();
        later.finish_sending();
        later.read_to_end();
        Client reset{served.address()};
        reset.send(hello.substr(0, at));
        let_the_hub_turn();
        reset.reset();
    }
    EXPECT_TRUE(served.quiet());
    EXPECT_EQ(served.errors.size(), 3 * hello.size());
}

GREENLET_TEST(WsgiTls, AnEndWithoutCloseNotifyInABodyIsAnIncompleteBody) {  // S-033, S-081
    Tls tls;
    std::exception_ptr thrown;
    WsgiOptions options = tls.options();
    options.limits.body_buffer = 0;
    ServedApplication served{[&](Environ& environ, StartResponse& start) -> Body {
                                 try {
                                     environ.input().read_all(1 << 24);
                                 } catch (...) {
                                     thrown = std::current_exception();
                                     throw;
                                 }
                                 start("200 OK", {});
                                 return {};
                             },
                             options};
    Client client = tls.client(served.address());
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
    let_the_hub_turn();
    ::shutdown(client.stream().fd(), SHUT_WR);
    EXPECT_TRUE(served.quiet());
    EXPECT_EQ(served.calls, 1);
    ASSERT_TRUE(thrown);
    EXPECT_THROW(std::rethrow_exception(thrown), http::ClientDisconnected);
}

GREENLET_TEST(WsgiTls, ARefusalArrivesBeforeTheUnreadRest) {  // S-107
    Tls tls;
    ServedApplication served{tell_tls, tls.options()};
    Client client = tls.client(served.address());
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n" +
                std::string(1'000'000, 'x'));
    const Answer answer = client.answer();
    EXPECT_EQ(answer.status, 400);
    EXPECT_TRUE(answer.says_close());
    EXPECT_EQ(served.calls, 0);
}

// What the environ has of the client's certificate; behind "|" what items() has.
std::string client_facts(const Environ& environ) {
    std::string told;
    for (const char* name : {"VERIFY", "S_DN", "I_DN", "M_SERIAL", "V_END", "CERT"}) {
        const auto value = environ.get(std::string{"SSL_CLIENT_"} + name);
        if (value) told += std::string{name} + "=" + std::string{*value} + ";";
    }
    told += "|";
    for (const auto& [key, value] : environ.items()) {
        if (key.starts_with("SSL_")) told += " " + key;
    }
    return told;
}

struct ClientFacts {
    explicit ClientFacts(ClientCertificates asked) {
        tls.context = TlsContext::server({.certificates = {tls.localhost},
                                          .client_certificates = asked,
                                          .client_ca_file = tls.authority.file()});
    }
    std::string of(TlsClientOptions options) const {
        ServedApplication served{[](Environ& environ, StartResponse& start) -> Body {
                                     start("200 OK", {});
                                     return client_facts(environ);
                                 },
                                 tls.options()};
        Client client = tls.client(served.address(), std::move(options));
        client.send(get("/", "SSL-CLIENT-S-DN: CN=alice\r\n"));
        return client.answer().body;
    }
    static std::string pem_of(const TlsCertificate& certificate) {
        std::ostringstream text;
        text << std::ifstream{certificate.chain_file}.rdbuf();
        return text.str();
    }

    Tls tls;
};

constexpr const char* kAllOfAClient =
    "| SSL_CLIENT_I_DN SSL_CLIENT_M_SERIAL SSL_CLIENT_S_DN SSL_CLIENT_VERIFY SSL_CLIENT_V_END";

GREENLET_TEST(WsgiTls, TellsWhoAClientIsByItsCertificate) {  // O-043
    for (const auto asked : {ClientCertificates::kOptional, ClientCertificates::kRequired}) {
        ClientFacts facts{asked};
        const TlsCertificate alice = facts.tls.authority.issue("alice, \"a\"");
        const std::string told = facts.of({.certificate = alice});
        EXPECT_THAT(told, ::testing::StartsWith(R"(VERIFY=SUCCESS;S_DN=CN=alice\, \"a\";)"
                                                "I_DN=CN=grove test authority;M_SERIAL=03;V_END="));
        EXPECT_THAT(told, HasSubstr(" GMT;CERT=" + ClientFacts::pem_of(alice) + ";"));
        EXPECT_THAT(told, ::testing::EndsWith(kAllOfAClient));
    }
}

GREENLET_TEST(WsgiTls, SaysWhatIsWrongWithAClientsCertificateAndNothingElse) {  // O-043
    ClientFacts facts{ClientCertificates::kOptional};
    EXPECT_EQ(facts.of({}), "VERIFY=NONE;| SSL_CLIENT_VERIFY");
    const TlsCertificate old = facts.tls.authority.issue("old", {}, -60s);
    EXPECT_EQ(facts.of({.certificate = old}),
              "VERIFY=FAILED:certificate has expired;| SSL_CLIENT_VERIFY");
    const TemporaryFolder elsewhere;
    Authority strangers{elsewhere.path()};
    EXPECT_EQ(facts.of({.certificate = strangers.issue("alice")}),
              "VERIFY=FAILED:certificate signature failure;| SSL_CLIENT_VERIFY");

    facts.tls.context = TlsContext::server({.certificates = {facts.tls.localhost}});
    EXPECT_EQ(facts.of({.certificate = old}), "VERIFY=NONE;| SSL_CLIENT_VERIFY");
}

GREENLET_TEST(WsgiTls, TellsTheSameOfAClientAfterAnUpgrade) {  // O-043
    ClientFacts facts{ClientCertificates::kRequired};
    const TlsCertificate alice = facts.tls.authority.issue("alice");
    std::string before;
    ServedApplication served{[&](Environ& environ, StartResponse& start) {
                                 before = client_facts(environ);
                                 start("101 x", {{"Connection", "Upgrade"}, {"Upgrade", "echo"}});
                                 Stream& stream = environ.upgrade();
                                 stream.sendall(client_facts(environ));
                                 stream.close();
                                 return Body{};
                             },
                             facts.tls.options()};
    Client client = facts.tls.client(served.address(), {.certificate = alice});
    client.send(get("/", "Connection: upgrade\r\nUpgrade: echo\r\n"));
    EXPECT_EQ(client.answer().status, 101);
    EXPECT_EQ(client.read_to_end(), before);
    EXPECT_THAT(before, AllOf(HasSubstr("S_DN=CN=alice;"), HasSubstr("CERT=-----BEGIN"),
                              ::testing::EndsWith(kAllOfAClient)));
}

GREENLET_TEST(WsgiTls, AContextIsReloadedWhileItServes) {
    Tls tls;
    ServedApplication served{tell_tls, tls.options()};
    Client before = tls.client(served.address());
    static_cast<void>(tls.authority.issue("localhost", {"DNS:localhost"}));
    tls.context->reload();
    Client after = tls.client(served.address());
    for (Client* each : {&before, &after}) {
        each->send(get());
        EXPECT_EQ(each->brief(), "200 https ");
    }
}

GREENLET_TEST(WsgiTls, StopDropsHandshakesAndIdleConnections) {  // S-133
    Tls tls;
    ServedApplication served{tell_tls, tls.options()};
    Client silent{served.address()};
    Client idle = tls.client(served.address());
    idle.send(get());
    EXPECT_EQ(idle.brief(), "200 https ");
    let_the_hub_turn();

    served.server.stop(5s);

    EXPECT_TRUE(silent.at_end());
    EXPECT_TRUE(idle.at_end());  // by close_notify: a ragged end would throw
    EXPECT_EQ(served.server.connections(), 0U);
}

GREENLET_TEST(WsgiTls, AServerMayGoWhileClientsShakeHands) {
    Tls tls;
    auto served = std::make_unique<ServedApplication>(tell_tls, tls.options());
    Client silent{served->address()};
    let_the_hub_turn();
    ASSERT_EQ(served->server.connections(), 1U);
    served.reset();
    EXPECT_TRUE(silent.at_end());
}

GREENLET_TEST(StreamTls, ShakesHandsInTheHandlersGreenlet) {  // S-030, S-031
    Tls tls;
    http::ServerOptions options;
    options.tls = tls.context;
    options.tls_handshake = 500ms;  // a good one takes a few
    options.spawn = 1;
    http::StreamServer server{"127.0.0.1:0",
                              [](Stream& stream, const Address&) {
                                  std::array<char, 64> buffer;
                                  const std::size_t got = stream.recv(buffer, 5s);
                                  stream.sendall({buffer.data(), got});
                              },
                              options};
    server.start();
    const Address address = Address::ip("127.0.0.1", server.server_port());
    Client silent{address};
    Client good = tls.client(address);  // waits for the silent one's slot
    good.send("hello");
    EXPECT_EQ(good.read_to_end(), "hello");
    EXPECT_TRUE(silent.at_end());
    server.stop();
}

}  // namespace
}  // namespace grove::test
