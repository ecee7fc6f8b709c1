// What cannot be used: told in a line and with exit 2 at the start; by a reload told, and nothing changes.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.h"
#include "supervised.h"

namespace grove {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

struct BrokenFault {
    const char* name;
    const char* members;  // of the configuration
    const char* why;
};

class Broken : public Supervised, public testing::WithParamInterface<BrokenFault> {};

TEST_P(Broken, EndsTheStart) {
    const ProgramResult result = run_program(serve_command({configuration(GetParam().members)}));

    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.errors, HasSubstr(GetParam().why));
    EXPECT_THAT(result.errors, EndsWith("\n"));
    EXPECT_THAT(result.errors, Not(HasSubstr("grove: listening on")));
    EXPECT_THAT(result.errors, Not(HasSubstr("another takes its place")));
}

TEST_P(Broken, ChangesNothingByAReload) {
    const auto server = serve(kTwoHellos);
    const std::vector<pid_t> before = server->workers();

    configuration(GetParam().members);
    server->program.send_signal(SIGHUP);

    EXPECT_THAT(line_with(*server, "reload: nothing is changed"), HasSubstr(GetParam().why));
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
    // A child may still be finding the names for a crash's stack.
    while (server->workers().size() > before.size()) std::this_thread::yield();
    EXPECT_EQ(server->workers(), before);
    configuration(kHello);
    reload(*server);  // and a good one is as good as ever
}

constexpr BrokenFault kFaults[] = {
    {"NoJson", "{", "grove.json:1:"},
    {"UnknownKey", R"("worker": 2, "apps": [{"app": "hello"}])", "\"workers\""},
    {"DuplicateKey", R"("pool": 1, "pool": 2, "apps": [{"app": "hello"}])", "/pool"},
    {"WrongType", R"("pool": "many", "apps": [{"app": "hello"}])", "/pool: "},
    {"OutOfRange", R"("workers": 0, "apps": [{"app": "hello"}])", "/workers: "},
    {"NoTimeAtAll", R"("timeouts": {"header": 0}, "apps": [{"app": "hello"}])",
     "/timeouts/header: "},
    {"NoApps", R"("workers": 1)", "/apps"},
    {"OneMountTwice", R"("apps": [{"app": "hello"}, {"app": "echo", "mount": "/"}])", "/apps/1"},
    {"NoAddress", R"("admin": "nowhere", "apps": [{"app": "hello"}])", "/admin: "},
    {"NoProxy", R"("trusted_proxies": ["10.0.0.0/33"], "apps": [{"app": "hello"}])",
     "/trusted_proxies/0: "},
    {"NoSuchApp", R"("apps": [{"app": "nosuch"}])", "no plugin \"nosuch\""},
    {"NoLibrary", R"("apps": [{"app": "./grove.json"}])", "grove.json: is not an ELF file"},
    {"AFolder", R"("apps": [{"app": "./"}])", "is not a regular file"},
    {"NoPluginInIt", R"("apps": [{"app": "mute"}])", "mute.so: has no symbol grove_plugin"},
    {"OtherAbi", R"("apps": [{"app": "foreign"}])", "foreign.so: is built for plugin ABI "},
    {"NoRoot", R"("apps": [{"app": "static"}])", "/apps/0: "},
    {"ThrowsOnLoad", R"("apps": [{"app": "unruly", "config": {"throw": 1}}])", "as it was told to"},
    {"AbortsOnLoad", R"("apps": [{"app": "unruly", "config": {"abort": 1}}])",
     "was ended by signal 6 (Aborted)"},
};

INSTANTIATE_TEST_SUITE_P(EachKind, Broken, testing::ValuesIn(kFaults),
                         [](const auto& parameter) { return parameter.param.name; });

class BrokenFile : public Supervised {};

TEST_F(BrokenFile, OfALogEndsTheStartAndNoServer) {
    log_ = "no/where";
    const ProgramResult result = run_program(serve_command({configuration(kTwoHellos)}));
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.errors, HasSubstr("no/where: cannot be opened for a log"));

    log_ = "-";
    const auto server = serve(kTwoHellos);
    log_ = "no/where";
    configuration(kTwoHellos);
    server->program.send_signal(SIGHUP);
    EXPECT_THAT(line_with(*server, "reload: nothing is changed"), HasSubstr("no/where"));
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
}

TEST_F(BrokenFile, OfTheConfigurationThatIsGoneEndsNoServer) {
    const auto server = serve(kTwoHellos);
    std::filesystem::remove(file("grove.json"));
    server->program.send_signal(SIGHUP);
    EXPECT_THAT(line_with(*server, "reload: nothing is changed"), HasSubstr("grove.json"));
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
}

TEST_F(BrokenFile, OfACertificateEndsNoServer) {
    const auto server = serve(kTwoHellos);
    std::ofstream{file("cert.pem")} << "no certificate\n";
    std::ofstream{file("grove.json")}
        << R"({"listen": [{"address": "127.0.0.1:0", "tls": {"certificate": "cert.pem", "key": "cert.pem"}}],)"
        << kHello << "}";
    server->program.send_signal(SIGHUP);
    EXPECT_THAT(line_with(*server, "reload: nothing is changed"),
                HasSubstr("/listen/0/tls/certificate: "));
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
}

TEST_F(BrokenFile, OfAnApplicationIsNamedAlsoWhenAWorkerTakesAnothersPlace) {
    const std::filesystem::path root = file("www");
    std::filesystem::create_directory(root);
    std::ofstream{root / "a.txt"} << "a text";
    const auto server = serve(R"("apps": [{"app": "static", "config": {"root": "www"}}])");
    EXPECT_THAT(server->get("/a.txt"), EndsWith("a text"));

    std::filesystem::rename(root, file("aside"));
    ::kill(server->workers().front(), SIGKILL);
    EXPECT_THAT(line_with(*server, " cannot serve: "), HasSubstr("www"));
    std::filesystem::rename(file("aside"), root);
    EXPECT_THAT(server->get("/a.txt"), EndsWith("a text"));
}

TEST_F(BrokenFile, OfAnAddressInUseEndsNoServer) {
    const auto other = serve(kHello);
    const auto server = serve(kTwoHellos);
    std::ofstream{file("grove.json")} << R"({"listen": ["127.0.0.1:)" << other->port << "\"], "
                                      << kHello << "}";
    server->program.send_signal(SIGHUP);
    EXPECT_THAT(line_with(*server, "reload: nothing is changed"),
                HasSubstr("Address already in use"));
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
}

}  // namespace
}  // namespace grove
