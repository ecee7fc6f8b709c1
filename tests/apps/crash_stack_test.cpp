// Where a worker crashed, in the error log of the built binary. O-026
#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.h"
#include "supervised.h"

namespace grove {
namespace {

using testing::HasSubstr;
using testing::Not;

class CrashStack : public Supervised {
protected:
    static void ask_for_the_end(const Serving& server, const std::string& path) {
        const PlainClient client{server.port};
        client.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_EQ(client.count_to_end(), 0U) << path;
    }
};

struct CrashFault {
    const char* path;
    const char* end;  // what the log says of it, without a sanitizer
    const char* function;
};

// A sanitizer makes its own end of most of them.
#if defined(GROVE_TEST_SANITIZED)
constexpr const char* kHow[] = {kCrashed, kCrashed};
constexpr const char* kThrower =
    "::throw_it()+0x";  // whose caller it may have made part of its own
#else
constexpr const char* kHow[] = {"signal 11", "signal 8"};
#if defined(__clang__)
constexpr const char* kThrower =
    "__clang_call_terminate+0x";  // has no frame: its caller is passed over
#else
constexpr const char* kThrower = "::throw_past_the_end()+0x";
#endif
#endif

TEST_F(CrashStack, NamesTheFunctionOfThePluginAtTheFault) {
    for (const char* copies : {"true", "false"}) {
        const auto server =
            serve(std::string{"\"copy_plugins\": "} + copies + R"(, "apps": [{"app": "unruly"}])");
        for (const CrashFault& fault : {CrashFault{"/stray", kHow[0], "::write_astray()+0x"},
                                        CrashFault{"/exhausted", kHow[0], "::write_astray()+0x"},
                                        CrashFault{"/null", kHow[0], "stack: 0x0 < "},
                                        CrashFault{"/divide", kHow[1], "::divide_by("},
                                        CrashFault{"/trap", "signal 4", "::run_into_a_trap()+0x"},
                                        CrashFault{"/abort", "signal 6", "::abort_on_purpose()+0x"},
                                        CrashFault{"/terminate", "signal 6", kThrower}}) {
#if defined(GROVE_TEST_SANITIZED)  // it needs descriptors
            if (std::string_view{fault.path} == "/exhausted") continue;
#endif
            ask_for_the_end(*server, fault.path);
            const std::string end = line_with(*server, "another takes its place");
            const std::size_t at = end.find("worker ");
            const std::string name = end.substr(at, end.find(' ', at + 7) - at);
            EXPECT_THAT(end, HasSubstr(fault.end));
            EXPECT_THAT(end, HasSubstr(std::string{"while it ran GET "} + fault.path + ","));
            const std::string stack = line_with(*server, "stack: ");
            EXPECT_THAT(stack, HasSubstr("error "));
            EXPECT_THAT(stack, HasSubstr(name + ": stack: "));
            EXPECT_THAT(stack, HasSubstr(fault.function)) << fault.path;
#if !defined(__SANITIZE_THREAD__)  // the way leads through what it has put in front of a throw
            EXPECT_THAT(stack, HasSubstr("::answer(grove::http::Environ&")) << fault.path;
#endif
        }
    }
}

TEST_F(CrashStack, OfAnotherThreadIsToldToo) {
    const auto server = serve(R"("apps": [{"app": "unruly"}])");
    ask_for_the_end(*server, "/thread");
    line_with(*server, "another takes its place");
    EXPECT_THAT(line_with(*server, "stack: "), HasSubstr("::write_astray()+0x"));
}

// What ends the worker later is neither that crash nor that request.
TEST_F(CrashStack, OfAChildThatAPluginForksIsNotTheWorkers) {
    const auto server = serve(R"("apps": [{"app": "unruly"}])");
    const std::string answer = server->get("/children");
#if !defined(GROVE_TEST_SANITIZED)
    EXPECT_THAT(answer, HasSubstr("signals 11 and 6\n"));
#endif
    ::kill(server->workers().at(0), SIGKILL);
    const std::string end = line_with(*server, "another takes its place");
    EXPECT_THAT(end, HasSubstr("was ended by signal 9 (Killed)"));
    EXPECT_THAT(end, Not(HasSubstr("while it ran")));
    server->program.send_signal(SIGTERM);
    for (std::string line; line.find("stop: stopped") == line.npos;) {
        line = server->program.read_error_line();
        EXPECT_THAT(line, Not(HasSubstr("stack: ")));
    }
}

// Whoever looks there for the names waits for a writer, who never comes.
TEST_F(CrashStack, IsToldByPlacesIfTheFilesWithTheNamesDoNotAnswer) {
    const std::string folder = file("");
    const std::string cut =
        folder + std::string(239 - folder.size(), 'a');  // as a StackNote has it
    const std::string plugin = cut + "aa.so";
    std::filesystem::copy_file(std::string{GROVE_TEST_PLUGINS} + "/unruly.so", plugin);
    ASSERT_EQ(::mkfifo(cut.c_str(), 0600), 0);
    const auto server = serve(R"("copy_plugins": false, "apps": [{"app": ")" + plugin + "\"}]");
    ask_for_the_end(*server, "/stray");
    line_with(*server, "another takes its place");
    EXPECT_THAT(line_with(*server, "stack: "), HasSubstr("stack: aaa"));
    EXPECT_EQ(server->workers().size(), 1U) << "a child more looks for the names still";
}

TEST_F(CrashStack, OfAFactoryIsToldAtTheStartAndByAReload) {
    const std::string aborts = R"("apps": [{"app": "unruly", "config": {"abort": 1}}])";
    const ProgramResult start = run_program(serve_command({configuration(aborts)}));
    EXPECT_EQ(start.exit_code, 2);
    EXPECT_THAT(start.errors, HasSubstr("stack: "));
    EXPECT_THAT(start.errors, HasSubstr(kFactory));

    const auto server = serve(kHello);
    configuration(aborts);
    server->program.send_signal(SIGHUP);
    line_with(*server, "reload: nothing is changed");
    EXPECT_THAT(line_with(*server, "stack: "), HasSubstr(kFactory));
}

// Its plugin's copy is known by a descriptor alone, of a generation that is over for all others.
TEST_F(CrashStack, OfAWorkerThatAReloadRetiredIsToldToo) {
    const auto server = serve(R"("apps": [{"app": "unruly"}])");
    const PlainClient client{server->port};
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    client.read_until("unruly\n");
    configuration(kHello);
    reload(*server);
    client.send("GET /stray HTTP/1.1\r\nHost: x\r\n\r\n");
    line_with(*server, "while it was ending");
    EXPECT_THAT(line_with(*server, "stack: "), HasSubstr("::write_astray()+0x"));
}

TEST_F(CrashStack, OfAnOverflowIsBounded) {
    const auto server = serve(R"("apps": [{"app": "unruly"}])");
    ask_for_the_end(*server, "/overflow");
    line_with(*server, "another takes its place");
    EXPECT_THAT(line_with(*server, "stack: "), HasSubstr("::dig(char volatile*)"));
}

}  // namespace
}  // namespace grove
