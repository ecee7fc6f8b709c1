#include "read_config.h"

#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "config_file.h"

namespace grove::http {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> addresses(const Config& config) {
    std::vector<std::string> texts;
    for (const ListenConfig& listen : config.listen) texts.push_back(listen.address);
    return texts;
}

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
    EXPECT_TRUE(config.speaks_http2);
    EXPECT_EQ(config.http2.streams, 100U);
    EXPECT_EQ(config.http2.stream_window, 65536U);
    EXPECT_EQ(config.http2.connection_window, 1048576U);
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
    EXPECT_EQ(config.limits.event_streams, 10'000U);  // SSE-003
    EXPECT_EQ(config.limits.websockets, 10'000U);
    EXPECT_EQ(config.limits.websocket_message, 1'048'576U);
    EXPECT_EQ(config.limits.websocket_frames, 1'024U);
    EXPECT_EQ(config.timeouts.websocket_ping, 30s);
    EXPECT_EQ(config.timeouts.websocket_pong, 20s);
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
        "admin": {"address": "unix:admin", "mode": "0660", "names": ["a.org", "b"], "token": "a/b="}, "server_name": "example.org", "server_header": "grove", "keepalive_requests": 7,
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
    EXPECT_EQ(config.admin.token, "a/b=");
    EXPECT_EQ(config.server_name, "example.org");
    EXPECT_EQ(config.server_header, "grove");
    EXPECT_EQ(config.keepalive_requests, 7U);
    EXPECT_TRUE(config.keep_alive_hint);
    EXPECT_TRUE(config.abandoned_on_fin);  // A-022
    EXPECT_EQ(config.timeouts.abandoned, 500ms);
    EXPECT_TRUE(config.traceparent);
    EXPECT_THAT(config.trusted_proxies, ElementsAre("10.0.0.0/8", "::1", "unix"));
}

// H2-003
TEST_F(ConfigFile, BoundsHttp2) {
    const Config config = read(std::string{"{"} + kApp + R"(,
        "listen": [{"address": ":1", "h2c": true}, ":2"],
        "http2": {"streams": 2, "stream_window": 3, "connection_window": 70000,
                  "resets": {"rate": 4, "burst": 5}, "abuse": {"rate": 0.5, "burst": 6}}})");

    EXPECT_TRUE(config.speaks_http2);
    EXPECT_TRUE(config.listen[0].h2c);
    EXPECT_FALSE(config.listen[1].h2c);
    EXPECT_EQ(config.http2.streams, 2U);
    EXPECT_EQ(config.http2.stream_window, 3U);
    EXPECT_EQ(config.http2.connection_window, 70000U);
    EXPECT_EQ(config.http2.resets.rate, 4);
    EXPECT_EQ(config.http2.resets.burst, 5);
    EXPECT_EQ(config.http2.abuse.rate, 0.5);
    EXPECT_EQ(config.http2.abuse.burst, 6);
}

TEST_F(ConfigFile, TakesFalseForNoHttp2) {
    EXPECT_FALSE(read(std::string{"{"} + kApp + R"(, "http2": false})").speaks_http2);
    EXPECT_TRUE(read(std::string{"{"} + kApp + R"(, "http2": {}})").speaks_http2);
}

TEST_F(ConfigFile, BoundsWhatLasts) {  // SSE-003
    const Config config = read(std::string{"{"} + kApp + R"(,
        "limits": {"event_streams": 0, "websockets": null, "websocket_message": 3, "websocket_frames": 4},
        "timeouts": {"websocket_ping": 5, "websocket_pong": null}})");

    EXPECT_EQ(config.limits.event_streams, 0U);
    EXPECT_EQ(config.limits.websockets, Limits::kUnbounded);
    EXPECT_EQ(config.limits.websocket_message, 3U);
    EXPECT_EQ(config.limits.websocket_frames, 4U);
    EXPECT_EQ(config.timeouts.websocket_ping, 5s);
    EXPECT_EQ(config.timeouts.websocket_pong, std::nullopt);
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
    std::vector<std::string> lines;
    const Config config = read_config_despite_faults(file, lines);
    EXPECT_EQ(config.pid_file, "/x.pid");
    EXPECT_EQ(config.shutdown, 7s);
    EXPECT_THAT(lines, ElementsAre(testing::HasSubstr(": /pool: is ")));
    EXPECT_THROW(read_config_despite_faults(write("{"), lines), ConfigError);
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
                "--listen: listening address \"::1:80\": an IPv6 address must stand in brackets, "
                "such as [::1]:80",
                "--app a:: is \"\", must be a path that begins with \"/\"",
                "--app b:x: mount \"x\": must begin with \"/\"",
                "--workers: is \"3x\", must be a whole number from 1 to 1024, or \"auto\"",
                "--pool: is 0, must be a whole number from 1 to 2147483647, or null",
                "--access-log: is \"\", must be a path, \"-\" or \"off\"",
                "--log-level: is \"loud\", must be one of \"error\", \"warn\", \"info\", "
                "\"debug\", \"trace\"",
                "--app d: mount \"/\" is already used by --app c; each mount must be unique"));
    }
}

TEST(ConfigFlags, MayHoldAnyBytes) {
    EXPECT_THROW(read_config("", {.apps = {"a"}, .log_level = "\xff\n"}), ConfigError);
    EXPECT_EQ(read_config("", {.apps = {"\xff"}}).apps[0].app, "\xff");
}

TEST(ConfigFlags, MustNameAnApplicationWithoutAFile) { EXPECT_THROW(read_config(""), ConfigError); }

}  // namespace
}  // namespace grove::http
