// OCSP responses that a server shows with its certificate (O-044).
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <openssl/ssl.h>

#include <gmock/gmock.h>

#include <grove/core/greenlet.h>
#include <grove/core/tls.h>

#include "greenlet_test.h"
#include "stream_pair.h"
#include "temporary_folder.h"
#include "test_certificates.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using StapleOption = TlsOptionError::Option;
using testing::HasSubstr;

std::string bytes_of(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream{file}.rdbuf();
    return text.str();
}

// A client that asks for the response. Blocks its thread. @return it; "": there was none
std::string response_over(int fd, const char* host, int version) {
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> ctx{::SSL_CTX_new(::TLS_client_method()),
                                                           &::SSL_CTX_free};
    const std::unique_ptr<SSL, void (*)(SSL*)> ssl{::SSL_new(ctx.get()), &::SSL_free};
    ::SSL_ctrl(ssl.get(), SSL_CTRL_SET_MAX_PROTO_VERSION, version, nullptr);
    ::SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_STATUS_REQ_TYPE, TLSEXT_STATUSTYPE_ocsp, nullptr);
    ::SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               const_cast<char*>(host));
    ::SSL_set_fd(ssl.get(), fd);
    if (::SSL_connect(ssl.get()) != 1) return "no handshake";
    const unsigned char* response = nullptr;
    const long bytes =
        ::SSL_ctrl(ssl.get(), SSL_CTRL_GET_TLSEXT_STATUS_REQ_OCSP_RESP, 0, &response);
    if (bytes <= 0) return "";
    return {reinterpret_cast<const char*>(response), static_cast<std::size_t>(bytes)};
}

std::string shown(const std::shared_ptr<TlsContext>& server, const char* host = "localhost",
                  int version = TLS1_3_VERSION) {
    auto pair = test::tcp_pair();
    std::string response;
    std::thread client{[&] { response = response_over(pair.client.fd(), host, version); }};
    try {
        const Stream accepted = tls_accept(std::move(pair.server), server, 30s);
    } catch (const std::system_error& error) {
        ADD_FAILURE() << error.what();
    }
    client.join();
    return response;
}

struct Stapled {
    TemporaryFolder folder;
    test::Authority authority{folder.path()};
    TlsCertificate own = authority.issue("own", {"DNS:localhost"});
    TlsCertificate ec = authority.issue("ec", {"DNS:both"});
    TlsCertificate rsa = authority.issue("rsa", {"DNS:both"}, 24h, test::KeyKind::kRsa);

    std::optional<std::string> fault(const TlsServerOptions& options, std::size_t certificate) {
        try {
            TlsContext::server(options);
            return std::nullopt;
        } catch (const TlsOptionError& error) {
            EXPECT_EQ(error.option(), StapleOption::kOcsp);
            EXPECT_EQ(error.certificate(), certificate);
            return error.what();
        }
    }
};

GREENLET_TEST(TlsStaple, IsShownWithItsCertificateToThoseWhoAsk) {
    Stapled stapled;
    const std::string of_own = stapled.authority.ocsp(stapled.own);
    stapled.rsa.ocsp_file = stapled.authority.ocsp(stapled.rsa);
    const auto server =
        TlsContext::server({.certificates = {stapled.own},
                            .ocsp = of_own,
                            .names = {{"both", {stapled.rsa}}, {"none", {stapled.ec}}}});
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        EXPECT_EQ(shown(server, "localhost", version), bytes_of(of_own));
        EXPECT_EQ(shown(server, "both", version), bytes_of(stapled.rsa.ocsp_file));
        EXPECT_EQ(shown(server, "none", version), "");
    }
}

GREENLET_TEST(TlsStaple, IsThatOfTheKindOfKeyThatIsShown) {
    Stapled stapled;
    stapled.rsa.ocsp_file = stapled.authority.ocsp(stapled.rsa);
    const auto server = TlsContext::server(
        {.certificates = {stapled.own}, .names = {{"both", {stapled.rsa, stapled.ec}}}});
    EXPECT_EQ(shown(server, "both"), "") << "the client prefers EC, which has none";
}

GREENLET_TEST(TlsStaple, IsReadAgainByAReload) {
    Stapled stapled;
    stapled.own.ocsp_file = stapled.authority.ocsp(stapled.own);
    const auto server = TlsContext::server({.certificates = {stapled.own}});
    const std::string before = shown(server);
    stapled.authority.ocsp(stapled.own, 48h);
    EXPECT_EQ(shown(server), before);
    server->reload();
    EXPECT_EQ(shown(server), bytes_of(stapled.own.ocsp_file));
    EXPECT_NE(shown(server), before);
}

GREENLET_TEST(TlsStaple, IsNotShownWhenItsTimeIsOver) {
    Stapled stapled;
    stapled.own.ocsp_file = stapled.authority.ocsp(stapled.own, -60s);
    EXPECT_EQ(shown(TlsContext::server({.certificates = {stapled.own}})), "");
}

GREENLET_TEST(TlsStaple, IsRefusedIfItIsNoneOrOfAnother) {
    Stapled stapled;
    const auto fault_with = [&](const std::string& file) {
        TlsCertificate named = stapled.ec;
        named.ocsp_file = file;
        const TlsServerOptions options{
            .certificates = {stapled.own},
            .names = {{"a", {stapled.rsa}}, {"both", {stapled.rsa, named}}}};
        return stapled.fault(options, 3).value_or("taken");
    };
    const std::string good = stapled.authority.ocsp(stapled.ec);
    EXPECT_EQ(fault_with(good), "taken");
    EXPECT_THAT(fault_with(stapled.authority.ocsp(stapled.rsa)),
                HasSubstr("rsa.pem.ocsp\" is not about its certificate"));
    const TemporaryFolder elsewhere;
    test::Authority others{elsewhere.path()};
    const std::string whole = bytes_of(good);
    const std::string broken = (elsewhere.path() / "broken").string();
    for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
        std::ofstream{broken} << whole.substr(0, bytes);
        EXPECT_THAT(fault_with(broken), HasSubstr("the OCSP response \"" + broken + "\"")) << bytes;
    }
    std::ofstream{broken} << whole << "x";
    EXPECT_THAT(fault_with(broken), HasSubstr("\" is not in DER"));
    std::ofstream{broken} << std::string{"\x30\x03\x0a\x01\x03", 5};
    EXPECT_THAT(fault_with(broken), HasSubstr("says \"trylater\", must say \"successful\""));
    EXPECT_THAT(fault_with("/no/such"), HasSubstr("\"/no/such\": No such file"));
    EXPECT_THAT(stapled.fault({.certificates = {stapled.own}, .ocsp = good}, 0).value_or("taken"),
                HasSubstr("is not about its certificate"));
}

}  // namespace
}  // namespace grove
