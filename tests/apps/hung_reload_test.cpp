// A reload that does not come to an end: its files and names keep nobody waiting but the process that reads them.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "hung_files.h"
#include "traced.h"

namespace grove {
namespace {

using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

std::string text_of(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream{file}.rdbuf();
    return text.str();
}

/// By which file: the one that hangs when the reload reads it.
class HungReload : public HungFiles, public testing::WithParamInterface<const char*> {
protected:
    /// A server of two workers whose reload hangs, and the process in which it does.
    /// @param load  how long one may take, as JSON
    void hang_a_reload(const std::string& load = "60") {
        server_ = start_with_time(load);
        workers_ = server_->workers();
        text_ = text_of(file(GetParam()));
        hang(GetParam());
        server_->program.send_signal(SIGHUP);
        line_with(*server_, "reload: building the new configuration");
        children_ = children_once(server_->program.pid(), 3);
    }

    std::string text_;  // of the file before
    std::unique_ptr<Serving> server_;
    std::vector<pid_t> workers_;
    std::vector<pid_t> children_;  // with the reader
};

// O-005; of "ocsp" and "client_crl" O-041 and O-044
TEST_P(HungReload, LeavesTheMasterToItsWork) {
    hang_a_reload();
    ::kill(workers_[0], SIGKILL);
    line_with(*server_, "another takes its place");
    children_once(server_->program.pid(), 3);
    for (int i = 0; i < 20; ++i) EXPECT_THAT(server_->get("/"), EndsWith("Hello, World!"));
    server_->program.send_signal(SIGUSR2);
    line_with(*server_, "\"main\" blocked in ");
    EXPECT_TRUE(alive(children_.back())) << "all that happened while it hung";
    EXPECT_EQ(threads_of(server_->program.pid()), 1U);

    release(GetParam(), text_);
    line_with(*server_, "reload: the new workers serve");
    EXPECT_THAT(server_->get("/"), EndsWith("Hello, World!"));
    EXPECT_EQ(threads_of(server_->program.pid()), 1U);
}

// O-005
TEST_P(HungReload, IsFollowedByOneMoreHoweverManyAreAskedForMeanwhile) {
    hang_a_reload();
    for (int i = 0; i < 3; ++i) server_->program.send_signal(SIGHUP);
    EXPECT_THAT(server_->get("/"), EndsWith("Hello, World!"));
    EXPECT_EQ(server_->workers(), children_) << "it waits its turn";

    release(GetParam(), text_);
    line_with(*server_, "reload: the new workers serve");
    std::vector<std::string> lines = lines_until(*server_, "reload: the new workers serve");
    server_->program.send_signal(SIGTERM);
    const std::vector<std::string> rest = lines_until(*server_, "stop: stopped");
    lines.insert(lines.end(), rest.begin(), rest.end());
    EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                            [](const std::string& line) {
                                return line.ends_with("reload: building the new configuration");
                            }),
              1);
    EXPECT_EQ(server_->program.wait(), 0);
}

// O-005
TEST_P(HungReload, IsGivenUpWhenItsTimeIsOver) {
    hang_a_reload("0.5");
    EXPECT_THAT(line_with(*server_, "reload: nothing is changed"),
                EndsWith("nothing is changed: the configuration was not loaded within 0.5 s: "
                         "reading " +
                         file(GetParam())));
    await_end({children_.back()});
    EXPECT_EQ(children_once(server_->program.pid(), 2), workers_);
    EXPECT_THAT(server_->get("/"), EndsWith("Hello, World!"));
}

// O-005
TEST_P(HungReload, IsNoReasonToWaitForTheEnd) {
    for (const int number : {SIGTERM, SIGQUIT}) {
        hang_a_reload("null");
        server_->program.send_signal(number);
        EXPECT_EQ(server_->program.wait(), 0);
        for (const pid_t pid : children_) EXPECT_FALSE(alive(pid));
        put(GetParam(), text_);
    }
}

INSTANTIATE_TEST_SUITE_P(By, HungReload,
                         testing::Values("grove.json", "cert.pem", "key.pem", "ocsp.der", "ca.crl"),
                         [](const auto& parameter) {
                             const std::string name = parameter.param;
                             return name.substr(0, name.find('.'));
                         });

class HungLoad : public HungFiles {
protected:
    /// As own.so, for workers from now on.
    void put_plugin(const char* of) const {
        std::filesystem::copy_file(of, file("new.so"));
        std::filesystem::rename(file("new.so"), file("own.so"));
    }
    /// A server whose only worker is dead. @return the one that takes its place, and does not come to serve
    /// @param load  how long that may take, as JSON
    pid_t start_with_a_hung_successor(std::unique_ptr<Serving>& server,
                                      const std::string& load = "null") {
        put_plugin(GROVE_TEST_APPS "/hello.so");
        write(R"("workers": 1, "copy_plugins": false, "timeouts": {"shutdown": null, "load": )" +
              load + R"(}, "apps": [{"app": "./own.so", "config": {"hang": 1}}])");
        server = start();
        return hang_a_successor(*server);
    }
    pid_t hang_a_successor(Serving& server) {
        // One that is dead may have a debugger, which keeps it from its master.
        const auto living = [&server] {
            std::vector<pid_t> workers = server.workers();
            std::erase_if(workers, [](pid_t worker) { return state_of(worker) == 'Z'; });
            return workers;
        };
        const pid_t first = living().at(0);
        put_plugin(GROVE_TEST_PLUGINS "/unruly.so");
        ::kill(first, SIGKILL);
        line_with(server, "another takes its place");
        std::vector<pid_t> now;
        do {
            now = living();
        } while (now.size() != 1 || now[0] == first);
        while (text_of("/proc/" + std::to_string(now[0]) + "/maps").find("own.so") ==
               std::string::npos)
            std::this_thread::yield();
        put_plugin(GROVE_TEST_APPS "/hello.so");
        return now[0];
    }
};

// O-005
TEST_F(HungLoad, OfAPluginsFactoryIsGivenUpToo) {
    const auto server = start_with_time("3");
    const std::vector<pid_t> before = server->workers();
    write(R"("workers": 2, "apps": [{"app": "unruly", "config": {"hang": 1}}])");
    server->program.send_signal(SIGHUP);
    const std::vector<pid_t> all = children_once(server->program.pid(), 4);
    ::kill(before[0], SIGKILL);
    line_with(*server, "another takes its place");
    EXPECT_THAT(line_with(*server, "reload: nothing is changed"),
                EndsWith("nothing is changed: the new workers were not ready within 3 s, which is "
                         "timeouts.load: plugin \"unruly\" for \"/\" (" +
                         file("grove.json") + ": /apps/0) is being loaded"));
    for (int i = 0; i < 2; ++i)  // A-005, A-009: of both, by name
        EXPECT_THAT(line_with(*server, "stack: "), HasSubstr(kFactory));
    await_end({all[2], all[3]});
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
    children_once(server->program.pid(), 2);
}

// O-005
TEST_F(HungLoad, OfAPluginsFactoryEndsWithTheServer) {
    for (const int number : {SIGTERM, SIGQUIT}) {
        write();
        const auto server = start();
        write(R"("workers": 2, "apps": [{"app": "unruly", "config": {"hang": 1}}])");
        server->program.send_signal(SIGHUP);
        const std::vector<pid_t> all = children_once(server->program.pid(), 4);
        server->program.send_signal(number);
        EXPECT_EQ(server->program.wait(), 0);
        for (const pid_t pid : all) EXPECT_FALSE(alive(pid));
    }
}

// O-005: it crashes, in a way, and its place is taken again.
TEST_F(HungLoad, OfAWorkerThatTakesADeadOnesPlaceIsEnded) {
    put_plugin(GROVE_TEST_APPS "/hello.so");
    write(R"("workers": 1, "copy_plugins": false, "timeouts": {"load": 1, "worker": null},
             "apps": [{"app": "./own.so", "config": {"hang": 1}}])");
    const auto server = start();
    const std::vector<pid_t> before = server->workers();
    put_plugin(GROVE_TEST_PLUGINS "/unruly.so");
    ::kill(before.at(0), SIGKILL);
    line_with(*server, "was ended by signal 9");
    EXPECT_THAT(line_with(*server, "not ready"),
                EndsWith(" was not ready within 1 s, which is timeouts.load: plugin \"" +
                         file("./own.so") + "\" for \"/\" (" + file("grove.json") +
                         ": /apps/0) is being loaded: the worker is told to abort"));
    put_plugin(GROVE_TEST_APPS "/hello.so");
    EXPECT_THAT(line_with(*server, "was ended by signal"),
                HasSubstr("was ended by signal 6 (Aborted); another takes its place"));
    EXPECT_THAT(line_with(*server, "stack: "), HasSubstr("pause"));
    while (server->workers().size() != 1) std::this_thread::yield();
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
}

// O-005
TEST_F(HungLoad, OfAWorkerThatTakesADeadOnesPlaceDoesNotKeepTheServerFromItsEnd) {
    std::unique_ptr<Serving> server;
    const pid_t hung = start_with_a_hung_successor(server);
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
    EXPECT_FALSE(alive(hung));
}

// O-005
TEST_F(HungLoad, OfAWorkerThatTakesADeadOnesPlaceEndsWithAReload) {
    std::unique_ptr<Serving> server;
    const pid_t hung = start_with_a_hung_successor(server);
    reload(*server);
    await_end({hung});
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
}

// O-005: what its disk keeps, or its debugger, may be there long after its generation and the time that it had.
TEST_F(HungLoad, OfAWorkerThatTakesADeadOnesPlaceIsNotSpokenOfAfterAReload) {
    std::unique_ptr<Serving> server;
    const pid_t hung = start_with_a_hung_successor(server, "5");
    std::optional<Traced> traced;
    try {
        traced.emplace(hung);
    } catch (const std::system_error& error) {
        GTEST_SKIP() << "nobody may be traced here: " << error.what();
    }
    reload(*server);
    await_end({hung});

    const std::string next = std::to_string(hang_a_successor(*server));
    EXPECT_THAT(line_with(*server, "not ready"), HasSubstr("worker " + next + " was not ready"));
    EXPECT_EQ(state_of(hung), 'Z') << "its master has not heard of its end";
}

// O-006
TEST_F(HungLoad, LeavesLogsToTheirRotation) {
    const std::string log = file("error.log");
    const auto configure = [&] {
        std::ofstream{file("grove.json")}
            << R"({"listen": ["127.0.0.1:0"], "workers": 1, "apps": [{"app": "hello"}],)"
            << R"( "plugin_path": [")" GROVE_TEST_APPS R"("], "log": {"error": ")" << log << "\"}}";
    };
    configure();
    const auto server = start();
    hang("grove.json");
    server->program.send_signal(SIGHUP);
    const std::vector<pid_t> children = children_once(server->program.pid(), 2);
    std::filesystem::rename(log, file("rotated.log"));
    server->program.send_signal(SIGUSR1);
    while (!std::filesystem::exists(log)) std::this_thread::yield();
    EXPECT_TRUE(alive(children[1])) << "it hangs still";
    ::kill(children[0], SIGKILL);
    while (text_of(log).find("another takes its place") == std::string::npos)
        std::this_thread::yield();
    EXPECT_THAT(text_of(file("rotated.log")), Not(HasSubstr("another takes its place")));
}

// O-005: not one that is opened: it is no regular file.
TEST_F(HungLoad, IsNoneByAPluginThatIsAFifo) {
    write();
    const auto server = start();
    hang("own.so");
    write(R"("apps": [{"app": "./own.so"}])");
    server->program.send_signal(SIGHUP);
    EXPECT_THAT(line_with(*server, "reload: nothing is changed"),
                HasSubstr("own.so: is not a regular file"));
}

// O-005
TEST_F(HungLoad, ByADeadResolverIsGivenUpToo) {
    const char* const options = std::getenv("ASAN_OPTIONS");
    std::vector<std::string> command{
        "/usr/bin/env", "LD_PRELOAD=" GROVE_TEST_NETWORK,
        std::string{"ASAN_OPTIONS=verify_asan_link_order=0:"} + (options ? options : "")};
    for (std::string& word :
         serve_command({write(std::string{R"("timeouts": {"load": 2}, )"} + kTwoHellos)}))
        command.push_back(std::move(word));
    Serving server{command, file("output")};
    const std::vector<pid_t> before = server.workers();
    std::ofstream{file("grove.json")} << R"({"listen": ["dead.test:0"], )" << kTwoHellos << "}";
    server.program.send_signal(SIGHUP);
    children_once(server.program.pid(), 3);
    ::kill(before[0], SIGKILL);
    line_with(server, "another takes its place");
    EXPECT_THAT(server.get("/"), EndsWith("Hello, World!"));
    EXPECT_THAT(line_with(server, "reload: nothing is changed"),
                EndsWith("the configuration was not loaded within 2 s: looking up "
                         "dead.test:0"));
}

// O-005
TEST_F(HungLoad, AndGoodOnesLeaveNothingBehind) {
    const std::string good = std::string{R"("timeouts": {"load": 3}, )"} + kTwoHellos;
    write(good);
    const auto server = start();
    reload(*server);
    const pid_t master = server->program.pid();
    children_once(master, 2);
    const std::size_t before = descriptors_of(master);
    for (int i = 0; i < 20; ++i) {
        write(i % 3 == 1   ? R"("apps": [{"app": "unruly", "config": {"throw": 1}}])"
              : i % 3 == 2 ? R"("workers": 0)"
                           : good);
        if (i == 7 || i == 14) hang("grove.json");
        server->program.send_signal(SIGHUP);
        line_with(*server, i % 3 == 0 ? "the new workers serve" : "reload: nothing is changed");
    }
    children_once(master, 2);
    // What the last of them had goes when the master has been told of its end.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (descriptors_of(master) > before && std::chrono::steady_clock::now() < end)
        std::this_thread::yield();
    EXPECT_LE(descriptors_of(master), before);  // that of the first reload may have been ending
    EXPECT_EQ(threads_of(master), 1U);
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
}

}  // namespace
}  // namespace grove
