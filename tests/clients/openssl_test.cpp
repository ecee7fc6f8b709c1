// openssl s_client: versions, ALPN, certificates by name and of clients, sessions that go on.
#include <chrono>
#include <csignal>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "client_test.h"
#include "test_certificates.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// 3.5 writes it without spaces.
auto shows(const std::string& common_name) {
    return testing::AnyOf(HasSubstr("CN = " + common_name + "\n"),
                          HasSubstr("CN=" + common_name + "\n"));
}

class OpensslClient : public ClientTest {
protected:
    OpensslClient() : ClientTest{"openssl"} {
        issue(authority_, "localhost", {"DNS:localhost"});
        issue(authority_, "other.example", {"DNS:other.example"});
    }

    /// NAME.pem and NAME.key, in the authority's folder.
    static void issue(test::Authority& authority, const std::string& name,
                      const std::vector<std::string>& names = {}) {
        static_cast<void>(authority.issue(name, names));
    }

    /// @param further  members of the listener's "tls", each after a comma
    void serve_tls(const std::string& further = "") {
        serve("", R"({"address": "127.0.0.1:0", "tls": {"certificate": "localhost.pem",
                      "key": "localhost.key")" +
                      further + "}}");
    }

    /// Asks for /, waits for the server's end. Both outputs together.
    std::string ask(const std::string& arguments) const {
        const ProgramResult result =
            shell(R"(printf 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' | )"
                  "timeout 60 openssl s_client -ign_eof -CAfile ca.pem -connect 127.0.0.1:" +
                  std::to_string(server_->port) + " " + arguments);
        return result.output + result.errors;
    }

    test::Authority authority_{folder_.path()};
    static constexpr const char* kHello = "Hello, World!";
};

TEST_F(OpensslClient, SpeaksTls12And13) {
    serve_tls();
    for (const std::string version : {"1.2", "1.3"}) {
        const std::string option = version == "1.2" ? "-tls1_2" : "-tls1_3";
        EXPECT_THAT(ask(option + " -verify_return_error -servername localhost"),
                    AllOf(HasSubstr("TLSv" + version), HasSubstr("Verify return code: 0 (ok)"),
                          HasSubstr("HTTP/1.1 200 OK"), HasSubstr(kHello)));
    }
    stop();
}

TEST_F(OpensslClient, IsRefusedWithTls11) {  // S-033
    serve_tls();
    // At level 0 the client itself would do it.
    EXPECT_THAT(ask("-tls1_1 -cipher DEFAULT:@SECLEVEL=0"),
                AllOf(HasSubstr("alert protocol version"), Not(HasSubstr(kHello))));
    EXPECT_THAT(ask(""), HasSubstr(kHello));
    stop();
}

TEST_F(OpensslClient, GetsTheProtocolThatBothSpeak) {
    serve_tls();
    EXPECT_THAT(ask("-alpn http/1.1,h2"), HasSubstr("ALPN protocol: h2"));  // H2-001
    EXPECT_THAT(ask("-alpn http/1.1,spdy/3"),
                AllOf(HasSubstr("ALPN protocol: http/1.1"), HasSubstr(kHello)));
    EXPECT_THAT(ask(""), AllOf(HasSubstr("No ALPN negotiated"), HasSubstr(kHello)));
    EXPECT_THAT(ask("-alpn http/1.0"),
                AllOf(HasSubstr("ALPN protocol: http/1.0"), HasSubstr(kHello)));
    for (const char* version : {"-tls1_2", "-tls1_3"}) {  // O-042
        EXPECT_THAT(ask(std::string{version} + " -alpn spdy/3"),
                    AllOf(HasSubstr("alert no application protocol"), HasSubstr("number 120"),
                          Not(HasSubstr(kHello))));
    }
    stop();
}

TEST_F(OpensslClient, GetsTheCertificateOfTheNameItAsksFor) {
    serve_tls(R"(, "names": {"other.example":
                   {"certificate": "other.example.pem", "key": "other.example.key"}})");
    EXPECT_THAT(ask("-servername other.example -verify_hostname other.example"),
                AllOf(HasSubstr("Verify return code: 0 (ok)"), HasSubstr(kHello)));
    EXPECT_THAT(ask("-servername localhost -verify_hostname localhost"),
                AllOf(HasSubstr("Verify return code: 0 (ok)"), HasSubstr(kHello)));
    EXPECT_THAT(ask("-noservername -verify_hostname localhost"),
                AllOf(HasSubstr("Verify return code: 0 (ok)"), HasSubstr(kHello)));
    stop();
}

// O-040
TEST_F(OpensslClient, GetsTheCertificateThatIsThereForItsNameAndItsKindOfKey) {
    issue(authority_, "suffix", {"DNS:elsewhere"});
    static_cast<void>(authority_.issue("exact.rsa", {"DNS:a.b.org"}, 24h, test::KeyKind::kRsa));
    issue(authority_, "exact", {"DNS:a.b.org"});
    issue(authority_, "localhost", {"DNS:localhost", "DNS:*.b.org"});
    serve_tls(R"(, "names": {"*.b.ORG": {"certificate": "suffix.pem", "key": "suffix.key"},
                   "a.b.org": [{"certificate": "exact.rsa.pem", "key": "exact.rsa.key"},
                               {"certificate": "exact.pem", "key": "exact.key"}]})");
    EXPECT_THAT(ask("-servername A.b.org -sigalgs ECDSA+SHA256"), shows("exact"));
    EXPECT_THAT(ask("-servername a.b.org -sigalgs RSA-PSS+SHA256"), shows("exact.rsa"));
    EXPECT_THAT(ask("-servername a.b.org -tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256"),
                shows("exact.rsa"));
    EXPECT_THAT(ask("-servername x.b.org"), shows("suffix"));
    EXPECT_THAT(ask("-servername y.x.b.org"), shows("suffix"));
    EXPECT_THAT(ask("-servername b.org"), shows("localhost"));
    stop();
}

// O-041: the largest of the finite fields takes the server a hundred times what a curve does, and the client chooses.
TEST_F(OpensslClient, IsRefusedWithoutACurve) {
    serve_tls();
    for (const char* group : {"ffdhe2048", "ffdhe8192"}) {
        EXPECT_THAT(ask(std::string{"-tls1_3 -groups "} + group),
                    AllOf(HasSubstr("alert handshake failure"), Not(HasSubstr(kHello))))
            << group;
    }
    for (const char* group : {"X25519", "P-256", "X448", "P-384", "P-521"})
        EXPECT_THAT(ask(std::string{"-groups "} + group), HasSubstr(kHello)) << group;
    stop();
    serve_tls(R"(, "groups": "ffdhe2048")");
    EXPECT_THAT(ask("-tls1_3 -groups ffdhe2048"), HasSubstr(kHello));
    stop();
}

// O-041
TEST_F(OpensslClient, IsRefusedInTls12WithoutForwardSecrecyOrAead) {
    static_cast<void>(authority_.issue("localhost", {"DNS:localhost"}, 24h, test::KeyKind::kRsa));
    issue(authority_, "ec", {"DNS:ec"});
    serve_tls(R"(, "names": {"ec": {"certificate": "ec.pem", "key": "ec.key"}})");
    for (const char* cipher : {"AES256-GCM-SHA384", "AES128-SHA", "DHE-RSA-AES128-GCM-SHA256",
                               "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA384"}) {
        EXPECT_THAT(ask(std::string{"-tls1_2 -cipher "} + cipher),
                    AllOf(HasSubstr("alert handshake failure"), Not(HasSubstr(kHello))))
            << cipher;
    }
    for (const std::string kind : {"RSA", "ECDSA"}) {
        const std::string host = kind == "RSA" ? "localhost" : "ec";
        for (const char* cipher : {"AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"}) {
            const std::string name = "ECDHE-" + kind + "-" + cipher;
            EXPECT_THAT(ask("-tls1_2 -servername " + host + " -cipher " + name),
                        AllOf(HasSubstr("Cipher is " + name), HasSubstr(kHello)));
        }
    }
    stop();
}

// O-041
TEST_F(OpensslClient, GetsWhatTheKeysSay) {
    static_cast<void>(authority_.issue("localhost", {"DNS:localhost"}, 24h, test::KeyKind::kRsa));
    serve_tls(R"(, "ciphers": "AES128-SHA", "ciphersuites": "TLS_CHACHA20_POLY1305_SHA256",
                   "groups": "P-384")");
    EXPECT_THAT(ask("-tls1_2"), AllOf(HasSubstr("Cipher is AES128-SHA\n"), HasSubstr(kHello)));
    EXPECT_THAT(ask(""), AllOf(HasSubstr("Cipher is TLS_CHACHA20_POLY1305_SHA256"),
                               HasSubstr("secp384r1"), HasSubstr(kHello)));
    EXPECT_THAT(ask("-groups X25519"), Not(HasSubstr(kHello)));
    stop();
    serve_tls(R"(, "min_version": "1.3")");
    EXPECT_THAT(ask("-tls1_2"), AllOf(HasSubstr("alert protocol version"), Not(HasSubstr(kHello))));
    EXPECT_THAT(ask("-tls1_3"), HasSubstr(kHello));
    stop();
}

TEST_F(OpensslClient, NeedsACertificateOfTheRightAuthorityIfAsked) {
    issue(authority_, "a client");
    std::filesystem::create_directory(folder_.path() / "others");
    test::Authority others{folder_.path() / "others"};
    issue(others, "a stranger");
    serve_tls(R"(, "client_ca": "ca.pem", "client": "required")");

    EXPECT_THAT(ask("-cert 'a client.pem' -key 'a client.key'"), HasSubstr(kHello));
    EXPECT_THAT(ask(""), AllOf(HasSubstr("certificate required"), Not(HasSubstr(kHello))));
    EXPECT_THAT(ask("-tls1_2"), AllOf(HasSubstr("handshake failure"), Not(HasSubstr(kHello))));
    // Its authority has the same name and another key.
    EXPECT_THAT(ask("-cert 'others/a stranger.pem' -key 'others/a stranger.key'"),
                AllOf(HasSubstr("alert decrypt error"), Not(HasSubstr(kHello))));
    stop();
}

// O-043
TEST_F(OpensslClient, IsLetInWithAnyCertificateWhereOneIsOptional) {
    issue(authority_, "a client");
    std::filesystem::create_directory(folder_.path() / "others");
    test::Authority others{folder_.path() / "others"};
    issue(others, "a stranger");
    serve_tls(R"(, "client_ca": "ca.pem", "client": "optional")");
    EXPECT_THAT(ask("-cert 'a client.pem' -key 'a client.key'"), HasSubstr(kHello));
    EXPECT_THAT(ask(""), HasSubstr(kHello));
    EXPECT_THAT(ask("-cert 'others/a stranger.pem' -key 'others/a stranger.key'"),
                HasSubstr(kHello));
    // Whose it is must be proved all the same.
    EXPECT_THAT(ask("-cert 'a client.pem' -key localhost.key"), Not(HasSubstr(kHello)));
    stop();
}

TEST_F(OpensslClient, GoesOnWithItsSession) {
    serve_tls();
    for (const std::string version : {"1_2", "1_3"}) {
        EXPECT_THAT(ask("-tls" + version + " -sess_out session" + version),
                    AllOf(HasSubstr("New, TLSv"), HasSubstr(kHello)));
        EXPECT_THAT(ask("-tls" + version + " -sess_in session" + version),
                    AllOf(HasSubstr("Reused, TLSv"), HasSubstr(kHello)));
    }
    stop();
}

// O-041: nobody looks at the certificate of a session that goes on without a ticket.
TEST_F(OpensslClient, GoesOnWithoutATicketOnlyWhereNoCertificateIsAskedFor) {
    issue(authority_, "a client");
    for (const bool asked : {false, true}) {
        serve_tls(asked ? R"(, "client_ca": "ca.pem", "client": "optional")" : "");
        const std::string client = "-tls1_2 -no_ticket -cert 'a client.pem' -key 'a client.key'";
        EXPECT_THAT(ask(client + " -sess_out session"),
                    AllOf(HasSubstr("New, TLSv"), HasSubstr(kHello)));
        EXPECT_THAT(ask(client + " -sess_in session"),
                    AllOf(HasSubstr(asked ? "New, TLSv" : "Reused, TLSv"), HasSubstr(kHello)));
        stop();
    }
}

// O-044
TEST_F(OpensslClient, IsToldHowLongASessionLives) {
    for (const std::string lifetime : {"300", "86400", "0"}) {
        serve_tls(R"(, "ticket_lifetime": )" + lifetime);
        for (const std::string version : {"1_2", "1_3"}) {
            const std::string said = ask("-tls" + version + " -sess_out session");
            EXPECT_THAT(said, HasSubstr(kHello));
            const std::string hint = "ticket lifetime hint: ";
            if (lifetime == "0") {
                EXPECT_THAT(said, Not(HasSubstr(hint))) << version;
            } else {
                EXPECT_THAT(said, HasSubstr(hint + lifetime + " (seconds)")) << version;
            }
        }
        stop();
    }
}

// O-044
TEST_F(OpensslClient, GetsTheOcspResponseThatLiesThereAlsoAfterAReload) {
    const TlsCertificate own = authority_.issue("localhost", {"DNS:localhost"});
    const TlsCertificate named = authority_.issue("named", {"DNS:named"});
    authority_.ocsp(own);
    authority_.ocsp(named);
    serve_tls(R"(, "ocsp": "localhost.pem.ocsp", "names": {"named": {"certificate": "named.pem",
                   "key": "named.key", "ocsp": "named.pem.ocsp"}})");
    for (const char* host : {"localhost", "named"}) {
        for (const char* version : {" -tls1_2", " -tls1_3"}) {
            EXPECT_THAT(ask(std::string{"-status -servername "} + host + version),
                        AllOf(HasSubstr("OCSP Response Status: successful"),
                              HasSubstr("Cert Status: good"), HasSubstr(kHello)));
        }
    }
    authority_.ocsp(own, -60s);  // out of date: it is not shown any more
    server_->program.send_signal(SIGHUP);
    while (content_of("error.log").find("reload: the new workers serve") == std::string::npos) {
    }
    // What came before the old worker was told is still its to shake hands with.
    std::string said;
    while (said.find("no response sent") == said.npos) said = ask("-status -servername localhost");
    EXPECT_THAT(said, HasSubstr(kHello));
    EXPECT_THAT(ask("-status -servername named"), HasSubstr("Cert Status: good"));
    stop();
}

TEST_F(OpensslClient, GoesOnWithItsSessionFiveTimesOver) {
    serve_tls();
    const std::string said = ask("-tls1_2 -reconnect");
    std::size_t reused = 0;
    for (std::size_t at = 0; (at = said.find("Reused, TLSv1.2", at)) != said.npos; ++at) ++reused;
    EXPECT_EQ(reused, 5U) << said;
    EXPECT_THAT(said, HasSubstr(kHello));
    stop();
}

}  // namespace
}  // namespace grove
