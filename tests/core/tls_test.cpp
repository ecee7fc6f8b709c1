#include <grove/core/tls.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include <grove/core/detail/tls_ticket_keys.h>
#include <grove/core/errors.h>
#include <grove/core/greenlet.h>
#include <grove/core/timeout.h>

#include "greenlet_test.h"
#include "stream_pair.h"
#include "temporary_folder.h"
#include "test_certificates.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

using TlsContextPtr = std::shared_ptr<TlsContext>;

std::string recv_some(Stream& stream) {
    std::array<char, 4096> buffer;
    const std::size_t got = stream.recv(buffer, 5s);
    return {buffer.data(), got};
}

struct Files {
    TemporaryFolder folder;
    test::Authority authority{folder.path()};
    TlsCertificate localhost = authority.issue("localhost", {"DNS:localhost", "IP:127.0.0.1"});

    TlsContextPtr server(TlsServerOptions options = {}) {
        if (options.certificates.empty()) options.certificates = {localhost};
        return TlsContext::server(std::move(options));
    }
    TlsContextPtr client(TlsClientOptions options = {}) const {
        if (options.ca_file.empty()) options.ca_file = authority.file();
        return TlsContext::client(std::move(options));
    }
};

struct Handshake {
    std::optional<Stream> client;
    std::optional<Stream> server;
    std::string client_error;
    std::string server_error;
};

Handshake shake(const TlsContextPtr& server, const TlsContextPtr& client,
                const std::string& name = "localhost") {
    auto pair = test::tcp_pair();
    Handshake result;
    auto accepting = spawn([&] {
        try {
            result.server = tls_accept(std::move(pair.server), server, 5s);
        } catch (const std::system_error& error) {
            result.server_error = error.what();
        }
    });
    try {
        result.client = tls_connect(std::move(pair.client), client, name, 5s);
        if (!accepting.join(100ms)) recv_some(*result.client);  // TLS 1.3: the server's refusal
    } catch (const std::system_error& error) {
        result.client_error = error.what();
        result.client.reset();
    }
    accepting.join();
    return result;
}

std::string refusal_of(const std::function<void()>& make, TlsOptionError::Option option,
                       std::size_t certificate) {
    try {
        make();
    } catch (const TlsOptionError& error) {
        EXPECT_EQ(error.option(), option);
        EXPECT_EQ(error.certificate(), certificate);
        return error.what();
    }
    return "taken";
}

GREENLET_TEST(Tls, CarriesBytesBothWaysAndHalfCloses) {
    Files files;
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

GREENLET_TEST(Tls, VerifiesTheServerAndItsName) {
    Files files;
    const TlsContextPtr server = files.server();
    EXPECT_THAT(shake(server, files.client(), "example.org").client_error, HasSubstr("hostname"));
    EXPECT_EQ(shake(server, files.client(), "127.0.0.1").client_error, "");
    EXPECT_THAT(shake(server, files.client(), "127.0.0.2").client_error, HasSubstr("IP address"));
    EXPECT_THAT(shake(server, TlsContext::client()).client_error, HasSubstr("certificate"));
    EXPECT_EQ(shake(server, TlsContext::client({.verify = false}), "example.org").client_error, "");
}

GREENLET_TEST(Tls, ShowsTheCertificateOfTheNameAskedFor) {
    Files files;
    const TlsContextPtr server = files.server(
        {.certificates = {files.localhost, files.authority.issue("other", {"DNS:*.example.org"})}});
    const auto subject = [&](const std::string& name) {
        auto shaken = shake(server, files.client({.verify = false}), name);
        return shaken.client ? shaken.client->tls()->peer_subject : shaken.client_error;
    };
    EXPECT_EQ(subject("www.example.org"), "CN=other");
    EXPECT_EQ(subject("localhost"), "CN=localhost");
    EXPECT_EQ(subject("unknown.example.net"), "CN=localhost");
    EXPECT_EQ(shake(server, files.client(), "www.example.org").client_error, "");
}

// O-040
GREENLET_TEST(Tls, ShowsWhatIsThereForTheNameWhateverItsCertificateSays) {
    Files files;
    const auto made = [&](const char* common_name) {
        return std::vector{files.authority.issue(common_name, {"DNS:*.example.org"})};
    };
    const TlsContextPtr server = files.server({.certificates = made("default"),
                                               .names = {{"*.example.org", made("short")},
                                                         {"*.B.example.org", made("long")},
                                                         {"WWW.b.example.org", made("exact")},
                                                         {"strange.net", made("strange")}}});
    const auto subject = [&](const std::string& name) {
        auto shaken = shake(server, files.client({.verify = false}), name);
        return shaken.client ? shaken.client->tls()->peer_subject : shaken.client_error;
    };
    EXPECT_EQ(subject("www.b.example.org"), "CN=exact");
    EXPECT_EQ(subject("www.B.EXAMPLE.org"), "CN=exact");
    EXPECT_EQ(subject("a.b.example.org"), "CN=long");
    EXPECT_EQ(subject("www.www.b.example.org"), "CN=long");
    EXPECT_EQ(subject("b.example.org"), "CN=short");
    EXPECT_EQ(subject("www.example.org"), "CN=short");
    EXPECT_EQ(subject("example.org"), "CN=default");
    EXPECT_EQ(subject("strange.net"), "CN=strange") << "though it does not have that name";
    EXPECT_EQ(subject("a.strange.net"), "CN=default");
    EXPECT_EQ(subject(""), "CN=default");
    server->reload();
    EXPECT_EQ(subject("www.b.example.org"), "CN=exact");
}

// O-040
GREENLET_TEST(Tls, TakesNoNameTwiceAndNoneWithoutACertificate) {
    Files files;
    const std::vector one{files.localhost};
    EXPECT_THROW(files.server({.names = {{"a.org", one}, {"A.org", one}}}), std::invalid_argument);
    EXPECT_THROW(files.server({.names = {{"a.org", {}}}}), std::invalid_argument);
}

// O-040
GREENLET_TEST(Tls, TakesOneCertificateOfEachKindOfKeyForAName) {
    Files files;
    const TlsCertificate rsa = files.authority.issue("rsa", {"DNS:both"}, 24h, test::KeyKind::kRsa);
    const TlsCertificate ec = files.authority.issue("ec", {"DNS:both"});
    const TlsContextPtr server = files.server({.names = {{"both", {ec, rsa}}, {"rsa", {rsa}}}});
    EXPECT_EQ(shake(server, files.client(), "both").client_error, "");

    const auto refusal = [&](const std::vector<TlsCertificate>& certificates) {
        return refusal_of(
            [&] {
                files.server({.names = {{"rsa", {rsa}}, {"x", certificates}}});
            },
            TlsOptionError::Option::kChain, 3);
    };
    EXPECT_THAT(refusal({ec, files.localhost}),
                HasSubstr("the certificate \"" + files.localhost.chain_file +
                          "\" has a key of the kind that another one beside it has"));
    EXPECT_THAT(refusal({rsa, rsa}), HasSubstr("beside it"));
    EXPECT_THAT(refusal_of(
                    [&] {
                        files.server({.names = {{"x", {{ec.chain_file, rsa.key_file}}}}});
                    },
                    TlsOptionError::Option::kKey, 1),
                HasSubstr("the key \"" + rsa.key_file + "\" is not that of \"" + ec.chain_file));
}

GREENLET_TEST(Tls, AgreesOnAProtocolInTheServersOrder) {
    Files files;
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

GREENLET_TEST(Tls, AsksForAClientCertificateIfToldTo) {
    Files files;
    const TlsCertificate mine = files.authority.issue("some client");
    const TlsContextPtr with = files.client({.certificate = mine});
    const TlsContextPtr without = files.client();
    const TlsContextPtr optional =
        files.server({.client_certificates = ClientCertificates::kOptional,
                      .client_ca_file = files.authority.file()});
    const TlsContextPtr required =
        files.server({.client_certificates = ClientCertificates::kRequired,
                      .client_ca_file = files.authority.file()});

    auto shown = shake(required, with);
    ASSERT_TRUE(shown.server) << shown.server_error;
    EXPECT_EQ(shown.server->tls()->peer_subject, "CN=some client");
    EXPECT_TRUE(shown.server->tls()->peer_verified);
    EXPECT_THAT(shake(required, without).server_error, HasSubstr("certificate"));
    auto hidden = shake(optional, without);
    ASSERT_TRUE(hidden.server) << hidden.server_error;
    EXPECT_FALSE(hidden.server->tls()->peer_verified);

    const TemporaryFolder elsewhere;
    test::Authority strangers{elsewhere.path()};
    const TlsContextPtr stranger = files.client({.certificate = strangers.issue("stranger")});
    EXPECT_THAT(shake(required, stranger).server_error, HasSubstr("certificate"));
    auto told = shake(optional, stranger);  // O-043
    ASSERT_TRUE(told.server) << told.server_error;
    EXPECT_FALSE(told.server->tls()->peer_verified);
    EXPECT_EQ(told.server->tls()->peer_fault, "certificate signature failure");
}

// O-043
GREENLET_TEST(Tls, TellsTheSameOfAClientWithASession) {
    Files files;
    const TemporaryFolder elsewhere;
    test::Authority strangers{elsewhere.path()};
    const TlsContextPtr server = files.server({.client_certificates = ClientCertificates::kOptional,
                                               .client_ca_file = files.authority.file()});
    const auto facts = [&](const TlsContextPtr& client) {
        auto shaken = shake(server, client);
        if (!shaken.client || !shaken.server) return shaken.client_error + shaken.server_error;
        shaken.server->sendall("x");
        EXPECT_EQ(recv_some(*shaken.client), "x");
        const TlsInfo& info = *shaken.server->tls();
        return std::string{info.resumed ? "resumed " : "new "} + info.peer_subject + " " +
               info.peer_issuer + " " + info.peer_serial + " " + info.peer_fault;
    };
    const TlsContextPtr good = files.client({.certificate = files.authority.issue("mine")});
    EXPECT_EQ(facts(good), "new CN=mine CN=grove test authority 03 ");
    EXPECT_EQ(facts(good), "resumed CN=mine CN=grove test authority 03 ");
    const TlsContextPtr bad = files.client({.certificate = strangers.issue("bad")});
    const std::string of_bad = "CN=bad CN=grove test authority 02 certificate signature failure";
    EXPECT_EQ(facts(bad), "new " + of_bad);
    EXPECT_EQ(facts(bad), "resumed " + of_bad);
    const TlsContextPtr none = files.client();
    EXPECT_EQ(facts(none), "new    ");
}

// With one byte from the server, and with it the ticket.
bool resumes(const TlsContextPtr& server, const TlsContextPtr& client) {
    auto shaken = shake(server, client);
    EXPECT_TRUE(shaken.client) << shaken.client_error;
    if (!shaken.client || !shaken.server) return false;
    shaken.server->sendall("x");
    EXPECT_EQ(recv_some(*shaken.client), "x");
    return shaken.client->tls()->resumed;
}

GREENLET_TEST(Tls, ResumesSessionsAlsoOverAReload) {
    Files files;
    const TlsContextPtr server = files.server();
    const TlsContextPtr client = files.client();
    EXPECT_FALSE(resumes(server, client));
    EXPECT_TRUE(resumes(server, client));
    server->reload();
    EXPECT_TRUE(resumes(server, client));
    EXPECT_FALSE(resumes(files.server(), client)) << "its keys are its own";
}

GREENLET_TEST(Tls, ResumesWhatAServerWithTheSameKeysBegan) {
    Files files;
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
    Files files;
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

GREENLET_TEST(Tls, DoesNotResumeWhereMoreIsAskedOfTheClient) {
    Files files;
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

GREENLET_TEST(Tls, ReadsItsFilesAgainAndKeepsTheOldOnesIfItCannot) {
    Files files;
    const TlsContextPtr server = files.server();
    const TlsContextPtr client = files.client({.verify = false});
    auto before = shake(server, client);
    files.localhost = files.authority.issue("localhost", {"DNS:renewed"});
    server->reload();
    EXPECT_EQ(shake(server, files.client(), "renewed").client_error, "");
    ASSERT_TRUE(before.client && before.server);
    before.server->sendall("still here");
    EXPECT_EQ(recv_some(*before.client), "still here");

    ASSERT_EQ(::truncate(files.localhost.chain_file.c_str(), 0), 0);
    try {
        server->reload();
        ADD_FAILURE() << "an empty file was taken";
    } catch (const TlsError& error) {
        EXPECT_THAT(error.what(), HasSubstr(files.localhost.chain_file));
    }
    EXPECT_EQ(shake(server, files.client(), "renewed").client_error, "");
}

// O-004
GREENLET_TEST(Tls, AsksNobodyForThePasswordOfAnEncryptedFile) {
    using Option = TlsOptionError::Option;
    Files files;
    for (const test::Encryption how : {test::Encryption::kTraditional, test::Encryption::kPkcs8}) {
        const TlsCertificate locked = files.authority.issue("locked", {"DNS:locked"});
        test::encrypt_key(locked.key_file, how);
        const std::string refusal =
            "the key \"" + locked.key_file + "\" is encrypted, must be without a password";
        EXPECT_THAT(refusal_of(
                        [&] {
                            files.server({.certificates = {files.localhost, locked}});
                        },
                        Option::kKey, 1),
                    HasSubstr(refusal));
        EXPECT_THAT(refusal_of([&] { files.client({.certificate = locked}); }, Option::kKey, 0),
                    HasSubstr(refusal));
    }
    const TlsCertificate hidden = files.authority.issue("hidden", {"DNS:hidden"});
    test::encrypt_certificate(hidden.chain_file);
    EXPECT_THAT(refusal_of([&] { files.server({.certificates = {hidden}}); }, Option::kChain, 0),
                HasSubstr("the certificate \"" + hidden.chain_file + "\" is encrypted, must be"));

    const TlsContextPtr server = files.server();
    test::encrypt_key(files.localhost.key_file, test::Encryption::kPkcs8);
    EXPECT_THROW(server->reload(), TlsOptionError);
    EXPECT_EQ(shake(server, files.client()).client_error, "") << "with the key it had";
}

// O-004
GREENLET_TEST(Tls, AsksNobodyForThePasswordOfAnEncryptedAuthority) {
    Files files;
    test::encrypt_certificate(files.authority.file());
    for (const auto asked : {ClientCertificates::kOptional, ClientCertificates::kRequired}) {
        const auto make = [&] {
            files.server({.client_certificates = asked, .client_ca_file = files.authority.file()});
        };
        EXPECT_THAT(refusal_of(make, TlsOptionError::Option::kAuthorities, 0),
                    HasSubstr("the clients' authority \"" + files.authority.file() +
                              "\" is encrypted, must be"));
    }
    EXPECT_THROW(files.client(), TlsError);
}

GREENLET_TEST(Tls, RefusesOldVersionsAndWhatIsNoTls) {
    Files files;
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
    Files files;
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
    Files files;
    const auto refusal = [&](const TlsServerOptions& options, Option option) {
        return refusal_of([&] { files.server(options); }, option, 0);
    };
    EXPECT_THAT(refusal({.ciphers = "NO-SUCH"}, Option::kCiphers),
                HasSubstr("none of the ciphers \"NO-SUCH\" is known"));
    EXPECT_THAT(refusal({.ciphersuites = "TLS_NO_SUCH"}, Option::kCiphersuites),
                HasSubstr("the ciphersuites \"TLS_NO_SUCH\" are not all known"));
    EXPECT_THAT(
        refusal({.ciphersuites = "TLS_AES_128_GCM_SHA256:TLS_NO_SUCH"}, Option::kCiphersuites),
        HasSubstr("TLS_NO_SUCH\""));
    EXPECT_THAT(refusal({.groups = "X25519:nosuch"}, Option::kGroups),
                HasSubstr("the groups \"X25519:nosuch\" are not all known"));
}

// O-041
GREENLET_TEST(Tls, RefusesRevokedClientsAlsoThoseWithASession) {
    Files files;
    const TlsCertificate mine = files.authority.issue("mine");
    const TlsCertificate other = files.authority.issue("other");
    TlsServerOptions options{.client_certificates = ClientCertificates::kRequired,
                             .client_ca_file = files.authority.file()};
    options.client_crl = files.authority.crl({other});
    const TlsContextPtr server = files.server(options);
    const TlsContextPtr client = files.client({.certificate = mine});
    EXPECT_FALSE(resumes(server, client));
    EXPECT_TRUE(resumes(server, client));
    EXPECT_THAT(shake(server, files.client({.certificate = other})).server_error,
                HasSubstr("certificate revoked"));

    files.authority.crl({mine, other});
    server->reload();
    EXPECT_THAT(shake(server, client).server_error, HasSubstr("certificate revoked"));

    files.authority.crl({}, -60s);
    server->reload();
    EXPECT_THAT(shake(server, client).server_error, HasSubstr("CRL has expired"));

    options.client_crl = files.authority.file();
    EXPECT_THAT(refusal_of([&] { files.server(options); }, TlsOptionError::Option::kClientCrl, 0),
                HasSubstr("cannot read the clients' revocation list \"" + options.client_crl));
}

GREENLET_TEST(Tls, TellsAnEndFromABreak) {
    Files files;
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
    Files files;
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
    Files files;
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
    Files files;
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
