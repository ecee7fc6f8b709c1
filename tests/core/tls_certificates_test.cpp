// Certificates, and the names that they are for: which are shown, asked for, believed and read again.
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

#include <gmock/gmock.h>

#include <grove/core/tls.h>

#include "greenlet_test.h"
#include "temporary_folder.h"
#include "test_certificates.h"
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

GREENLET_TEST(Tls, VerifiesTheServerAndItsName) {
    TlsFiles files;
    const TlsContextPtr server = files.server();
    EXPECT_THAT(shake(server, files.client(), "example.org").client_error, HasSubstr("hostname"));
    EXPECT_EQ(shake(server, files.client(), "127.0.0.1").client_error, "");
    EXPECT_THAT(shake(server, files.client(), "127.0.0.2").client_error, HasSubstr("IP address"));
    EXPECT_THAT(shake(server, TlsContext::client()).client_error, HasSubstr("certificate"));
    EXPECT_EQ(shake(server, TlsContext::client({.verify = false}), "example.org").client_error, "");
}

GREENLET_TEST(Tls, ShowsTheCertificateOfTheNameAskedFor) {
    TlsFiles files;
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
    TlsFiles files;
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
    TlsFiles files;
    const std::vector one{files.localhost};
    EXPECT_THROW(files.server({.names = {{"a.org", one}, {"A.org", one}}}), std::invalid_argument);
    EXPECT_THROW(files.server({.names = {{"a.org", {}}}}), std::invalid_argument);
}

// O-040
GREENLET_TEST(Tls, TakesOneCertificateOfEachKindOfKeyForAName) {
    TlsFiles files;
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
                          "\" has the same kind of key as another certificate beside it"));
    EXPECT_THAT(refusal({rsa, rsa}), HasSubstr("beside it"));
    EXPECT_THAT(
        refusal_of(
            [&] {
                files.server({.names = {{"x", {{ec.chain_file, rsa.key_file}}}}});
            },
            TlsOptionError::Option::kKey, 1),
        HasSubstr("the key \"" + rsa.key_file + "\" does not belong to \"" + ec.chain_file));
}

GREENLET_TEST(Tls, AsksForAClientCertificateIfToldTo) {
    TlsFiles files;
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
    TlsFiles files;
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

GREENLET_TEST(Tls, ReadsItsFilesAgainAndKeepsTheOldOnesIfItCannot) {
    TlsFiles files;
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
    TlsFiles files;
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
    TlsFiles files;
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

// O-041
GREENLET_TEST(Tls, RefusesRevokedClientsAlsoThoseWithASession) {
    TlsFiles files;
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

// O-041: what was found of a certificate holds no longer than that.
GREENLET_TEST(Tls, ResumesNoSessionOfAClientWhoseCertificateHasExpired) {
    TlsFiles files;
    const TlsContextPtr server = files.server({.client_certificates = ClientCertificates::kOptional,
                                               .client_ca_file = files.authority.file()});
    const TlsContextPtr good = files.client({.certificate = files.authority.issue("mine")});
    EXPECT_FALSE(resumes(server, good));
    EXPECT_TRUE(resumes(server, good));
    const TlsContextPtr late =
        files.client({.certificate = files.authority.issue("late", {}, -60s)});
    EXPECT_FALSE(resumes(server, late));
    EXPECT_FALSE(resumes(server, late));
    const auto shaken = shake(server, late);
    ASSERT_TRUE(shaken.server) << shaken.server_error;
    EXPECT_EQ(shaken.server->tls()->peer_fault, "certificate has expired");
}

}  // namespace
}  // namespace grove
