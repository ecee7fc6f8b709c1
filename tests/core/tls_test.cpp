#include <grove/core/tls.h>

#include <array>
#include <chrono>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>

#include <gmock/gmock.h>

#include <grove/core/detail/tls_ticket_keys.h>
#include <grove/core/errors.h>
#include <grove/core/greenlet.h>
#include <grove/core/timeout.h>

#include "greenlet_test.h"
#include "stream_pair.h"
#include "tls_shake.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using test::recv_some;
using test::refusal_of;
using test::resumes;
using test::shake;
using test::TlsContextPtr;
using test::TlsFiles;
using ::testing::HasSubstr;

GREENLET_TEST(Tls, CarriesBytesBothWaysAndHalfCloses) {
    TlsFiles files;
    auto [client, server, client_error, server_error] = shake(files.server(), files.client());
    ASSERT_TRUE(client && server) << client_error << server_error;
    EXPECT_EQ(client->tls()->version, "TLSv1.3");
    EXPECT_TRUE(client->tls()->peer_verified);
    EXPECT_EQ(client->tls()->peer_subject, "CN=localhost");
    EXPECT_EQ(server->tls()->server_name, "localhost");

    const std::string large(1 << 20, 'x');
    auto echo = spawn([&from = *server] {
        std::string all;
        for (std::string some; !(some = recv_some(from)).empty();) all += some;
        from.sendall(all, 30s);
        from.close();
    });
    client->sendall(large, 30s);
    client->shutdown_write();
    std::size_t got = 0;
    for (std::string some; !(some = recv_some(*client)).empty();) got += some.size();
    EXPECT_EQ(got, large.size());
    echo.get();
}

GREENLET_TEST(Tls, AgreesOnAProtocolInTheServersOrder) {
    TlsFiles files;
    const TlsContextPtr server = files.server({.alpn = {"h2", "http/1.1"}});
    const auto agreed = [&](std::vector<std::string> offered) {
        auto shaken = shake(server, files.client({.alpn = std::move(offered)}));
        return shaken.client && shaken.server
                   ? shaken.client->tls()->alpn + "=" + shaken.server->tls()->alpn
                   : shaken.client_error;
    };
    EXPECT_EQ(agreed({"http/1.1", "h2"}), "h2=h2");
    EXPECT_EQ(agreed({"http/1.1"}), "http/1.1=http/1.1");
    EXPECT_EQ(agreed({}), "=");
    EXPECT_THAT(agreed({"spdy/3"}), HasSubstr("no application protocol")) << "O-042";
    EXPECT_EQ(shake(files.server(), files.client({.alpn = {"spdy/3"}})).client_error, "");
    EXPECT_THROW(files.client({.alpn = {""}}), std::invalid_argument);
}

GREENLET_TEST(Tls, ResumesSessionsAlsoOverAReload) {
    TlsFiles files;
    const TlsContextPtr server = files.server();
    const TlsContextPtr client = files.client();
    EXPECT_FALSE(resumes(server, client));
    EXPECT_TRUE(resumes(server, client));
    server->reload();
    EXPECT_TRUE(resumes(server, client));
    EXPECT_FALSE(resumes(files.server(), client)) << "its keys are its own";
}

GREENLET_TEST(Tls, ResumesAtAnAddressWhatBeganThere) {
    TlsFiles files;
    const TlsCertificate addresses = files.authority.issue("addresses", {"IP:127.0.0.1", "IP:::1"});
    const TlsContextPtr server = files.server({.certificates = {addresses}});
    const TlsContextPtr client = files.client();
    EXPECT_FALSE(resumes(server, client, "127.0.0.1"));
    EXPECT_TRUE(resumes(server, client, "127.0.0.1"));
    EXPECT_FALSE(resumes(server, client, "::1")) << "it was checked against the other address";
    EXPECT_TRUE(resumes(server, client, "0:0:0:0:0:0:0:1"));
}

GREENLET_TEST(Tls, ResumesWhatAServerWithTheSameKeysBegan) {
    TlsFiles files;
    TlsTicketKeys::Clock::time_point now{};
    const auto keys = std::make_shared<TlsTicketKeys>(1h, [&] { return now; });
    const TlsContextPtr one = files.server({.ticket_keys = keys});
    const TlsContextPtr two = files.server({.ticket_keys = keys});
    const TlsContextPtr client = files.client();
    EXPECT_FALSE(resumes(one, client));
    EXPECT_TRUE(resumes(two, client));
    now += 1h;
    EXPECT_TRUE(resumes(one, client)) << "the key before is good, too";
    now += 1h;
    EXPECT_TRUE(resumes(two, client)) << "as it was sealed anew";
    now += 4h;
    EXPECT_FALSE(resumes(one, client)) << "it lives for two";
}

// O-044
GREENLET_TEST(Tls, ResumesAsLongAsATicketLives) {
    TlsFiles files;
    TlsTicketKeys::Clock::time_point now{};
    const auto keys = std::make_shared<TlsTicketKeys>(1h, [&] { return now; });
    const TlsContextPtr server = files.server({.ticket_keys = keys, .ticket_lifetime = 24h});
    const TlsContextPtr client = files.client();
    EXPECT_FALSE(resumes(server, client));
    now += 24h;
    EXPECT_TRUE(resumes(server, client));

    EXPECT_THROW(files.server({.ticket_lifetime = 7 * 24h + 1s}), std::invalid_argument);
    const TlsContextPtr without = files.server({.ticket_keys = keys, .ticket_lifetime = 0s});
    EXPECT_FALSE(resumes(without, client));
    const TlsContextPtr fresh = files.client();
    EXPECT_FALSE(resumes(without, fresh));
    EXPECT_FALSE(resumes(without, fresh));
}

// O-044: OpenSSL tells by the clock how old a ticket is, to the second; the clock of the keys stands still.
GREENLET_TEST(Tls, ResumesNoTicketThatIsOlderThanItMayBeThoughItsKeyIsKept) {
    TlsFiles files;
    const auto keys =
        std::make_shared<TlsTicketKeys>(1h, [] { return TlsTicketKeys::Clock::time_point{}; });
    const TlsContextPtr brief = files.server({.ticket_keys = keys, .ticket_lifetime = 1s});
    const TlsContextPtr lasting = files.server({.ticket_keys = keys, .ticket_lifetime = 24h});
    const TlsContextPtr client = files.client();
    const TlsContextPtr other = files.client();
    EXPECT_FALSE(resumes(lasting, other));
    EXPECT_FALSE(resumes(brief, client));
    const std::time_t sealed = std::time(nullptr);
    while (std::time(nullptr) < sealed + 2) sleep(10ms);
    EXPECT_FALSE(resumes(brief, client));
    EXPECT_TRUE(resumes(lasting, other)) << "the key is there";
}

GREENLET_TEST(Tls, DoesNotResumeWhereMoreIsAskedOfTheClient) {
    TlsFiles files;
    const TemporaryFolder elsewhere;
    const test::Authority others{elsewhere.path()};
    const auto keys = std::make_shared<TlsTicketKeys>();
    const TlsContextPtr open = files.server({.ticket_keys = keys});
    const TlsContextPtr optional =
        files.server({.client_certificates = ClientCertificates::kOptional,
                      .client_ca_file = files.authority.file(),
                      .ticket_keys = keys});
    const TlsContextPtr by_others =
        files.server({.client_certificates = ClientCertificates::kOptional,
                      .client_ca_file = others.file(),
                      .ticket_keys = keys});
    const TlsContextPtr required =
        files.server({.client_certificates = ClientCertificates::kRequired,
                      .client_ca_file = files.authority.file(),
                      .ticket_keys = keys});
    const TlsContextPtr client = files.client();
    EXPECT_FALSE(resumes(open, client));
    EXPECT_FALSE(resumes(optional, client));
    EXPECT_FALSE(resumes(by_others, client));
    EXPECT_THAT(shake(required, client).server_error, HasSubstr("certificate"));
}

GREENLET_TEST(Tls, RefusesOldVersionsAndWhatIsNoTls) {
    TlsFiles files;
    const TlsContextPtr modern = files.server({.minimum = TlsVersion::k1_3});
    EXPECT_EQ(shake(modern, files.client()).client_error, "");

    auto pair = test::tcp_pair();
    pair.client.sendall("GET / HTTP/1.1\r\n\r\n");
    EXPECT_THROW(tls_accept(std::move(pair.server), modern, 5s), TlsError);
    auto silent = test::tcp_pair();
    EXPECT_THROW(tls_accept(std::move(silent.server), modern, 1ms), SocketTimeout);
    EXPECT_THROW(TlsContext::server({}), std::invalid_argument);
}

// O-041
GREENLET_TEST(Tls, EncryptsWithWhatItIsToldTo) {
    TlsFiles files;
    const auto agreed = [&](TlsServerOptions options) {
        auto shaken = shake(files.server(std::move(options)), files.client());
        return shaken.client ? shaken.client->tls()->version + " " + shaken.client->tls()->cipher
                             : shaken.client_error;
    };
    EXPECT_EQ(agreed({.ciphersuites = "TLS_CHACHA20_POLY1305_SHA256"}),
              "TLSv1.3 TLS_CHACHA20_POLY1305_SHA256");
    EXPECT_EQ(agreed({.ciphersuites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384"}),
              "TLSv1.3 TLS_AES_128_GCM_SHA256");
    EXPECT_EQ(agreed({.groups = "P-384:X25519"}), agreed({}));
}

// O-041
GREENLET_TEST(Tls, RefusesWhatOpensslDoesNotKnow) {
    using Option = TlsOptionError::Option;
    TlsFiles files;
    const auto refusal = [&](const TlsServerOptions& options, Option option) {
        return refusal_of([&] { files.server(options); }, option, 0);
    };
    EXPECT_THAT(refusal({.ciphers = "NO-SUCH"}, Option::kCiphers),
                HasSubstr("the ciphers \"NO-SUCH\": \"NO-SUCH\" is not known"));
    EXPECT_THAT(refusal({.ciphers = "ALL:!ALL"}, Option::kCiphers),
                HasSubstr("the ciphers \"ALL:!ALL\" leave no cipher"));
    EXPECT_THAT(refusal({.ciphersuites = "TLS_NO_SUCH"}, Option::kCiphersuites),
                HasSubstr("the ciphersuites \"TLS_NO_SUCH\" are not all known"));
    EXPECT_THAT(
        refusal({.ciphersuites = "TLS_AES_128_GCM_SHA256:TLS_NO_SUCH"}, Option::kCiphersuites),
        HasSubstr("TLS_NO_SUCH\""));
    EXPECT_THAT(refusal({.groups = "X25519:nosuch"}, Option::kGroups),
                HasSubstr("the groups \"X25519:nosuch\" are not all known"));
}

// O-041: OpenSSL itself says nothing of an entry it does not know beside one that it knows.
GREENLET_TEST(Tls, RefusesACipherThatOpensslDoesNotKnowAmongOthers) {
    TlsFiles files;
    const std::string good = "ECDHE-RSA-AES128-GCM-SHA256";
    for (const char* const entry :
         {"ECDHE-RSA-AES256-GCM-SHA348", "!aNULLL", "-NO", "+NO", "ECDHE+AESGMC", "NO+AESGCM", "!",
          "ECDHE+", "@STRENGHT", "@SECLEVEL=9", "DEFAULT", "TLS_AES_128_GCM_SHA256"}) {
        for (const char* const separator : {":", ",", " ", ";", ":: "}) {
            const std::string list = good + separator + entry + separator + "!MD5";
            EXPECT_THAT(refusal_of([&] { files.server({.ciphers = list}); },
                                   TlsOptionError::Option::kCiphers, 0),
                        HasSubstr("the ciphers \"" + list + "\": \"" + entry + "\" is not known"));
        }
    }
    EXPECT_THAT(refusal_of([&] { files.server({.ciphers = "SUITEB128:NO"}); },
                           TlsOptionError::Option::kCiphers, 0),
                HasSubstr("\"NO\" is not known"));
}

// O-041: also kinds of which this build of OpenSSL has none.
GREENLET_TEST(Tls, TakesListsOfCiphersAsOpensslHasThem) {
    TlsFiles files;
    for (const char* const list :
         {"HIGH:!aNULL:!MD5", "ECDHE+AESGCM:ECDHE+CHACHA20", "DEFAULT:!RC4:-3DES:+LOW:!GOST94",
          "EECDH+ECDSA+AESGCM EECDH+aRSA+AESGCM, !IDEA;!SEED", "ALL:@STRENGTH", "SUITEB128",
          "DEFAULT@SECLEVEL=2", "ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=1",
          ":ALL:", "HIGH:!EXPORT:!DES:!kECDH"})
        EXPECT_NO_THROW(files.server({.ciphers = list})) << list;
}

GREENLET_TEST(Tls, TellsAnEndFromABreak) {
    TlsFiles files;
    auto orderly = shake(files.server(), files.client());
    ASSERT_TRUE(orderly.client && orderly.server);
    orderly.server.reset();  // a Stream that is just destroyed says goodbye, too
    EXPECT_EQ(recv_some(*orderly.client), "");

    auto ragged = shake(files.server(), files.client());
    ASSERT_TRUE(ragged.client && ragged.server);
    const int fd = ragged.server->fd();
    ASSERT_EQ(::shutdown(fd, SHUT_WR), 0);
    EXPECT_THROW(recv_some(*ragged.client), TlsError);
}

GREENLET_TEST(Tls, ClosesWithinASecondIfThePeerDoesNotRead) {
    TlsFiles files;
    auto shaken = shake(files.server(), files.client());
    ASSERT_TRUE(shaken.client && shaken.server);
    const std::string large(16 << 20, 'x');
    EXPECT_THROW(shaken.server->sendall(large, 10ms), SocketTimeout);
    const auto began = std::chrono::steady_clock::now();
    shaken.server->close();
    EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
    EXPECT_EQ(shaken.server->fd(), -1);
}

GREENLET_TEST(Tls, IsReadByOneGreenletWhileAnotherWrites) {
    TlsFiles files;
    auto shaken = shake(files.server(), files.client());
    ASSERT_TRUE(shaken.client && shaken.server);
    auto reader = spawn([&from = *shaken.client] { return recv_some(from); });
    sleep();
    shaken.client->sendall("question");
    EXPECT_EQ(recv_some(*shaken.server), "question");
    shaken.server->sendall("answer");
    EXPECT_EQ(reader.get(), "answer");

    auto killed = spawn([&from = *shaken.client] { recv_some(from); });
    sleep();
    killed.kill();
    shaken.server->sendall("for the next");
    EXPECT_EQ(recv_some(*shaken.client), "for the next");
}

GREENLET_TEST(Tls, SendsAFileToo) {
    TlsFiles files;
    auto shaken = shake(files.server(), files.client());
    ASSERT_TRUE(shaken.client && shaken.server);
    const FileDescriptor file{::open(files.authority.file().c_str(), O_RDONLY | O_CLOEXEC)};
    shaken.server->sendfile(file.get(), 0, 10);
    std::array<char, 5> dashes{};
    EXPECT_EQ(shaken.client->recv(dashes), 5U);
    EXPECT_EQ(shaken.client->buffered(), 5U);
    EXPECT_EQ(recv_some(*shaken.client), "BEGIN");
    EXPECT_EQ(shaken.client->buffered(), 0U);
}

}  // namespace
}  // namespace grove
