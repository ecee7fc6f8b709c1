// Which files the workers' plugins are loaded from: what may be replaced, and what other processes see.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.h"
#include "supervised.h"

namespace grove {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class PluginFiles : public Supervised {
protected:
    /// The plugin app.so in the test's folder becomes this one; it is another file then.
    void put(const fs::path& plugin) const {
        fs::copy_file(plugin, file("next"), fs::copy_options::overwrite_existing);
        fs::rename(file("next"), file("app.so"));
    }
    /// The same on the file that is there. Its code may be mapped: what is written over is not copies' alone.
    void write_over(const fs::path& plugin) const {
        fs::copy_file(plugin, file("app.so"), fs::copy_options::overwrite_existing);
    }

    const std::string copied_ = R"("apps": [{"app": "./app.so"}])";
    const std::string not_copied_ = R"("copy_plugins": false, "apps": [{"app": "./app.so"}])";
};

const fs::path kHelloFile = GROVE_TEST_APPS "/hello.so";
const fs::path kEchoFile = GROVE_TEST_APPS "/echo.so";
constexpr const char* kForeignFile = GROVE_TEST_PLUGINS "/foreign.so";

std::string maps_of(pid_t pid) {
    std::ostringstream text;
    text << std::ifstream{"/proc/" + std::to_string(pid) + "/maps"}.rdbuf();
    return text.str();
}

/// Its only worker, once others have gone.
pid_t worker_of(const Serving& server) {
    for (int i = 0; i < 3000; ++i) {
        const std::vector<pid_t> now = server.workers();
        if (now.size() == 1 && alive(now[0])) return now[0];
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    throw std::runtime_error{"there is not one worker for half a minute"};
}

/// Has another take the worker's place.
void kill_worker(Serving& server) {
    ::kill(worker_of(server), SIGKILL);
    line_with(server, "was ended by signal 9 (Killed)");
}

// O-031
TEST_F(PluginFiles, AreMappedUnderTheirOwnNamesWithoutCopies) {
    put(kHelloFile);
    const auto server = serve(not_copied_);
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
    const std::string real = fs::canonical(file("app.so"));
    EXPECT_THAT(maps_of(worker_of(*server)), HasSubstr(" " + real + "\n"));
    EXPECT_THAT(maps_of(server->program.pid()), Not(HasSubstr(real))) << "the master runs none";

    configuration(copied_);
    reload(*server);
    EXPECT_THAT(maps_of(worker_of(*server)), AllOf(Not(HasSubstr(real)), HasSubstr("app.so")));
}

// Factories run in the configuration's folder, from which a path that led there leads elsewhere.
TEST_F(PluginFiles, AreFoundWhereverTheConfigurationIsNamedFrom) {
    put(kHelloFile);
    for (const std::string& apps : {not_copied_, copied_}) {
        configuration(apps);
        const std::string above = fs::path{file("grove.json")}.parent_path().parent_path();
        const std::string name = fs::relative(file("grove.json"), above);
        const ProgramResult result =
            run_program({"/bin/sh", "-c", "cd \"$1\" && exec \"$2\" check \"$3\"", "sh", above,
                         GROVE_TEST_BINARY, name});
        EXPECT_EQ(result.exit_code, 0) << result.errors;
        EXPECT_EQ(result.output, name + ": ok\n");
    }
}

// O-031
TEST_F(PluginFiles, AreReadAnewByAReloadAndByALaterWorkerWithoutCopies) {
    put(kHelloFile);
    const auto server = serve(not_copied_);
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));

    put(kEchoFile);
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!")) << "until then it is as it was";
    reload(*server);
    std::string answer = server->get("/");
    while (answer.ends_with("Hello, World!")) answer = server->get("/");  // a worker that goes
    EXPECT_THAT(answer, HasSubstr(R"("path":"/")")) << "echo says so";

    put(kHelloFile);
    kill_worker(*server);
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
}

TEST_F(PluginFiles, MayBeWrittenOverWhereTheyAreCopied) {
    put(kHelloFile);
    const auto server = serve(copied_);
    write_over(kEchoFile);
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
    kill_worker(*server);
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
}

// O-031
TEST_F(PluginFiles, OfAnotherGroveAreNotLoadedByALaterWorkerEither) {
    put(kHelloFile);
    const auto server = serve(not_copied_);
    put(kForeignFile);
    kill_worker(*server);
    EXPECT_THAT(line_with(*server, " cannot serve: "),
                HasSubstr("app.so: is built for plugin ABI"));
    put(kHelloFile);
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
}

// O-017
TEST_F(PluginFiles, WithOtherLibrariesOfOneNameAreRefusedTogether) {
    const fs::path elsewhere = folder_.path() / "elsewhere";
    fs::create_directory(elsewhere);
    const fs::path plugins = GROVE_TEST_PLUGINS;
    fs::copy(plugins / "neighbour.so", elsewhere);
    fs::copy(plugins / "beside", elsewhere / "beside", fs::copy_options::recursive);
    const std::string library = "beside/libneighbour_library.so";
    std::ofstream{elsewhere / library, std::ios::app} << "one more byte";
    ASSERT_EQ(
        std::system(("objcopy -R .note.gnu.build-id " + (elsewhere / library).string()).c_str()),
        0);
    const std::string config =
        configuration(R"("apps": [{"mount": "/a", "app": "neighbour"}, {"mount": "/b", "app": ")" +
                      (elsewhere / "neighbour.so").string() + R"("}])");
    for (const char* command : {"check", "serve"}) {
        const ProgramResult result = run_program({GROVE_TEST_BINARY, command, config});
        EXPECT_EQ(result.exit_code, 2);
        EXPECT_THAT(result.errors,
                    AllOf(HasSubstr("/apps/1: "), HasSubstr((elsewhere / library).string()),
                          HasSubstr((plugins / library).string())))
            << command;
    }
}

// O-016
TEST_F(PluginFiles, AreServedWhereMemoryMayHoldNoCode) {
    put(kHelloFile);
    fs::create_directory(file("own"));
    std::vector<std::string> command = serve_command({configuration(copied_)});
    command.insert(command.begin(), {"/usr/bin/env", "-u", "XDG_RUNTIME_DIR",
                                     "TMPDIR=" + file("own"), GROVE_TEST_WITHOUT_MEMORY_FILES});
    std::unique_ptr<Serving> server;
    try {
        server = std::make_unique<Serving>(command, file("output"));
    } catch (const std::runtime_error&) {
        const int code = run_program({GROVE_TEST_WITHOUT_MEMORY_FILES, "/bin/true"}).exit_code;
        if (code == 77) GTEST_SKIP() << "this kernel has no seccomp filters";
        throw;
    }
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
    EXPECT_THAT(maps_of(worker_of(*server)), HasSubstr(file("own") + "/grove-"));
    EXPECT_TRUE(fs::is_empty(file("own"))) << "nothing is left of it";

    kill_worker(*server);
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
}

// O-016
TEST_F(PluginFiles, AreRefusedInWordsWhereNothingTakesACopy) {
    put(kHelloFile);
    // No process may make a file longer: in memory as on a disk.
    const ProgramResult result =
        run_program({"/bin/sh", "-c", "(trap '' XFSZ; ulimit -f 0; exec \"$@\") 2>&1 | cat", "sh",
                     "/usr/bin/env", "-u", "XDG_RUNTIME_DIR", "TMPDIR=" + file("none"),
                     GROVE_TEST_BINARY, "check", configuration(copied_)});
    EXPECT_THAT(
        result.output,
        HasSubstr("/apps/0: " + file("./app.so") +
                  ": cannot be copied to a place that code may be loaded from (memory: File too "
                  "large; " +
                  file("none") +
                  ": No such file or directory; /tmp: File too large), wanted a TMPDIR that "
                  "allows it, or \"copy_plugins\": false\n"));
}

}  // namespace
}  // namespace grove
