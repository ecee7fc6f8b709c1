// `grove check`, and the examples and units that ship.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "file_content.h"
#include "program.h"
#include "root_warning.h"
#include "temporary_folder.h"
#include "test_certificates.h"

namespace grove {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr auto kDay = 24h;

class GroveCheck : public testing::Test {
protected:
    std::string file(const char* name) const { return (folder_.path() / name).string(); }

    ProgramResult check(const std::string& text) const {
        std::ofstream{file("grove.json")} << text;
        return run_program({GROVE_TEST_BINARY, "check", file("grove.json")});
    }

    /// Of a listener with this certificate, whatever its files are called.
    ProgramResult check_tls(const TlsCertificate& certificate, const std::string& key) const {
        return check(R"({"listen": [{"address": ":0", "tls": {"certificate": ")" +
                     certificate.chain_file + R"(", "key": ")" + key +
                     R"("}}], "apps": [{"app": "hello"}]})");
    }

    TemporaryFolder folder_;
    test::Authority authority_{folder_.path()};
};

// A-006
TEST_F(GroveCheck, EndsThoughAFactoryHasForkedAProcessThatStays) {
    const ProgramResult result =
        check(R"({"plugin_path": [")" GROVE_TEST_PLUGINS R"("], "listen": ["127.0.0.1:0"],
        "timeouts": {"load": 20}, "apps": [{"app": "forker", "config": {"file":")" +
              file("forked") + R"("}}]})");
    pid_t forked = 0;
    std::ifstream{file("forked")} >> forked;
    ASSERT_GT(forked, 0);
    EXPECT_EQ(::kill(forked, SIGKILL), 0);
    EXPECT_EQ(result.exit_code, 0) << result.errors;
}

// A-006
TEST_F(GroveCheck, EndsThoughAFactoryHangs) {
    const ProgramResult result =
        check(R"({"plugin_path": [")" GROVE_TEST_APPS R"(", ")" GROVE_TEST_PLUGINS
              R"("], "listen": [":0"], "timeouts": {"load": 0.5},
        "apps": [{"mount": "/a", "app": "hello"}, {"mount": "/b", "app": "unruly", "config": {"hang": 1}}]})");
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.output, "");
    EXPECT_THAT(result.errors,
                StartsWith(file("grove.json") +
                           ": /apps/1: the plugin \"unruly\" was not loaded within 0.5 s, which is "
                           "timeouts.load\n"));
}

TEST_F(GroveCheck, TellsAllFaultsOfPluginsAndCertificatesAtOnce) {
    const ProgramResult result =
        check(R"({"plugin_path": [")" GROVE_TEST_APPS R"(", ")" GROVE_TEST_PLUGINS R"("],
        "listen": [":0", {"address": ":0", "tls": {"certificate": "no.pem", "key": "no.key"}},
                   {"address": ":0", "tls": {"certificate": "neither.pem", "key": "no.key"}}],
        "apps": [{"mount": "/a", "app": "nosuch"}, {"mount": "/b", "app": "hello"},
                 {"mount": "/c", "app": "unruly", "config": {"throw": 1}},
                 {"mount": "/d", "app": "unruly", "config": {"abort": 1}},
                 {"mount": "/e", "app": "mute"}]})");
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.output, "");
    EXPECT_THAT(result.errors,
                AllOf(HasSubstr("grove.json: /apps/0: no plugin \"nosuch\""),
                      HasSubstr("grove.json: /apps/2: as it was told to\n"),
                      HasSubstr("grove.json: /apps/3: the plugin \"unruly\" was ended by signal 6 "
                                "(Aborted) while it was loaded\n"),
                      HasSubstr("grove.json: /apps/4: "),
                      HasSubstr("grove.json: /listen/1/tls/certificate: "),
                      HasSubstr("grove.json: /listen/2/tls/certificate: ")));
    EXPECT_THAT(result.errors,
                AllOf(Not(HasSubstr("/apps/1")), HasSubstr("no.pem"), HasSubstr("neither.pem")));
}

// The lines but for the warnings, each with its end.
std::vector<std::string> faults_in(const std::string& errors) {
    std::vector<std::string> faults;
    std::istringstream in{errors};
    for (std::string line; std::getline(in, line);) {
        if (line.find(": warning: ") == line.npos) faults.push_back(line + '\n');
    }
    return faults;
}

// A-006
TEST_F(GroveCheck, HasThePointerOfAMiddlewareThatCannotBeHad) {
    const auto errors_of = [&](const std::string& members) {
        const ProgramResult result =
            check(R"({"plugin_path": [")" GROVE_TEST_APPS R"(", ")" GROVE_TEST_PLUGINS R"("], )" +
                  members + "}");
        EXPECT_EQ(result.exit_code, 2) << members;
        return result.errors;
    };
    struct Row {
        std::string members;
        std::string line;  // of the fault, from its pointer on
    };
    const std::string hello = R"("apps": [{"app": "hello"}], "around": )";
    const std::string no_middleware =
        ": is an application, wanted a middleware; applications go into \"app\" of \"apps\"\n";
    const Row table[] = {
        {R"("apps": [{"app": "hello", "around": ["hello"]}])",
         "/apps/0/around/0: " GROVE_TEST_APPS "/hello.so" + no_middleware},
        {hello + R"(["wrapper", {"app": "probe"}])",
         "/around/1: " GROVE_TEST_PLUGINS "/probe.so" + no_middleware},
        {R"("apps": [{"app": "wrapper"}])",
         "/apps/0: " GROVE_TEST_PLUGINS
         "/wrapper.so: is a middleware, wanted an application; middleware goes into \"around\"\n"},
        {R"("apps": [{"app": "hello", "around": ["wrapper", "nosuch"]}])",
         "/apps/0/around/1: no plugin \"nosuch\": there is no nosuch.so in "},
        {hello + R"([{"app": "wrapper", "config": {"throw": 1}}])",
         "/around/0: no size, wanted one\n"},
        {hello + R"(["wrapper", {"app": "wrapper", "config": {"refuse": 1}}])",
         "/around/1: nothing fits into it\n"},
        {hello + R"([{"app": "wrapper", "config": {"no application": 1}}])",
         "/around/0: the middleware returned no application\n"},
        {hello + R"([{"app": "wrapper", "config": {"abort": 1}}])",
         "/around/0: the plugin \"wrapper\" was ended by signal 6 (Aborted) while it was loaded\n"},
        {hello + R"([{"app": "wrapper", "config": {"end": 1}}, "headers"])",
         "/around/0: the plugin \"wrapper\" ended its process with exit code 3 while it was "
         "loaded\n"},
        {hello + R"([{"app": "headers", "config": {"set": {"Connection": "close"}}}])",
         "/around/0: \"Connection\" cannot be set: it is the server's\n"},
        {hello + R"(["headers", {"app": "request_log", "config": {"a": 1}}])",
         "/around/1: request_log has no configuration\n"},
    };
    for (const Row& row : table) {
        SCOPED_TRACE(row.members);
        EXPECT_THAT(faults_in(errors_of(row.members)),
                    ElementsAre(StartsWith(file("grove.json") + ": " + row.line)));
    }
}

// A-006
TEST_F(GroveCheck, HasTheFaultsOfHeadersConfiguration) {
    struct Row {
        const char* config;
        const char* fault;
    };
    const Row table[] = {
        {R"({"set": ["X-A"]})", R"("set" must be an object of names and values)"},
        {R"({"set": {"X A": "1"}})", R"("X A" is not the name of a field)"},
        {R"({"set": {"": "1"}})", R"("" is not the name of a field)"},
        {R"({"set": {"X-A": 1}})", R"("X-A": 1 is not the value of a field, must be a text)"},
        {R"({"set": {"X-A": ["a", null]}})",
         R"("X-A": null is not the value of a field, must be a text)"},
        {R"({"set": {"X-A": "a\r\nX-B: b"}})",
         R"("X-A": "a\r\nX-B: b" is not the value of a field, must be a text)"},
        {R"({"set": {"content-length": "1"}})",
         R"("content-length" cannot be set: it is the server's)"},
        {R"({"set": {"Proxy-Authenticate": "a"}})",
         R"("Proxy-Authenticate" cannot be set: it is the server's)"},
        {R"({"remove": "X-A"})", R"("remove" must be a list of names)"},
        {R"({"remove": ["X-A", 2]})", "2 is not the name of a field"},
        {R"({"add": {}})", R"("add" is not a key of headers, must be set or remove)"},
    };
    for (const Row& row : table) {
        SCOPED_TRACE(row.config);
        const ProgramResult result =
            check(R"({"apps": [{"app": "hello", "around": [{"app": "headers", "config": )" +
                  std::string{row.config} + "}]}]}");
        EXPECT_EQ(result.exit_code, 2);
        EXPECT_THAT(faults_in(result.errors),
                    ElementsAre(file("grove.json") + ": /apps/0/around/0: " + row.fault + '\n'));
    }
}

// A-053
TEST_F(GroveCheck, TellsWhatComesAfterAMiddlewareThatEndsItsProcess) {
    const ProgramResult result =
        check(R"({"plugin_path": [")" GROVE_TEST_APPS R"(", ")" GROVE_TEST_PLUGINS R"("],
        "apps": [{"mount": "/a", "app": "unruly", "config": {"throw": 1}},
                 {"mount": "/b", "app": "hello",
                  "around": [{"app": "wrapper", "config": {"abort": 1}}]},
                 {"mount": "/c", "app": "unruly", "config": {"throw": 1}}],
        "around": [{"app": "wrapper", "config": {"throw": 1}}]})");
    EXPECT_EQ(result.exit_code, 2);
    const std::string name = file("grove.json");
    EXPECT_THAT(result.errors,
                StartsWith(name + ": /apps/0: as it was told to\n" + name +
                           ": /apps/1/around/0: the plugin \"wrapper\" was ended by signal 6 "
                           "(Aborted) while it was loaded\n" +
                           name + ": /apps/2: as it was told to\n" + name +
                           ": /around/0: no size, wanted one\n"));
}

// A-053
TEST_F(GroveCheck, KeepsWhatAFactoryThrowsInItsLine) {
    const std::string text =
        R"({"plugin_path": [")" GROVE_TEST_PLUGINS R"("], "listen": ["127.0.0.1:0"],
        "apps": [{"app": "unruly", "config": {"forge": 1}}]})";
    const std::string line =
        file("grove.json") + R"(: /apps/0: first\x0a!second\x0d\x1b[2Jthird)" + '\n';
    const ProgramResult checked = check(text);
    const ProgramResult served = run_program({GROVE_TEST_BINARY, "serve", file("grove.json")});
    EXPECT_EQ(checked.exit_code, 2);
    EXPECT_THAT(faults_in(checked.errors), ElementsAre(line));
    EXPECT_EQ(served.exit_code, 2);
    EXPECT_THAT(served.errors, HasSubstr(line));
}

// A-053
TEST_F(GroveCheck, RefusesWhatServeRefuses) {
    const auto with_apps = [](const std::string& apps) {
        return R"({"plugin_path": [")" GROVE_TEST_PLUGINS
               R"("], "listen": ["127.0.0.1:0"], "apps": [)" +
               apps + "]}";
    };
    const std::string one = R"({"mount": "/a", "app": "once"})";
    EXPECT_EQ(check(with_apps(one)).exit_code, 0);

    const ProgramResult checked = check(with_apps(one + R"(, {"mount": "/b", "app": "once"})"));
    const ProgramResult served = run_program({GROVE_TEST_BINARY, "serve", file("grove.json")});
    const std::string line =
        file("grove.json") + ": /apps/1: is there already, wanted one in a process\n";
    EXPECT_EQ(checked.exit_code, 2);
    EXPECT_THAT(checked.errors, StartsWith(line));
    EXPECT_EQ(served.exit_code, 2);
    EXPECT_THAT(served.errors, HasSubstr(line));
}

TEST_F(GroveCheck, ComparesAKeyWithItsCertificate) {
    const TlsCertificate one = authority_.issue("one", {"DNS:one"}, 30 * kDay);
    const TlsCertificate two = authority_.issue("two", {"DNS:two"}, 30 * kDay);
    const ProgramResult good = check_tls(one, one.key_file);
    EXPECT_EQ(good.exit_code, 0);
    EXPECT_THAT(good.errors, Not(HasSubstr("certificate")));
    const ProgramResult bad = check_tls(one, two.key_file);
    EXPECT_EQ(bad.exit_code, 2);
    EXPECT_THAT(bad.errors, HasSubstr("/listen/0/tls/key: the key \"" + two.key_file +
                                      "\" does not belong to \"" + one.chain_file + "\""));
}

TEST_F(GroveCheck, WarnsOfACertificateThatHasEndedOrSoonWill) {
    const auto warning_of = [&](std::chrono::seconds good_for) {
        const TlsCertificate made = authority_.issue("some", {"DNS:some"}, good_for);
        const ProgramResult result = check_tls(made, made.key_file);
        EXPECT_EQ(result.exit_code, 0) << "a warning is no fault";
        EXPECT_EQ(result.output, file("grove.json") + ": ok\n");
        return result.errors;
    };
    EXPECT_THAT(warning_of(8 * kDay), Not(HasSubstr("certificate")));
    const std::string place = "grove.json: /listen/0/tls/certificate: warning: \"";
    EXPECT_THAT(warning_of(6 * kDay), AllOf(HasSubstr(place), HasSubstr("\" expires on 2")));
    EXPECT_THAT(warning_of(-60s), AllOf(HasSubstr(place), HasSubstr("\" expired on 2")));
}

TEST_F(GroveCheck, LooksAtTheCertificatesOfEachName) {
    const TlsCertificate good = authority_.issue("good", {"DNS:good"}, 30 * kDay);
    const TlsCertificate old = authority_.issue("old", {"DNS:old"}, -60s);
    const ProgramResult result = check(R"({"listen": [{"address": ":0", "tls": {
        "certificate": ")" + good.chain_file +
                                       R"(", "key": ")" + good.key_file + R"(",
        "names": {"old": {"certificate": ")" +
                                       old.chain_file + R"(", "key": ")" + old.key_file +
                                       R"("}}}}], "apps": [{"app": "hello"}]})");
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.errors, HasSubstr("/listen/0/tls/names/old/certificate: warning: "));
}

// O-041
TEST_F(GroveCheck, HasThePointerOfEachKeyOfTls) {
    const TlsCertificate made = authority_.issue("made", {"DNS:made"}, 30 * kDay);
    const auto errors_of = [&](const std::string& members) {
        const ProgramResult result =
            check(R"({"listen": [{"address": ":0", "tls": {"certificate": ")" + made.chain_file +
                  R"(", "key": ")" + made.key_file + "\"" + members +
                  R"(}}], "apps": [{"app": "hello"}]})");
        EXPECT_EQ(result.exit_code, 2) << members;
        return result.errors;
    };
    const std::string place = "grove.json: /listen/0/tls";
    const std::string authority = R"(, "client_ca": ")" + authority_.file() + "\"";
    EXPECT_THAT(errors_of(R"(, "ciphers": "HIGH:NO")"), HasSubstr(place + "/ciphers: the "));
    EXPECT_THAT(errors_of(R"(, "ciphersuites": "NO")"), HasSubstr(place + "/ciphersuites: the "));
    EXPECT_THAT(errors_of(R"(, "groups": "NO")"), HasSubstr(place + "/groups: the groups \"NO\""));
    EXPECT_THAT(errors_of(R"(, "client_ca": "no.pem")"), HasSubstr(place + "/client_ca: cannot "));
    EXPECT_THAT(errors_of(authority + R"(, "client_crl": "no.crl")"),
                HasSubstr(place + "/client_crl: cannot read the clients' revocation list"));
    EXPECT_THAT(errors_of(R"(, "ocsp": "no.ocsp")"), HasSubstr(place + "/ocsp: cannot read "));
    const std::string one =
        R"({"certificate": ")" + made.chain_file + R"(", "key": ")" + made.key_file + R"("})";
    EXPECT_THAT(
        errors_of(R"(, "names": {"made": )" + one + R"(, "b": [)" + one + ", " + one + "]}"),
        HasSubstr(place + "/names/b/1/certificate: the certificate \""));
}

// O-041, O-044
TEST_F(GroveCheck, WarnsOfWhatIsOutOfDateBesideACertificate) {
    const TlsCertificate made = authority_.issue("made", {"DNS:made"}, 30 * kDay);
    const auto warnings_with = [&](std::chrono::seconds good_for) {
        const std::string files = R"({"certificate": ")" + made.chain_file + R"(", "key": ")" +
                                  made.key_file + R"(", "ocsp": ")" +
                                  authority_.ocsp(made, good_for) + "\"";
        const ProgramResult result =
            check(R"({"listen": [{"address": ":0", "tls": )" + files + R"(, "client_ca": ")" +
                  authority_.file() + R"(", "client_crl": ")" + authority_.crl({}, good_for) +
                  R"(", "names": {"made": )" + files + R"(}}}}], "apps": [{"app": "hello"}]})");
        EXPECT_EQ(result.exit_code, 0);
        return result.errors;
    };
    EXPECT_THAT(warnings_with(60s), Not(HasSubstr("made")));
    EXPECT_THAT(warnings_with(-60s),
                AllOf(HasSubstr("grove.json: /listen/0/tls/ocsp: warning: \""),
                      HasSubstr("made.pem.ocsp\" expired on 2"),
                      HasSubstr("grove.json: /listen/0/tls/names/made/ocsp: warning: \""),
                      HasSubstr("grove.json: /listen/0/tls/client_crl: warning: \""),
                      HasSubstr("ca.crl\" expired on 2")));
}

// O-040
TEST_F(GroveCheck, WarnsOfACertificateThatDoesNotCoverItsKey) {
    const TlsCertificate made =
        authority_.issue("made", {"DNS:one.org", "DNS:*.two.org"}, 30 * kDay);
    const std::string files =
        R"({"certificate": ")" + made.chain_file + R"(", "key": ")" + made.key_file + R"("})";
    const auto warnings_of = [&](const std::string& names) {
        const ProgramResult result =
            check(R"({"listen": [{"address": ":0", "tls": {"certificate": ")" + made.chain_file +
                  R"(", "key": ")" + made.key_file + R"(", "names": {)" + names +
                  R"(}}}], "apps": [{"app": "hello"}]})");
        EXPECT_EQ(result.exit_code, 0) << "a warning is no fault";
        return result.errors;
    };
    EXPECT_THAT(warnings_of(R"("ONE.org": )" + files + R"(, "a.two.org": )" + files +
                            R"(, "*.two.org": )" + files),
                Not(HasSubstr("certificate")));
    for (const std::string host : {"three.org", "a.one.org", "*.one.org", "a.b.two.org"}) {
        const std::string place = "grove.json: /listen/0/tls/names/" + host;
        const std::string what = "/certificate: warning: \"" + made.chain_file +
                                 "\" is valid for other names but not for \"" + host + "\"";
        EXPECT_THAT(warnings_of("\"" + host + "\": " + files), HasSubstr(place + what));
        EXPECT_THAT(warnings_of("\"" + host + "\": [" + files + "]"),
                    HasSubstr(place + "/0" + what));
    }
}

TEST_F(GroveCheck, WarnsOfMoreConnectionsThanFilesMayBeOpen) {
    std::ofstream{file("grove.json")} << R"({"max_connections": 100, "apps": [{"app": "hello"}]})";
    const auto with_limit = [&](const std::string& limit) {
        const ProgramResult result =
            run_program({"/bin/sh", "-c", "ulimit -n " + limit + " && exec \"$@\"", "sh",
                         GROVE_TEST_BINARY, "check", file("grove.json")});
        EXPECT_EQ(result.exit_code, 0);
        return result.errors;
    };
    EXPECT_EQ(with_limit("200"), root_warning(file("grove.json")));
    EXPECT_EQ(with_limit("100"),
              file("grove.json") +
                  ": /max_connections: warning: 100 connections need more open files than a "
                  "process may have (100); a worker takes at most 50\n" +
                  root_warning(file("grove.json")));
}

TEST_F(GroveCheck, WarnsOfKeysThatOthersMayRead) {  // O-079
    const TlsCertificate made = authority_.issue("made", {"DNS:made"});
    const auto warning = [&](const std::string& who, const std::string& mode) {
        return "/listen/0/tls/key: warning: \"" + made.key_file + "\" may be read by " + who +
               " (mode " + mode + ")";
    };
    const auto errors_with = [&](unsigned mode) {
        fs::permissions(made.key_file, fs::perms{mode});
        return check_tls(made, made.key_file).errors;
    };
    EXPECT_THAT(errors_with(0644), HasSubstr(warning("everybody", "0644")));
    EXPECT_THAT(errors_with(0640), HasSubstr(warning("its group", "0640")));
    EXPECT_THAT(errors_with(0600), Not(HasSubstr("may be read")));
    EXPECT_THAT(errors_with(0400), Not(HasSubstr("may be read")));
}

TEST_F(GroveCheck, WarnsOfAnAdminThatCanBeReachedFromAnywhere) {  // O-079
    const auto errors_of = [&](const std::string& admin) {
        return check(R"({"apps": [{"app": "hello"}], "admin": ")" + admin + "\"}").errors;
    };
    for (const char* far :
         {":9000", "0.0.0.0:9000", "[::]:9000", "93.184.216.34:9000", "172.32.0.1:9000",
          "100.128.0.1:9000", "[2001:db8::1]:9000", "11.0.0.1:9000"}) {
        EXPECT_THAT(errors_of(far), HasSubstr("grove.json: /admin: warning: \"" + std::string{far} +
                                              "\" can be reached from anywhere and shows"));
    }
    for (const char* near :
         {"127.0.0.1:9000", "127.1.2.3:9000", "localhost:9000", "[::1]:9000", "10.1.2.3:9000",
          "172.31.255.255:9000", "192.168.1.1:9000", "169.254.1.1:9000", "100.64.0.1:9000",
          "[fd00::1]:9000", "[fe80::1%lo]:9000", "unix:admin"})
        EXPECT_THAT(errors_of(near), Not(HasSubstr("/admin"))) << near;
}

TEST_F(GroveCheck, WarnsOfUnixSocketsOverWhichNobodyIsBelieved) {  // O-079
    const auto errors_of = [&](const std::string& listen, const std::string& proxies) {
        return check(R"({"apps": [{"app": "hello"}], "listen": [":0", )" + listen +
                     R"(], "trusted_proxies": [)" + proxies + "]}")
            .errors;
    };
    constexpr const char* kWarning = "grove.json: /listen/1: warning: a client of a unix socket";
    EXPECT_THAT(errors_of(R"("unix:s")", R"("127.0.0.1")"), HasSubstr(kWarning));
    EXPECT_THAT(errors_of(R"({"address": "unix:s"})", R"("::1")"), HasSubstr(kWarning));
    EXPECT_THAT(errors_of(R"("unix:s")", R"("::1", "unix")"), Not(HasSubstr(kWarning)));
    EXPECT_THAT(errors_of(R"("127.0.0.1:0")", R"("::1")"), Not(HasSubstr("/listen")));
}

TEST_F(GroveCheck, BindsNothingAndWritesNoLog) {
    const ProgramResult result = check(R"({"listen": ["unix:s"], "apps": [{"app": "hello"}],
        "log": {"access": "access.log", "error": "error.log"}})");
    EXPECT_EQ(result.exit_code, 0);
    for (const char* name : {"s", "access.log", "error.log"})
        EXPECT_FALSE(fs::exists(file(name))) << name;
}

TEST_F(GroveCheck, TakesEachExampleThatShips) {
    fs::create_directory(folder_.path() / "www");
    for (const char* name : {"server", "www"}) {
        const TlsCertificate made = authority_.issue(name, {"DNS:www.example.org"}, 30 * kDay);
        EXPECT_EQ(made.chain_file, file(name) + ".pem");
    }
    int examples = 0;
    for (const fs::directory_entry& entry : fs::directory_iterator{GROVE_TEST_CONF}) {
        if (entry.path().extension() != ".json") continue;
        const ProgramResult result = check(content_of(entry.path()));
        EXPECT_EQ(result.exit_code, 0) << entry.path() << result.errors;
        EXPECT_THAT(result.errors, Not(HasSubstr("certificate"))) << entry.path();
        ++examples;
    }
    EXPECT_GE(examples, 3);
}

TEST(SystemdUnits, AreAsSystemdWouldHaveThem) {
    constexpr const char* kAnalyze = "/usr/bin/systemd-analyze";
    if (!fs::exists(kAnalyze)) GTEST_SKIP() << "systemd is not installed";
    const TemporaryFolder folder;
    std::string service = content_of(GROVE_TEST_CONF "/grove.service");
    const std::string binary = "/usr/bin/grove";  // of an installed one
    ASSERT_NE(service.find(binary), service.npos);
    service.replace(service.find(binary), binary.size(), GROVE_TEST_BINARY);
    std::ofstream{folder.path() / "grove.service"} << service;
    fs::copy_file(GROVE_TEST_CONF "/grove.socket", folder.path() / "grove.socket");

    const ProgramResult result =
        run_program({kAnalyze, "verify", "--man=no", (folder.path() / "grove.service").string(),
                     (folder.path() / "grove.socket").string()});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.errors, Not(HasSubstr("grove"))) << "no word of our units";
}

TEST(GroveApps, ListsNameVersionAndPathOfEachPlugin) {
    const ProgramResult result = run_program({GROVE_TEST_BINARY, "apps"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.errors, "");
    const std::string folder =
        fs::canonical(GROVE_TEST_BINARY).parent_path().parent_path() / "lib/grove/apps";
    for (const char* app :
         {"basic_auth", "compress", "cors", "echo", "events", "headers", "hello", "rate_limit",
          "request_log", "security_headers", "static", "status", "stream", "upload", "welcome"}) {
        EXPECT_THAT(result.output,
                    testing::ContainsRegex(std::string{"(^|\n)"} + app + " +[0-9]+\\.[0-9][^ ]* +" +
                                           folder + "/" + app + "\\.so\n"));
    }
}

TEST(GroveSchema, IsPrinted) {
    const ProgramResult result = run_program({GROVE_TEST_BINARY, "schema"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.output, StartsWith("{\n  \"$schema\": \"http://json-schema.org/draft-07"));
}

}  // namespace
}  // namespace grove
