// Certificates whose text comes from elsewhere than the disk.
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <system_error>

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
using testing::HasSubstr;

std::string text_of(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream{file}.rdbuf();
    return text.str();
}

/// What files say that are on no disk.
struct Texts {
    TemporaryFolder folder;
    test::Authority authority{folder.path()};
    TlsCertificate made = authority.issue("localhost", {"DNS:localhost"});
    std::map<std::string, std::string> texts{{"chain", text_of(made.chain_file)},
                                             {"key", text_of(made.key_file)},
                                             {"authorities", text_of(authority.file())}};

    std::shared_ptr<TlsContext> server() {
        return TlsContext::server({.certificates = {{"chain", "key"}},
                                   .client_certificates = ClientCertificates::kRequired,
                                   .client_ca_file = "authorities"},
                                  [this](const std::string& file) {
                                      const auto found = texts.find(file);
                                      if (found != texts.end()) return found->second;
                                      throw std::system_error{ENOENT, std::generic_category()};
                                  });
    }
    std::string refusal() {
        try {
            server();
            return "none";
        } catch (const TlsError& error) {
            return error.what();
        }
    }
};

GREENLET_TEST(TlsText, IsAllThatAServerNeeds) {
    Texts all;
    const auto context = all.server();
    all.texts.clear();
    auto pair = test::tcp_pair();
    auto accepting = spawn([&] { return tls_accept(std::move(pair.server), context, 5s); });
    const TlsCertificate own = all.authority.issue("client");
    const auto client = TlsContext::client({.ca_file = all.authority.file(), .certificate = own});
    const Stream connected = tls_connect(std::move(pair.client), client, "localhost", 5s);
    accepting.join();
    const Stream& accepted = accepting.get();
    EXPECT_EQ(connected.tls()->peer_subject, "CN=localhost");
    EXPECT_EQ(accepted.tls()->peer_subject, "CN=client");
    EXPECT_TRUE(accepted.tls()->peer_verified);
}

GREENLET_TEST(TlsText, IsReadAgainByAReload) {
    Texts all;
    const auto context = all.server();
    all.texts.clear();
    EXPECT_THROW(context->reload(), TlsError);
}

GREENLET_TEST(TlsText, IsNamedAsItsFileIs) {
    for (const std::string name : {"chain", "key", "authorities"}) {
        Texts all;
        all.texts[name] = "no PEM\n";
        EXPECT_THAT(all.refusal(), HasSubstr("\"" + name + "\"")) << name;
        all.texts.erase(name);
        EXPECT_THAT(all.refusal(), HasSubstr("\"" + name + "\": No such file")) << name;
    }
    Texts all;
    all.texts["key"] = text_of(all.authority.issue("another").key_file);
    EXPECT_THAT(all.refusal(), HasSubstr("the key \"key\" does not belong to \"chain\""));
    all.texts["chain"] += "-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n";
    EXPECT_THAT(all.refusal(), HasSubstr("cannot read the certificate \"chain\":"));
    all.texts["chain"] = text_of(all.made.key_file);
    EXPECT_THAT(all.refusal(),
                HasSubstr("cannot read the certificate \"chain\", which holds a private key:"));
}

}  // namespace
}  // namespace grove
