// which files make another configuration.
#include "watched_files.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config.h"

namespace grove::http {
namespace {

using testing::UnorderedElementsAre;

TEST(WatchedFiles, AreTheConfigurationAndItsPlugins) {
    Config config;
    config.place = "/etc/grove.json";
    config.plugin_path = {"/one", "/two"};
    AppConfig own;
    own.app = "/srv/own.so";
    own.around = {{.app = "inner"}, {.app = "/srv/wrap.so"}};
    config.apps = {own};
    config.around = {{.app = "outer"}};
    EXPECT_THAT(
        watched_files(config),
        UnorderedElementsAre("/etc/grove.json", "/srv/own.so", "/one/inner.so", "/two/inner.so",
                             "/srv/wrap.so", "/one/outer.so", "/two/outer.so"));
}

TEST(WatchedFiles, AreAllThatTlsReads) {
    const auto certificate = [](const std::string& name) {
        return CertificateConfig{
            .certificate = name + ".pem", .key = name + ".key", .ocsp = name + ".ocsp"};
    };
    TlsConfig tls;
    static_cast<CertificateConfig&>(tls) = certificate("own");
    tls.client_ca = "ca.pem";
    tls.client_crl = "crl.pem";
    tls.names = {{.host = "a", .certificates = {certificate("a1"), certificate("a2")}},
                 {.host = "b", .certificates = {certificate("b")}}};
    Config config;
    config.plugin_path = {"/none"};
    config.listen = {{.address = "127.0.0.1:80"}, {.address = "127.0.0.1:443", .tls = tls}};
    EXPECT_THAT(watched_files(config),
                UnorderedElementsAre("own.pem", "own.key", "own.ocsp", "ca.pem", "crl.pem",
                                     "a1.pem", "a1.key", "a1.ocsp", "a2.pem", "a2.key", "a2.ocsp",
                                     "b.pem", "b.key", "b.ocsp"));
}

}  // namespace
}  // namespace grove::http
