// A-064: gdb on a worker that serves, and on a core of one.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <sys/resource.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "running_program.h"
#include "supervised.h"

namespace grove {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;

constexpr const char* kGdb = "/usr/bin/gdb";

std::vector<std::string> gdb_command(const std::vector<std::string>& arguments,
                                     const std::vector<std::string>& commands) {
    std::vector<std::string> all{
        kGdb, "-nx", "-batch", "-iex", "set debuginfod enabled off", "-iex", "set auto-load off"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    for (const std::string& command : commands) all.insert(all.end(), {"-ex", command});
    return all;
}

class Gdb : public Supervised {
protected:
    void SetUp() override {
        if (!fs::exists(kGdb)) GTEST_SKIP() << kGdb << " is not installed";
    }

    std::string text_of(const char* name) const {
        std::ostringstream text;
        text << std::ifstream{file(name)}.rdbuf();
        return text.str();
    }

    static double seconds_of_children() {
        rusage all{};
        ::getrusage(RUSAGE_CHILDREN, &all);
        return static_cast<double>(all.ru_utime.tv_sec + all.ru_stime.tv_sec) +
               static_cast<double>(all.ru_utime.tv_usec + all.ru_stime.tv_usec) / 1e6;
    }

    std::string core_file() const {
        for (const fs::directory_entry& entry : fs::directory_iterator{folder_.path()}) {
            if (entry.path().filename().string().starts_with(core_name())) return entry.path();
        }
        return "there is no core";
    }

    /// The beginning of what the kernel calls one.
    static std::string core_name() {
        std::string pattern;
        std::getline(std::ifstream{"/proc/sys/kernel/core_pattern"}, pattern);
        return pattern.substr(0, pattern.find('%'));
    }

    static std::string why_no_core() {
#if defined(GROVE_TEST_SANITIZED)
        return "a sanitizer lets no core be written";
#endif
        rlimit limit{};
        ::getrlimit(RLIMIT_CORE, &limit);
        if (limit.rlim_max == 0) return "the hard limit of cores is 0 here";
        const std::string name = core_name();
        return !name.empty() && name.find_first_of("|/") == name.npos
                   ? ""
                   : "the kernel's core_pattern leads elsewhere: " + name;
    }

    /// What gdb prints of the core that a worker leaves which serves by these members.
    std::string stack_in_core(const std::string& members) const {
        {
            configuration(members + R"("apps": [{"app": "debugged"}])");
            const Serving server{
                {"/bin/sh", "-c",
                 "cd \"$1\" && ulimit -c unlimited && exec \"$2\" serve grove.json", "sh",
                 folder_.path(), GROVE_TEST_BINARY},
                file("output")};
            EXPECT_EQ(server.get("/abort"), "");
        }
        RunningProgram gdb{gdb_command({GROVE_TEST_BINARY, core_file()}, {"backtrace"}),
                           file("gdb")};
        EXPECT_EQ(gdb.wait(), 0);
        EXPECT_LT(seconds_of_children(), 10) << "of the processor: others may have it meanwhile";
        return text_of("gdb");
    }
};

// O-030
TEST_F(Gdb, StopsAWorkerInItsPluginAndLetsItGoOn) {
    const auto server = serve(R"("apps": [{"app": "debugged"}])");
    const std::vector<pid_t> before = server->workers();
    ASSERT_EQ(before.size(), 1U);
    {
        RunningProgram gdb{gdb_command({"-p", std::to_string(before[0])},
                                       {"break debugged_answer", "shell echo attached >&2",
                                        "continue", "backtrace", "delete", "detach"}),
                           file("gdb")};
        for (std::string line; line != "attached"; line = gdb.read_error_line()) {
            if (line.find("Operation not permitted") != line.npos)
                GTEST_SKIP() << "ptrace is forbidden here: " << line;
        }
        EXPECT_THAT(server->get("/"), EndsWith("debugged\n")) << "answered, once it is let go on";
        EXPECT_EQ(gdb.wait(), 0);
    }
    EXPECT_THAT(text_of("gdb"), AllOf(HasSubstr("Breakpoint 1, "), HasSubstr("debugged_answer ("),
                                      HasSubstr("grove::http::")));
    EXPECT_EQ(server->workers(), before);
    EXPECT_THAT(server->get("/"), EndsWith("debugged\n"));
}

// O-030: the recipe of debugging.md.
TEST_F(Gdb, StopsAWorkerInItsPluginsFactory) {
    const std::string path =
        configuration(R"("timeouts": {"load": null}, "apps": [{"app": "hello"}])");
    std::vector<std::string> arguments;
    for (const char* const command : {"catch fork", "run", "continue", "delete",
                                      "set follow-fork-mode child", "set breakpoint pending on",
                                      "break grove_plugin_create", "continue", "backtrace", "kill"})
        arguments.insert(arguments.end(), {"-ex", command});
    arguments.emplace_back("--args");
    for (const std::string& word : serve_command({path})) arguments.push_back(word);
    RunningProgram gdb{gdb_command(arguments, {}), file("gdb")};
    EXPECT_EQ(gdb.wait(), 0);
    EXPECT_THAT(text_of("gdb"), AllOf(HasSubstr("Breakpoint 2, "), HasSubstr("#0 "),
                                      HasSubstr("grove::http::Plugin::")));
}

// O-030: as a stack in the log has them, which debugging.md turns into a line.
TEST_F(Gdb, FindsTheLineOfANameWithItsOffset) {
    RunningProgram gdb{
        gdb_command({"-ex", "info line *('(anonymous namespace)::debugged_work()'+0x9)",
                     GROVE_TEST_PLUGINS "/debugged.so"},
                    {}),
        file("gdb")};
    EXPECT_EQ(gdb.wait(), 0);
    EXPECT_THAT(text_of("gdb"), AllOf(HasSubstr("Line "), HasSubstr("debugged.cpp\"")));
}

// O-030
TEST_F(Gdb, OpensACore) {
    if (const std::string why = why_no_core(); !why.empty()) GTEST_SKIP() << why;
    EXPECT_THAT(stack_in_core(""), HasSubstr("signal SIGABRT"));
}

// O-030
TEST_F(Gdb, NamesThePluginsFramesInACoreWithoutCopies) {
    if (const std::string why = why_no_core(); !why.empty()) GTEST_SKIP() << why;
    EXPECT_THAT(stack_in_core(R"("copy_plugins": false, )"),
                AllOf(HasSubstr("signal SIGABRT"), HasSubstr("debugged_answer ("),
                      HasSubstr("grove::http::")));
}

}  // namespace
}  // namespace grove
