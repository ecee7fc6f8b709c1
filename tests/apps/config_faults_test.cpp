// What is wrong with a configuration file, and how its author is told so.
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "config_file.h"

namespace grove::http {
namespace {

using testing::ElementsAre;

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
         {"/listen/0: listening address \"::1:80\": an IPv6 address must stand in brackets, such "
          "as [::1]:80"}},
        {R"("listen": [":1", "a\nb:2"])",
         {"/listen/1: listening address \"a\\x0ab:2\": \"a\\x0ab\" is neither an IPv4 address nor "
          "a "
          "host name"}},
        {R"("listen": [80])",
         {"/listen/0: is 80, must be an address such as \"127.0.0.1:8000\", \"[::1]:8000\", "
          "\":8000\" "
          "or "
          "\"unix:/path\", or an object"}},
        {R"("listen": [{"tls": {"key": "k"}}])",
         {"/listen/0/tls/certificate: missing, must be the path of a file",
          "/listen/0/address: missing, must be an address such as \"127.0.0.1:8000\", "
          "\"[::1]:8000\", \":8000\" or \"unix:/path\""}},
        {R"("listen": [{"address": ":1", "mode": "0660"}])",
         {"/listen/0/mode: is only for a unix socket"}},
        {R"("listen": [{"address": "::1:80", "mode": "0660"}])",
         {"/listen/0/address: listening address \"::1:80\": an IPv6 address must stand in "
          "brackets, such as [::1]:80"}},
        {R"("listen": [{"address": "unix:/a", "mode": "rw"}])",
         {"/listen/0/mode: is \"rw\", must be octal digits such as \"0660\""}},
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
         {"/listen/0/tls/names/a b: is not a host name such as \"a.org\" or \"*.a.org\"",
          "/listen/0/tls/names/b.org/kee: unknown key; the nearest known key is \"key\"",
          "/listen/0/tls/names/b.org/certificate: missing, must be the path of a file",
          "/listen/0/tls/names/b.org/key: missing, must be the path of a file"}},
        {R"("listen": [{"address": ":1", "tls": {"certificate": "c", "key": "k",
            "names": {"a": [], "b": "b", "c": [{"certificate": "c", "key": "k"}, 1, {"key": "k"}],
                      "D.c": {"certificate": "c", "key": "k"}, "d.C": {"certificate": "c", "key": "k"}, "*.": {}}}}])",
         {"/listen/0/tls/names/a: is an empty list, must be an object, or a list of one or more",
          "/listen/0/tls/names/b: is \"b\", must be an object, or a list of one or more",
          "/listen/0/tls/names/c/1: is 1, must be an object",
          "/listen/0/tls/names/c/2/certificate: missing, must be the path of a file",
          "/listen/0/tls/names/d.C: is the host \"D.c\" again, must be given once",
          "/listen/0/tls/names/*.: is not a host name such as \"a.org\" or \"*.a.org\""}},
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
         {"/admin/address: missing, must be an address such as \"127.0.0.1:8000\", "
          "\"[::1]:8000\", \":8000\" or \"unix:/path\""}},
        {R"("admin": {"address": ":1", "mode": "0660"})",
         {"/admin/mode: is only for a unix socket"}},
        {R"("admin": {"address": ":1", "token": "two words"})",
         {"/admin/token: is not a bearer token (RFC 6750)"}},
        {R"("admin": {"address": ":1", "names": []})",
         {"/admin/names: is an empty list, must be " + list}},
        {R"("admin": {"address": ":1", "names": ["a:1", "*.a", "A.org", 1]})",
         {"/admin/names/0: is not a host name in lower case",
          "/admin/names/1: is not a host name in lower case",
          "/admin/names/2: is not a host name in lower case",
          "/admin/names/3: is 1, must be a host name in lower case"}},
        {R"("backdoor": 1)", {"/backdoor: is 1, must be \"unix:/path\" or null"}},
        {R"("backdoor": "127.0.0.1:1")",
         {"/backdoor: is \"127.0.0.1:1\", must be \"unix:/path\" or null"}},
        {R"("backdoor": "unix:")",
         {"/backdoor: listening address \"unix:\": the path of the unix socket is missing"}},
        {R"("server_header": "a\r\nSet-Cookie: b")", {"/server_header: must be printable ASCII"}},
        {R"("trusted_proxies": ["10.0.0.0/33"])",
         {"/trusted_proxies/0: \"10.0.0.0/33\" must be an address, a network such as "
          "\"10.0.0.0/8\", "
          "or \"unix\""}},
        {R"("listen": [{"address": ":1", "proxy_protocol": "v3"}])",
         {"/listen/0/proxy_protocol: is \"v3\", must be true, false, or one of \"v1\", \"v2\""}},
        {R"("listen": [{"address": ":1", "proxy_protocol": true}])",
         {"/listen/0/proxy_protocol: needs trusted_proxies: other peers are refused"}},
        {R"("http2": false, "listen": [{"address": ":1", "h2c": true}])",
         {"/listen/0/h2c: needs http2, which is false"}},
        {R"("http2": {}, "listen": [{"address": ":1", "h2c": true, "tls": {"certificate": "c", "key": "k"}}])",
         {"/listen/0/h2c: is only for an address without tls"}},
        {R"("http2": true)", {"/http2: is true, must be false, or an object"}},
        {R"("http2": {"streams": 0, "connection_window": 1000})",
         {"/http2/streams: is 0, must be a whole number from 1 to 2147483647",
          "/http2/connection_window: is 1000, must be a whole number from 65535 to 2147483647"}},
        {R"("forwarded": true)",
         {"/forwarded: is true, must be one of \"x-forwarded\", \"x-forwarded-all\", "
          "\"forwarded\""}},
        {R"("plugin_path": [""])", {"/plugin_path/0: is \"\", must be the path of a directory"}},
        {R"("plugin_path": {})", {"/plugin_path: is an object, must be " + list}},
        {R"("timeouts": {"headr": 3})",
         {"/timeouts/headr: unknown key; the nearest known key is \"header\""}},
        {R"("lisen": [])", {"/lisen: unknown key; the nearest known key is \"listen\""}},
        {R"("*": 1)", {"/*: unknown key; the nearest known key is \"log\""}},
        {R"("log/level": "info")", {"/log~1level: unknown key; the nearest known key is \"log\""}},
        {R"("a\nb~": 1)", {"/a\\x0ab~0: unknown key; the nearest known key is \"apps\""}},
        {R"("pool": 1, "pool": 2)", {"/pool: is given twice, must be given once"}},
        {R"("log": {"level": "info", "level": "warn"})",
         {"/log/level: is given twice, must be given once"}},
    };
    for (const Broken& broken : table) {
        SCOPED_TRACE(broken.text);
        std::vector<std::string> lines;
        for (const std::string& fault : broken.faults) lines.push_back("FILE: " + fault);
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
         {"/apps/0/config/b/0/c: is given twice, must be given once"}},
        {R"({"apps": [{"app": "a", "stack": null}]})",
         {"/apps/0/stack: is null, must be a whole number from 16384 to 1073741824"}},
        {R"({"apps": [{"app": "a", "mounts": "/"}]})",
         {"/apps/0/mounts: unknown key; the nearest known key is \"mount\""}},
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
          "/around/1/mount: unknown key; the nearest known key is \"app\""}},
        {R"({"apps": [{"app": "a"}], "around": null})", {"/around: is null, must be a list"}},
        {R"({"apps": [{"app": "a"}, {"app": "b", "mount": "//"}]})",
         {"/apps/1/mount: mount \"//\" is already used by FILE: /apps/0; each mount must be "
          "unique"}},
        {R"({"apps": [{"app": "a", "mount": "/x/"}, {"app": "b", "mount": "/x"}]})",
         {"/apps/1/mount: mount \"/x\" is already used by FILE: /apps/0; each mount must be "
          "unique"}},
    };
    for (const Broken& broken : table) {
        SCOPED_TRACE(broken.text);
        std::vector<std::string> lines;
        for (const std::string& fault : broken.faults) lines.push_back("FILE: " + fault);
        EXPECT_EQ(faults(broken.text), lines);
    }
}

TEST_F(ConfigFile, IsToldAllItsFaultsAtOnce) {
    EXPECT_THAT(
        faults(R"({"pool": 0, "lisen": [], "pool": 0, "timeouts": {"idle": 0, "x": 1}})"),
        ElementsAre("FILE: /pool: is given twice, must be given once",
                    "FILE: /pool: is 0, must be a whole number from 1 to 2147483647, or null",
                    "FILE: /lisen: unknown key; the nearest known key is \"listen\"",
                    "FILE: /timeouts/idle: is 0, must be a number of seconds > 0 and at most "
                    "1000000000, or null",
                    "FILE: /timeouts/x: unknown key; the nearest known key is \"body\"",
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

}  // namespace
}  // namespace grove::http
