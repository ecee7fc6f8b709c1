// What the binary listens on where a name has several addresses, or the kernel has no IPv6 (O-015).
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.h"
#include "running_program.h"
#include "supervised.h"

namespace grove {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

/// @param ipv6  "as it is", "absent", "disabled"
std::vector<std::string> over_made_up_network(std::vector<std::string> command,
                                              const std::string& ipv6) {
    const char* const options = std::getenv("ASAN_OPTIONS");
    // A sanitizer wants to be loaded first, and can do without.
    command.insert(command.begin(),
                   {"/usr/bin/env", "GROVE_TEST_IPV6=" + ipv6,
                    std::string{"ASAN_OPTIONS="} + (options != nullptr ? options : "") +
                        ":verify_asan_link_order=0",
                    "LD_PRELOAD=" GROVE_TEST_NETWORK});
    return command;
}

class ListenNames : public Supervised {
protected:
    void write(const std::string& listen, const std::string& members = kHello) const {
        std::ofstream{file("grove.json")} << R"({"listen": [")" << listen
                                          << R"("], "plugin_path": [")" << GROVE_TEST_APPS
                                          << R"("], "log": {"access": "off"}, )" << members << "}";
    }
    std::vector<std::string> serve_there(const std::string& ipv6 = "as it is") const {
        return over_made_up_network(serve_command({file("grove.json")}), ipv6);
    }
};

std::uint16_t port_of(const std::string& line) {
    return static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(':') + 1)));
}

std::string get(std::uint16_t port, const char* host = "127.0.0.1") {
    const PlainClient client{port, host};
    client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return client.read_to_end();
}

TEST_F(ListenNames, ServesAllInterfacesWhereTheKernelHasNoIpv6) {
    write(":0");
    for (const char* ipv6 : {"absent", "disabled"}) {
        RunningProgram server{serve_there(ipv6), file("output")};
        const std::string line = server.read_error_line();
        ASSERT_THAT(line, StartsWith("grove: listening on http://0.0.0.0:")) << ipv6;
        EXPECT_THAT(get(port_of(line)), EndsWith("Hello, World!"));
    }
}

TEST_F(ListenNames, ServesEachAddressOfANameAtOnePort) {
    write("two.test:0", kTwoHellos);
    Serving server{serve_there(), file("output")};
    const std::string port = std::to_string(server.port);
    EXPECT_EQ(server.program.read_error_line(), "grove: listening on http://127.0.0.2:" + port);
    const auto each_answers = [&] {
        for (const char* host : {"127.0.0.1", "127.0.0.2"}) {
            for (int i = 0; i < 8; ++i)  // of both workers
                EXPECT_THAT(get(server.port, host), EndsWith("Hello, World!")) << host;
        }
    };
    each_answers();

    server.program.send_signal(SIGHUP);
    for (std::string line; line.find("the new workers serve") == line.npos;) {
        line = server.program.read_error_line();
        EXPECT_THAT(line, Not(HasSubstr("listening on"))) << "they are the same";
    }
    each_answers();
    server.program.send_signal(SIGTERM);
    EXPECT_EQ(server.program.wait(), 0);
}

TEST_F(ListenNames, LeavesOutTheFamilyThatTheKernelLacks) {
    write("both.test:0", std::string{R"("admin": "both.test:0", )"} + kHello);
    for (const char* ipv6 : {"absent", "disabled"}) {
        Serving server{serve_there(ipv6), file("output")};
        EXPECT_THAT(server.program.read_error_line(),
                    MatchesRegex("grove: admin on http://127\\.0\\.0\\.1:[0-9]+"));
        EXPECT_THAT(server.get("/"), EndsWith("Hello, World!"));
    }
}

TEST_F(ListenNames, AreAskedForTheirHealthWhereverTheyAnswer) {
    write("127.0.0.1:0", std::string{R"("admin": "127.0.0.2:0", )"} + kHello);
    Serving server{serve_there(), file("output")};
    const std::uint16_t port = port_of(server.program.read_error_line());
    write("127.0.0.1:0", R"("admin": "two.test:)" + std::to_string(port) + "\", " + kHello);
    const ProgramResult result = run_program(
        over_made_up_network({GROVE_TEST_BINARY, "health", file("grove.json")}, "as it is"));
    EXPECT_EQ(result.exit_code, 0) << result.errors;
}

TEST_F(ListenNames, AreLookedUpForTheirHealthOnlyAsLongAsItIsWaitedFor) {
    write("127.0.0.1:0", std::string{R"("admin": "dead.test:80", )"} + kHello);
    for (const char* const flag : {"--ready", "--"}) {
        const auto begin = std::chrono::steady_clock::now();
        const ProgramResult result = run_program(over_made_up_network(
            {GROVE_TEST_BINARY, "health", flag, file("grove.json")}, "as it is"));
        EXPECT_EQ(result.exit_code, 1);
        EXPECT_THAT(result.errors, AllOf(StartsWith("grove: health: dead.test:80: look-up"),
                                         EndsWith("timed out\n")));
        EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{30});
    }
}

TEST_F(ListenNames, NamesTheAddressThatCannotBeBound) {
    write("far.test:0");
    RunningProgram server{serve_there(), file("output")};
    EXPECT_THAT(server.read_error_line(),
                AllOf(StartsWith("grove: "), HasSubstr("cannot bind 192.0.2.1:")));
    EXPECT_EQ(server.wait(), 1);
}

}  // namespace
}  // namespace grove
