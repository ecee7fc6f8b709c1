#include "config.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temporary_folder.h"

namespace grove::http {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kApp = R"("apps": [{"app": "hello"}])";

std::vector<std::string> addresses(const Config& config) {
    std::vector<std::string> texts;
    for (const ListenConfig& listen : config.listen) {
        texts.push_back(listen.address);
    }
    return texts;
}

class ConfigFile : public testing::Test {
protected:
    std::filesystem::path write(const std::string& text) const {
        std::ofstream{file_, std::ios::binary} << text;
        return file_;
    }

    Config read(const std::string& text, const ConfigFlags& flags = {}) const {
        return read_config(write(text), flags);
    }

    // The faults, with FILE for the file's name; none: it was taken.
    std::vector<std::string> faults(const std::string& text, const ConfigFlags& flags = {}) const {
        try {
            read(text, flags);
            return {};
        } catch (const ConfigError& error) {
            return shortened(error);
        }
    }

    std::vector<std::string> shortened(const ConfigError& error) const {
        std::vector<std::string> lines;
        for (std::string line : error.lines()) {
            for (std::size_t at = 0; (at = line.find(file_, at)) != std::string::npos;) {
                line.replace(at, file_.size(), "FILE");
            }
            lines.push_back(std::move(line));
        }
        return lines;
    }

    TemporaryFolder folder_;
    std::string file_ = (folder_.path() / "grove.json").string();
};

TEST_F(ConfigFile, HasTheDefaultsForWhatItLeavesOut) {
    const Config config = read(std::string{"{"} + kApp + "}");

    EXPECT_THAT(addresses(config), ElementsAre("127.0.0.1:8000"));
    EXPECT_EQ(config.workers, 1U);
    EXPECT_EQ(config.accept, Accept::kReusePort);
    EXPECT_EQ(config.max_connections, 10000U);
    EXPECT_EQ(config.backlog, 1024U);
    EXPECT_EQ(config.stack_bytes, 65536U);
    EXPECT_EQ(config.timeouts.tls_handshake, 10s);
    EXPECT_EQ(config.drain_delay, 0s);
    EXPECT_EQ(config.admin.address, "");
    EXPECT_EQ(config.server_name, "");
    EXPECT_EQ(config.server_header, "");
    EXPECT_THAT(config.trusted_proxies, IsEmpty());
    EXPECT_EQ(config.forwarded, Forwarded::kXForwarded);
    EXPECT_EQ(config.listen[0].proxy_protocol, ProxyProtocol::kNone);
    EXPECT_EQ(config.keepalive_requests, 0U);
    EXPECT_FALSE(config.keep_alive_hint);
    EXPECT_FALSE(config.abandoned_on_fin);  // A-022
    EXPECT_EQ(config.timeouts.abandoned, std::nullopt);
    EXPECT_FALSE(config.traceparent);
    EXPECT_EQ(config.pool, 1000U);
    EXPECT_THAT(config.plugin_path, IsEmpty());
    EXPECT_EQ(config.timeouts.header, 10s);
    EXPECT_EQ(config.timeouts.body, 30s);
    EXPECT_EQ(config.timeouts.idle, 75s);
    EXPECT_EQ(config.timeouts.write, 30s);
    EXPECT_EQ(config.timeouts.request, std::nullopt);
    EXPECT_EQ(config.shutdown, 30s);
    EXPECT_EQ(config.unwind, 3s);
    EXPECT_EQ(config.load, 60s);
    EXPECT_EQ(config.unresponsive, 30s);
    EXPECT_EQ(config.limits.request_line, 8190U);
    EXPECT_EQ(config.limits.headers, 100U);
    EXPECT_EQ(config.limits.header_bytes, 32768U);
    EXPECT_EQ(config.limits.body, 16777216U);
    EXPECT_EQ(config.limits.body_rate, 512U);
    EXPECT_EQ(config.log.access, "-");
    EXPECT_EQ(config.log.format, AccessFormat::kCombined);
    EXPECT_EQ(config.log.error, "-");
    EXPECT_EQ(config.log.level, LogLevel::kInfo);
    EXPECT_EQ(config.log.blocking, 500ms);
    EXPECT_TRUE(config.copy_plugins);
    EXPECT_EQ(config.pid_file, Config::kUsualPidFile);
    EXPECT_EQ(config.apps[0].mount, "/");
    EXPECT_EQ(config.apps[0].config, "{}");
    EXPECT_EQ(config.apps[0].stack_bytes, 0U);
    EXPECT_THAT(config.apps[0].around, IsEmpty());
    EXPECT_THAT(config.around, IsEmpty());
}

TEST_F(ConfigFile, SetsEveryKey) {
    const Config config = read(R"({
        "listen": ["[::1]:0", "unix:grove.sock"],
        "pool": null,
        "apps": [{"mount": "/a", "app": "one", "config": {"z": 1.5, "a": [true, "ü"]}, "stack": 131072},
                 {"app": "./two.so"}, {"app": "/abs/three.so", "mount": "/b/"}],
        "plugin_path": ["plugins", "/abs"],
        "timeouts": {"header": 0.25, "body": null, "idle": 1e-12, "write": 1e9, "request": 3, "shutdown": 1,
                     "unwind": 0.5, "load": 2, "worker": null},
        "limits": {"request_line": 1, "headers": null, "header_bytes": 1e3, "body": 0, "body_rate": 0},
        "log": {"access": "access.log", "format": "json", "error": "off", "level": "trace", "blocking": null},
        "copy_plugins": false
    })");
    const std::string folder = folder_.path().string();

    EXPECT_THAT(addresses(config), ElementsAre("[::1]:0", "unix:" + folder + "/grove.sock"));
    EXPECT_EQ(config.pool, Limits::kUnbounded);
    EXPECT_THAT(config.plugin_path, ElementsAre(folder + "/plugins", "/abs"));
    EXPECT_EQ(config.timeouts.header, 250ms);
    EXPECT_EQ(config.timeouts.body, std::nullopt);
    EXPECT_EQ(config.timeouts.idle, 1ns);
    EXPECT_EQ(config.timeouts.write, 1000000000s);
    EXPECT_EQ(config.timeouts.request, 3s);
    EXPECT_EQ(config.shutdown, 1s);
    EXPECT_EQ(config.unwind, 500ms);
    EXPECT_EQ(config.load, 2s);
    EXPECT_EQ(config.unresponsive, std::nullopt);
    EXPECT_EQ(config.limits.request_line, 1U);
    EXPECT_EQ(config.limits.headers, Limits::kUnbounded);
    EXPECT_EQ(config.limits.header_bytes, 1000U);
    EXPECT_EQ(config.limits.body, 0U);
    EXPECT_EQ(config.limits.body_rate, 0U);
    EXPECT_EQ(config.log.access, folder + "/access.log");
    EXPECT_EQ(config.log.format, AccessFormat::kJson);
    EXPECT_EQ(config.log.error, "off");
    EXPECT_EQ(config.log.level, LogLevel::kTrace);
    EXPECT_EQ(config.log.blocking, std::nullopt);
    EXPECT_FALSE(config.copy_plugins);
    ASSERT_EQ(config.apps.size(), 3U);
    EXPECT_EQ(config.apps[0].app, "one");
    EXPECT_EQ(config.apps[0].mount, "/a");
    EXPECT_EQ(config.apps[0].config, R"({"z":1.5,"a":[true,"ü"]})");
    EXPECT_EQ(config.apps[0].stack_bytes, 131072U);
    EXPECT_EQ(config.apps[0].place, file_ + ": /apps/0");
    EXPECT_EQ(config.apps[1].app, folder + "/./two.so");
    EXPECT_EQ(config.apps[2].app, "/abs/three.so");
}

// A-006
TEST_F(ConfigFile, NamesMiddlewareByATextOrAnObject) {
    const Config config = read(R"({
        "apps": [{"app": "a", "around": ["one", {"app": "./two.so", "config": {"b": [1]}}]},
                 {"app": "b", "mount": "/b", "around": []}],
        "around": [{"app": "three"}, "/abs/four.so"]
    })");
    const std::string folder = folder_.path().string();

    ASSERT_EQ(config.apps.size(), 2U);
    const std::vector<PluginConfig>& around = config.apps[0].around;
    ASSERT_EQ(around.size(), 2U);
    EXPECT_EQ(around[0].app, "one");
    EXPECT_EQ(around[0].config, "{}");
    EXPECT_EQ(around[0].place, file_ + ": /apps/0/around/0");
    EXPECT_EQ(around[0].directory, folder);
    EXPECT_EQ(around[1].app, folder + "/./two.so");
    EXPECT_EQ(around[1].config, R"({"b":[1]})");
    EXPECT_EQ(around[1].place, file_ + ": /apps/0/around/1");
    EXPECT_THAT(config.apps[1].around, IsEmpty());
    ASSERT_EQ(config.around.size(), 2U);
    EXPECT_EQ(config.around[0].app, "three");
    EXPECT_EQ(config.around[0].place, file_ + ": /around/0");
    EXPECT_EQ(config.around[0].directory, folder);
    EXPECT_EQ(config.around[1].app, "/abs/four.so");
    EXPECT_EQ(config.around[1].config, "{}");
}

// A-006
TEST_F(ConfigFile, KeepsItsMiddlewareUnderApplicationsOfFlags) {
    const Config config =
        read(R"({"apps": [{"app": "a", "around": ["one"]}], "around": ["two"]})", {.apps = {"b"}});
    ASSERT_EQ(config.apps.size(), 1U);
    EXPECT_THAT(config.apps[0].around, IsEmpty());
    ASSERT_EQ(config.around.size(), 1U);
    EXPECT_EQ(config.around[0].app, "two");
}

TEST_F(ConfigFile, SetsEveryKeyOfTheWholeServer) {
    const Config config = read(R"({
        "listen": [{"address": "unix:s", "mode": "0660", "defer_accept": true, "proxy_protocol": true},
                   {"address": ":1", "proxy_protocol": false, "tls": {"certificate": "c.pem", "key": "/k.pem", "ocsp": "o", "client_ca": "ca",
                     "names": {"A.org": {"certificate": "a", "key": "b"},
                               "*.b.org": [{"certificate": "c", "key": "d"}, {"certificate": "e", "key": "f", "ocsp": "g"}]}}},
                   {"address": ":2", "proxy_protocol": "v1", "tls": {"certificate": "c", "key": "k", "client_ca": "ca", "client": "optional",
                     "client_crl": "crl", "min_version": "1.3", "ciphers": "HIGH", "ciphersuites": "TLS_X",
                     "groups": "X25519", "ticket_lifetime": 604800}}],
        "workers": "auto", "accept": "shared", "max_connections": 5, "backlog": 6, "stack": 131072,
        "apps": [{"app": "a"}],
        "timeouts": {"tls_handshake": 2, "drain_delay": 1.5, "abandoned": 0.5},
        "admin": {"address": "unix:admin", "mode": "0660", "names": ["a.org", "b"]}, "server_name": "example.org", "server_header": "grove", "keepalive_requests": 7,
        "keep_alive_hint": true, "abandoned_on_fin": true, "traceparent": true, "user": "www-data", "group": "33", "dumpable": true,
        "trusted_proxies": ["10.0.0.0/8", "::1", "unix"], "forwarded": "x-forwarded-all"
    })");
    const std::string folder = folder_.path().string();

    ASSERT_EQ(config.listen.size(), 3U);
    EXPECT_EQ(config.listen[0].mode, "0660");
    EXPECT_TRUE(config.listen[0].defer_accept);
    EXPECT_FALSE(config.listen[0].tls);
    EXPECT_EQ(config.listen[0].proxy_protocol, ProxyProtocol::kAny);  // O-088
    EXPECT_EQ(config.listen[1].proxy_protocol, ProxyProtocol::kNone);
    EXPECT_EQ(config.listen[2].proxy_protocol, ProxyProtocol::kV1);
    EXPECT_EQ(config.forwarded, Forwarded::kXForwardedAll);
    EXPECT_EQ(config.listen[1].place, file_ + ": /listen/1");
    const TlsConfig& tls = config.listen[1].tls.value();
    EXPECT_EQ(tls.certificate, folder + "/c.pem");
    EXPECT_EQ(tls.key, "/k.pem");
    EXPECT_EQ(tls.client_ca, folder + "/ca");
    EXPECT_EQ(tls.client, ClientCertificates::kRequired);
    ASSERT_EQ(tls.names.size(), 2U);
    EXPECT_EQ(tls.place, file_ + ": /listen/1/tls");
    EXPECT_EQ(tls.names[0].host, "A.org");  // O-040
    ASSERT_EQ(tls.names[0].certificates.size(), 1U);
    EXPECT_EQ(tls.names[0].certificates[0].place, file_ + ": /listen/1/tls/names/A.org");
    ASSERT_EQ(tls.names[1].certificates.size(), 2U);
    EXPECT_EQ(tls.names[1].certificates[0].key, folder + "/d");
    EXPECT_EQ(tls.names[1].certificates[1].certificate, folder + "/e");
    EXPECT_EQ(tls.names[1].certificates[1].place, file_ + ": /listen/1/tls/names/*.b.org/1");
    EXPECT_EQ(tls.min_version, TlsVersion::k1_2);
    EXPECT_EQ(tls.ticket_lifetime, 7200U);  // O-044
    EXPECT_EQ(tls.ocsp, folder + "/o");
    EXPECT_EQ(tls.names[1].certificates[0].ocsp, "");
    EXPECT_EQ(tls.names[1].certificates[1].ocsp, folder + "/g");
    const TlsConfig& told = config.listen[2].tls.value();  // O-041
    EXPECT_EQ(told.client, ClientCertificates::kOptional);
    EXPECT_EQ(told.client_crl, folder + "/crl");
    EXPECT_EQ(told.min_version, TlsVersion::k1_3);
    EXPECT_EQ(told.ciphers, "HIGH");
    EXPECT_EQ(told.ciphersuites, "TLS_X");
    EXPECT_EQ(told.groups, "X25519");
    EXPECT_EQ(told.ticket_lifetime, 604800U);
    EXPECT_EQ(config.place, file_);
    EXPECT_EQ(config.user, "www-data");  // O-079
    EXPECT_EQ(config.group, "33");
    EXPECT_TRUE(config.dumpable);
    EXPECT_EQ(config.workers, Config::kAutoWorkers);
    EXPECT_EQ(config.accept, Accept::kShared);
    EXPECT_EQ(config.max_connections, 5U);
    EXPECT_EQ(config.backlog, 6U);
    EXPECT_EQ(config.stack_bytes, 131072U);
    EXPECT_EQ(config.timeouts.tls_handshake, 2s);
    EXPECT_EQ(config.drain_delay, 1500ms);
    EXPECT_EQ(config.admin.address, "unix:" + folder + "/admin");
    EXPECT_EQ(config.admin.mode, "0660");
    EXPECT_THAT(config.admin.names, ElementsAre("a.org", "b"));
    EXPECT_EQ(config.server_name, "example.org");
    EXPECT_EQ(config.server_header, "grove");
    EXPECT_EQ(config.keepalive_requests, 7U);
    EXPECT_TRUE(config.keep_alive_hint);
    EXPECT_TRUE(config.abandoned_on_fin);  // A-022
    EXPECT_EQ(config.timeouts.abandoned, 500ms);
    EXPECT_TRUE(config.traceparent);
    EXPECT_THAT(config.trusted_proxies, ElementsAre("10.0.0.0/8", "::1", "unix"));
}

TEST_F(ConfigFile, MayAskForNoBodyRateAtAll) {
    const Config config =
        read(std::string{"{"} + kApp + R"(, "limits": {"body_rate": null, "body": null}})");

    EXPECT_EQ(config.limits.body_rate, 0U);
    EXPECT_EQ(config.limits.body, Limits::kUnbounded);
}

TEST_F(ConfigFile, MayHoldComments) {
    EXPECT_THAT(faults("// one\n{ /* two */ \"apps\": [{\"app\": \"hello\"}] }\n// three"),
                IsEmpty());
}

struct Broken {
    std::string text;
    std::vector<std::string> faults;
};

TEST_F(ConfigFile, IsToldWhatIsWrongAndWhatIsAllowed) {
    const std::string pool = "a whole number from 1 to 2147483647, or null";
    const std::string bytes = "a whole number from 1 to 9007199254740992, or null";
    const std::string seconds = "a number of seconds > 0 and at most 1000000000, or null";
    const std::string log = "a path, \"-\" or \"off\"";
    const std::string list = "a list of one item or more";
    // Each stands beside a good application.
    const Broken table[] = {
        {R"("pool": 0)", {"/pool: is 0, must be " + pool}},
        {R"("pool": -1)", {"/pool: is -1, must be " + pool}},
        {R"("pool": 1.5)", {"/pool: is 1.5, must be " + pool}},
        {R"("pool": "ten")", {"/pool: is \"ten\", must be " + pool}},
        {R"("pool": true)", {"/pool: is true, must be " + pool}},
        {R"("pool": [])", {"/pool: is an empty list, must be " + pool}},
        {R"("pool": 2147483648)", {"/pool: is 2147483648, must be " + pool}},
        {R"("pool": 18446744073709551616)", {"/pool: is 1.8446744073709552e+19, must be " + pool}},
        {R"("limits": {"headers": 0})", {"/limits/headers: is 0, must be " + bytes}},
        {R"("limits": {"body_rate": -1})",
         {"/limits/body_rate: is -1, must be a whole number from 0 to 9007199254740992, or null"}},
        {R"("limits": 5)", {"/limits: is 5, must be an object"}},
        {R"("limits": null)", {"/limits: is null, must be an object"}},
        {R"("timeouts": {"idle": 0})", {"/timeouts/idle: is 0, must be " + seconds}},
        {R"("timeouts": {"idle": -0.5})", {"/timeouts/idle: is -0.5, must be " + seconds}},
        {R"("timeouts": {"idle": "10s"})", {"/timeouts/idle: is \"10s\", must be " + seconds}},
        {R"("timeouts": {"idle": 1e10})", {"/timeouts/idle: is 10000000000.0, must be " + seconds}},
        {R"("timeouts": {"idle": {}})", {"/timeouts/idle: is an object, must be " + seconds}},
        {R"("log": {"access": ""})", {"/log/access: is \"\", must be " + log}},
        {R"("log": {"error": null})", {"/log/error: is null, must be " + log}},
        {R"("log": {"error": "a\u0000b"})", {"/log/error: is \"a\\u0000b\", must be " + log}},
        {R"("log": {"format": "Combined"})",
         {"/log/format: is \"Combined\", must be one of \"combined\", \"json\""}},
        {R"("log": {"level": 3})",
         {"/log/level: is 3, must be one of \"error\", \"warn\", \"info\", \"debug\", \"trace\""}},
        {R"("listen": "127.0.0.1:80")", {"/listen: is \"127.0.0.1:80\", must be " + list}},
        {R"("listen": [])", {"/listen: is an empty list, must be " + list}},
        {R"("listen": ["::1:80"])",
         {"/listen/0: listening address \"::1:80\": an IPv6 address stands in brackets, as in "
          "[::1]:80"}},
        {R"("listen": [":1", "a\nb:2"])",
         {"/listen/1: listening address \"a\\x0ab:2\": \"a\\x0ab\" is neither an IPv4 address nor "
          "a "
          "host name"}},
        {R"("listen": [80])",
         {"/listen/0: is 80, must be an address as \"127.0.0.1:8000\", \"[::1]:8000\", \":8000\" "
          "or "
          "\"unix:/path\", or an object"}},
        {R"("listen": [{"tls": {"key": "k"}}])",
         {"/listen/0/tls/certificate: missing, must be the path of a file",
          "/listen/0/address: missing, must be an address as \"127.0.0.1:8000\", "
          "\"[::1]:8000\", \":8000\" or \"unix:/path\""}},
        {R"("listen": [{"address": ":1", "mode": "0660"}])",
         {"/listen/0/mode: is only for a unix socket"}},
        {R"("listen": [{"address": "::1:80", "mode": "0660"}])",
         {"/listen/0/address: listening address \"::1:80\": an IPv6 address stands in brackets, as "
          "in "
          "[::1]:80"}},
        {R"("listen": [{"address": "unix:/a", "mode": "rw"}])",
         {"/listen/0/mode: is \"rw\", must be octal digits as \"0660\""}},
        {R"("listen": [{"address": ":1", "defer_accept": 1}])",
         {"/listen/0/defer_accept: is 1, must be true or false"}},
        {R"("listen": [{"address": ":1", "tls": {"certificate": "c", "key": "k",
            "client": "optional"}}])",
         {"/listen/0/tls/client: needs client_ca beside it"}},
        {R"("listen": [{"address": ":1", "tls": {"certificate": "c", "key": "k",
            "client_crl": "c", "min_version": "1.1", "ciphers": [], "groups": "\n", "ticket_lifetime": 604801}}])",
         {"/listen/0/tls/min_version: is \"1.1\", must be one of \"1.2\", \"1.3\"",
          "/listen/0/tls/ciphers: is an empty list, must be names as OpenSSL has them",
          "/listen/0/tls/groups: must be printable ASCII",
          "/listen/0/tls/ticket_lifetime: is 604801, must be a whole number from 0 to 604800",
          "/listen/0/tls/client_crl: needs client_ca beside it"}},
        {R"("listen": [{"address": ":1", "tls": {"certificate": "c", "key": "k",
            "names": {"a b": {}, "b.org": {"kee": "x"}}}}])",
         {"/listen/0/tls/names/a b: is no host name, must be one as \"a.org\" or \"*.a.org\"",
          "/listen/0/tls/names/b.org/kee: unknown key, the nearest known one is \"key\"",
          "/listen/0/tls/names/b.org/certificate: missing, must be the path of a file",
          "/listen/0/tls/names/b.org/key: missing, must be the path of a file"}},
        {R"("listen": [{"address": ":1", "tls": {"certificate": "c", "key": "k",
            "names": {"a": [], "b": "b", "c": [{"certificate": "c", "key": "k"}, 1, {"key": "k"}],
                      "D.c": {"certificate": "c", "key": "k"}, "d.C": {"certificate": "c", "key": "k"}, "*.": {}}}}])",
         {"/listen/0/tls/names/a: is an empty list, must be an object, or a list of one or more",
          "/listen/0/tls/names/b: is \"b\", must be an object, or a list of one or more",
          "/listen/0/tls/names/c/1: is 1, must be an object",
          "/listen/0/tls/names/c/2/certificate: missing, must be the path of a file",
          "/listen/0/tls/names/d.C: is the host \"D.c\", must be there once",
          "/listen/0/tls/names/*.: is no host name, must be one as \"a.org\" or \"*.a.org\""}},
        {R"("workers": 0)", {"/workers: is 0, must be a whole number from 1 to 1024, or \"auto\""}},
        {R"("workers": "many")",
         {"/workers: is \"many\", must be a whole number from 1 to 1024, or \"auto\""}},
        {R"("group": "a")", {"/group: needs user beside it"}},
        {R"("user": 33)", {"/user: is 33, must be the name or number of a user, or null"}},
        {R"("user": null, "group": null, "dumpable": null)",
         {"/dumpable: is null, must be true or false"}},
        {R"("accept": 1)", {"/accept: is 1, must be one of \"reuseport\", \"shared\""}},
        {R"("max_connections": null)",
         {"/max_connections: is null, must be a whole number from 1 to 2147483647"}},
        {R"("timeouts": {"drain_delay": -1})",
         {"/timeouts/drain_delay: is -1, must be a number of seconds >= 0 and at most "
          "1000000000, or null"}},
        {R"("admin": "localhost")",
         {"/admin: listening address \"localhost\": must be host:port, :port, [v6]:port "
          "or unix:/path"}},
        {R"("admin": {"mode": "0660"})",
         {"/admin/address: missing, must be an address as \"127.0.0.1:8000\", "
          "\"[::1]:8000\", \":8000\" or \"unix:/path\""}},
        {R"("admin": {"address": ":1", "mode": "0660"})",
         {"/admin/mode: is only for a unix socket"}},
        {R"("admin": {"address": ":1", "names": []})",
         {"/admin/names: is an empty list, must be " + list}},
        {R"("admin": {"address": ":1", "names": ["a:1", "*.a", "A.org", 1]})",
         {"/admin/names/0: is no host name in lower case",
          "/admin/names/1: is no host name in lower case",
          "/admin/names/2: is no host name in lower case",
          "/admin/names/3: is 1, must be a host name in lower case"}},
        {R"("server_header": "a\r\nSet-Cookie: b")", {"/server_header: must be printable ASCII"}},
        {R"("trusted_proxies": ["10.0.0.0/33"])",
         {"/trusted_proxies/0: \"10.0.0.0/33\" must be an address, a network as \"10.0.0.0/8\", "
          "or \"unix\""}},
        {R"("listen": [{"address": ":1", "proxy_protocol": "v3"}])",
         {"/listen/0/proxy_protocol: is \"v3\", must be true, false, or one of \"v1\", \"v2\""}},
        {R"("listen": [{"address": ":1", "proxy_protocol": true}])",
         {"/listen/0/proxy_protocol: needs trusted_proxies: all others are refused"}},
        {R"("forwarded": true)",
         {"/forwarded: is true, must be one of \"x-forwarded\", \"x-forwarded-all\", "
          "\"forwarded\""}},
        {R"("plugin_path": [""])", {"/plugin_path/0: is \"\", must be the path of a directory"}},
        {R"("plugin_path": {})", {"/plugin_path: is an object, must be " + list}},
        {R"("timeouts": {"headr": 3})",
         {"/timeouts/headr: unknown key, the nearest known one is \"header\""}},
        {R"("lisen": [])", {"/lisen: unknown key, the nearest known one is \"listen\""}},
        {R"("*": 1)", {"/*: unknown key, the nearest known one is \"log\""}},
        {R"("log/level": "info")", {"/log~1level: unknown key, the nearest known one is \"log\""}},
        {R"("a\nb~": 1)", {"/a\\x0ab~0: unknown key, the nearest known one is \"apps\""}},
        {R"("pool": 1, "pool": 2)", {"/pool: given twice, must be there once"}},
        {R"("log": {"level": "info", "level": "warn"})",
         {"/log/level: given twice, must be there once"}},
    };
    for (const Broken& broken : table) {
        SCOPED_TRACE(broken.text);
        std::vector<std::string> lines;
        for (const std::string& fault : broken.faults) {
            lines.push_back("FILE: " + fault);
        }
        EXPECT_EQ(faults(std::string{"{"} + kApp + ", " + broken.text + "}"), lines);
    }
}

TEST_F(ConfigFile, IsToldWhatIsWrongWithItsApplications) {
    const std::string list = "a list of one item or more";
    const std::string app = "the name of a plugin, or a path with a \"/\" to its file";
    const Broken table[] = {
        {"{}", {"/apps: missing, must have one application or more"}},
        {R"({"apps": []})", {"/apps: is an empty list, must be " + list}},
        {R"({"apps": null})", {"/apps: is null, must be " + list}},
        {R"({"apps": ["hello"]})", {"/apps/0: is \"hello\", must be an object"}},
        {R"({"apps": [{}]})", {"/apps/0/app: missing, must be " + app}},
        {R"({"apps": [{"app": ""}]})", {"/apps/0/app: is \"\", must be " + app}},
        {R"({"apps": [{"app": "a", "mount": "a"}]})",
         {"/apps/0/mount: mount \"a\": must begin with \"/\""}},
        {R"({"apps": [{"app": "a", "config": "{}"}]})",
         {"/apps/0/config: is \"{}\", must be an object"}},
        {R"({"apps": [{"app": "a", "config": {"b": [{"c": 1, "c": 2}]}}]})",
         {"/apps/0/config/b/0/c: given twice, must be there once"}},
        {R"({"apps": [{"app": "a", "stack": null}]})",
         {"/apps/0/stack: is null, must be a whole number from 16384 to 1073741824"}},
        {R"({"apps": [{"app": "a", "mounts": "/"}]})",
         {"/apps/0/mounts: unknown key, the nearest known one is \"mount\""}},
        // A-006
        {R"({"apps": [{"app": "a", "around": "b"}]})",
         {"/apps/0/around: is \"b\", must be a list"}},
        {R"({"apps": [{"app": "a", "around": ["b", 1, ""]}]})",
         {"/apps/0/around/1: is 1, must be " + app + ", or an object",
          "/apps/0/around/2: is \"\", must be " + app + ", or an object"}},
        {R"({"apps": [{"app": "a", "around": [{"config": {}}]}], "around": [{}]})",
         {"/apps/0/around/0/app: missing, must be " + app,
          "/around/0/app: missing, must be " + app}},
        {R"({"apps": [{"app": "a"}], "around": ["b", {"app": "c", "config": 1, "mount": "/"}]})",
         {"/around/1/config: is 1, must be an object",
          "/around/1/mount: unknown key, the nearest known one is \"app\""}},
        {R"({"apps": [{"app": "a"}], "around": null})", {"/around: is null, must be a list"}},
        {R"({"apps": [{"app": "a"}, {"app": "b", "mount": "//"}]})",
         {"/apps/1/mount: \"//\" is the mount of FILE: /apps/0 too, must be its own"}},
        {R"({"apps": [{"app": "a", "mount": "/x/"}, {"app": "b", "mount": "/x"}]})",
         {"/apps/1/mount: \"/x\" is the mount of FILE: /apps/0 too, must be its own"}},
    };
    for (const Broken& broken : table) {
        SCOPED_TRACE(broken.text);
        std::vector<std::string> lines;
        for (const std::string& fault : broken.faults) {
            lines.push_back("FILE: " + fault);
        }
        EXPECT_EQ(faults(broken.text), lines);
    }
}

TEST_F(ConfigFile, IsToldAllItsFaultsAtOnce) {
    EXPECT_THAT(
        faults(R"({"pool": 0, "lisen": [], "pool": 0, "timeouts": {"idle": 0, "x": 1}})"),
        ElementsAre("FILE: /pool: given twice, must be there once",
                    "FILE: /pool: is 0, must be a whole number from 1 to 2147483647, or null",
                    "FILE: /lisen: unknown key, the nearest known one is \"listen\"",
                    "FILE: /timeouts/idle: is 0, must be a number of seconds > 0 and at most "
                    "1000000000, or null",
                    "FILE: /timeouts/x: unknown key, the nearest known one is \"body\"",
                    "FILE: /apps: missing, must have one application or more"));
}

TEST_F(ConfigFile, IsNotJson) {
    struct Syntax {
        std::string text;
        std::string place;
    };
    const Syntax table[] = {
        {"", "FILE:1:1: "},
        {"  \n ", "FILE:2:2: "},
        {"{", "FILE:1:2: "},
        {"{\"pool\": 1 \"listen\": []}", "FILE:1:19: "},
        {"{\n  \"pool\": 1,\n}", "FILE:3:1: "},
        {"{\n  \"pool\": tru,\n}", "FILE:2:14: "},
        {"{\"pool\": 01}", "FILE:1:11: "},
        {"{\"pool\": 1e999}", "FILE:1:14: "},
        {"{} {}", "FILE:1:4: "},
        {"{\"a\": \"b\n\"}", "FILE:1:9: "},
        {"{\"a\": \"\xff\"}", "FILE:1:8: "},
        {"{'a': 1}", "FILE:1:2: "},
        {"/* {}", "FILE:1:6: "},
    };
    for (const Syntax& syntax : table) {
        SCOPED_TRACE(syntax.text);
        const std::vector<std::string> lines = faults(syntax.text);
        EXPECT_THAT(lines, ElementsAre(testing::StartsWith(syntax.place)));
        EXPECT_THAT(lines, ElementsAre(testing::Not(testing::HasSubstr("json.exception"))));
    }
}

TEST_F(ConfigFile, IsJsonButNoObject) {
    EXPECT_THAT(faults("[]"), ElementsAre("FILE: is an empty list, must be an object"));
    EXPECT_THAT(faults("3"), ElementsAre("FILE: is 3, must be an object"));
}

TEST_F(ConfigFile, IsNestedTooDeep) {
    const std::string deep = std::string(1000000, '[');
    const std::vector<std::string> lines = faults(deep);

    EXPECT_THAT(lines, ElementsAre(testing::EndsWith("nested too deep, at most 100 levels")));
}

TEST_F(ConfigFile, CannotBeRead) {
    const auto reason_for = [&](const std::filesystem::path& path) {
        try {
            read_config(path);
            return std::string{"none"};
        } catch (const ConfigError& error) {
            return std::string{error.what()};
        }
    };
    EXPECT_EQ(reason_for(file_), file_ + ": cannot be read: No such file or directory");
    EXPECT_EQ(reason_for(folder_.path()),
              folder_.path().string() + ": cannot be read: Is a directory");
    EXPECT_EQ(reason_for("/dev/zero"), "/dev/zero: cannot be read: File too large");
}

// A-061
TEST_F(ConfigFile, NamesAPidFileOrNone) {
    const std::string app = std::string{", "} + kApp + "}";
    EXPECT_EQ(read(R"({"pid_file": "p.pid")" + app).pid_file, (folder_.path() / "p.pid").string());
    EXPECT_EQ(read(R"({"pid_file": null)" + app).pid_file, "");
    EXPECT_EQ(read(R"({"pid_file": null)" + app, {.pid_file = "/x.pid"}).pid_file, "/x.pid");
    EXPECT_THAT(faults(R"({"pid_file": 1)" + app),
                ElementsAre("FILE: /pid_file: is 1, must be the path of a file, or null"));
    EXPECT_THAT(faults(R"({"pid_file": null)" + app, {.pid_file = ""}),
                ElementsAre(R"(--pid-file: is "", must be the path of a file, or null)"));
}

TEST_F(ConfigFile, IsReadAsFarAsItCanBeDespiteItsFaults) {
    const auto file =
        write(R"({"pool": "many", "pid_file": "/x.pid", "timeouts": {"shutdown": 7}})");
    const Config config = read_config_despite_faults(file);
    EXPECT_EQ(config.pid_file, "/x.pid");
    EXPECT_EQ(config.shutdown, 7s);
    EXPECT_THROW(read_config_despite_faults(write("{")), ConfigError);
}

TEST_F(ConfigFile, GivesWayToFlags) {
    const Config config =
        read(R"({"listen": [":1"], "pool": 1, "apps": [{"app": "a"}], "log": {"format": "json"}})",
             {.listen = {"127.0.0.1:0"},
              .apps = {"b", "c:/c"},
              .workers = "3",
              .pool = 5,
              .access_log = "off",
              .log_level = "debug"});

    EXPECT_THAT(addresses(config), ElementsAre("127.0.0.1:0"));
    EXPECT_EQ(config.workers, 3U);
    EXPECT_EQ(config.pool, 5U);
    EXPECT_EQ(config.log.access, "off");
    EXPECT_EQ(config.log.format, AccessFormat::kJson);
    EXPECT_EQ(config.log.level, LogLevel::kDebug);
    ASSERT_EQ(config.apps.size(), 2U);
    EXPECT_EQ(config.apps[0].app, "b");
    EXPECT_EQ(config.apps[0].mount, "/");
    EXPECT_EQ(config.apps[0].place, "--app b");
    EXPECT_EQ(config.apps[1].app, "c");
    EXPECT_EQ(config.apps[1].mount, "/c");
}

TEST_F(ConfigFile, NeedsNoApplicationsIfFlagsNameSome) {
    EXPECT_THAT(faults("{}", {.apps = {"hello"}}), IsEmpty());
    EXPECT_EQ(read_config("", {.apps = {"hello"}}).apps.size(), 1U);
}

TEST(ConfigFlags, SplitNameAndMountButNotAPath) {
    const auto split = [](const char* flag) {
        const AppConfig app = read_config("", {.apps = {flag}}).apps.at(0);
        return app.app + " at " + app.mount;
    };
    EXPECT_EQ(split("hello"), "hello at /");
    EXPECT_EQ(split("hello:/a:/b"), "hello at /a:/b");
    EXPECT_EQ(split("./a.so"), "./a.so at /");
    EXPECT_EQ(split("dir/x:y.so"), "dir/x:y.so at /");
    EXPECT_EQ(split("dir/x:y.so:/m"), "dir/x:y.so at /m");
}

TEST(ConfigFlags, AreNamedWhenTheyAreWrong) {
    try {
        read_config("", {.listen = {"::1:80"},
                         .apps = {"a:", "b:x", "c", "d"},
                         .workers = "3x",
                         .pool = 0,
                         .access_log = "",
                         .log_level = "loud"});
        ADD_FAILURE() << "was taken";
    } catch (const ConfigError& error) {
        EXPECT_THAT(
            error.lines(),
            ElementsAre(
                "--listen: listening address \"::1:80\": an IPv6 address stands in brackets, "
                "as in [::1]:80",
                "--app a:: is \"\", must be a path that begins with \"/\"",
                "--app b:x: mount \"x\": must begin with \"/\"",
                "--workers: is \"3x\", must be a whole number from 1 to 1024, or \"auto\"",
                "--pool: is 0, must be a whole number from 1 to 2147483647, or null",
                "--access-log: is \"\", must be a path, \"-\" or \"off\"",
                "--log-level: is \"loud\", must be one of \"error\", \"warn\", \"info\", "
                "\"debug\", \"trace\"",
                "--app d: \"/\" is the mount of --app c too, must be its own"));
    }
}

TEST(ConfigFlags, MayHoldAnyBytes) {
    EXPECT_THROW(read_config("", {.apps = {"a"}, .log_level = "\xff\n"}), ConfigError);
    EXPECT_EQ(read_config("", {.apps = {"\xff"}}).apps[0].app, "\xff");
}

TEST(ConfigFlags, MustNameAnApplicationWithoutAFile) { EXPECT_THROW(read_config(""), ConfigError); }

}  // namespace
}  // namespace grove::http
