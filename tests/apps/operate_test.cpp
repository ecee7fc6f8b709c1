// A-061: `grove reload`, `stop`, `status` and `top`, of a server that runs.
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <grove/core/file_descriptor.h>
#include <grove/core/signal_inbox.h>

#include "child_process.h"
#include "control_socket.h"
#include "pid_file.h"
#include "pipe.h"
#include "program.h"
#include "running_program.h"
#include "serving.h"
#include "supervised.h"

namespace grove {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kNamed =
    R"("workers": 2, "pid_file": "grove.pid", "apps": [{"app": "hello"}])";

constexpr const char* kTheWay =
    "grove: --pid-file PATH finds a server that runs without its configuration\n";

class Operate : public Supervised {
protected:
    ProgramResult ask(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), GROVE_TEST_BINARY);
        return run_program(arguments);
    }
    ProgramResult ask(const char* command) const { return ask({command, file("grove.json")}); }

    json status() const {
        const ProgramResult result = ask({"status", file("grove.json"), "--json"});
        EXPECT_EQ(result.exit_code, 0) << result.errors;
        return json::parse(result.output);
    }
};

TEST_F(Operate, ReloadTellsThatItIsDone) {
    const auto server = serve(kNamed);
    EXPECT_EQ(status().at("generation"), 1);
    EXPECT_EQ(status().at("reload"), nullptr);

    const ProgramResult result = ask("reload");

    EXPECT_EQ(result.exit_code, 0) << result.errors;
    EXPECT_EQ(result.output, "reloaded\n");
    const json after = status();
    EXPECT_EQ(after.at("generation"), 2);
    EXPECT_EQ(after.at("reload").at("successful"), true);
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
}

TEST_F(Operate, ReloadTellsWhyNothingIsChanged) {
    const auto server = serve(kNamed);
    configuration(R"("pid_file": "grove.pid", "pool": "many", "apps": [{"app": "hello"}])");

    const ProgramResult result = ask("reload");

    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(result.output, "");
    EXPECT_THAT(result.errors, StartsWith("grove: reload: nothing is changed: "));
    EXPECT_THAT(result.errors, HasSubstr("/pool: is "));
    const json after = status();
    EXPECT_EQ(after.at("generation"), 1);
    EXPECT_EQ(after.at("reload").at("successful"), false);
    EXPECT_THAT(after.at("reload").at("why").at(0).get<std::string>(), HasSubstr("/pool: is "));
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
    EXPECT_EQ(ask("stop").exit_code, 0);  // also with a configuration that has faults
}

TEST_F(Operate, StopWaitsForTheEnd) {
    for (const bool now : {false, true}) {
        const auto server = serve(kNamed);
        ASSERT_TRUE(fs::exists(file("grove.pid")));
        ASSERT_TRUE(fs::is_socket(file("grove.sock")));
        std::vector<std::string> arguments{"stop", file("grove.json")};
        if (now) arguments.emplace_back("--now");

        const ProgramResult result = ask(arguments);

        EXPECT_EQ(result.exit_code, 0) << result.errors;
        EXPECT_EQ(result.output, "stopped\n");
        line_with(*server, now ? "stop: at once (SIGQUIT)"
                               : "stop: running requests are answered (SIGTERM)");
        EXPECT_EQ(server->program.wait(), 0);
        EXPECT_FALSE(fs::exists(file("grove.pid")));
        EXPECT_FALSE(fs::exists(file("grove.sock")));
    }
}

// O-076
TEST_F(Operate, StopTellsThatAWorkerWasLost) {
    const auto server = serve(R"("workers": 1, "pid_file": "grove.pid", "apps": [{"app": "unruly"}],
                                 "timeouts": {"shutdown": 0.1, "unwind": 0.1})");
    const PlainClient client{server->port};
    client.send("GET /stubborn HTTP/1.1\r\nHost: x\r\n\r\n");
    while (status().at("workers").at(0).at("in_flight") != 1) {
    }
    const std::string master = std::to_string(server->program.pid());

    const ProgramResult result = ask("stop");

    EXPECT_EQ(server->program.wait(), 1);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(result.output, "");
    EXPECT_EQ(result.errors, "grove: stop: process " + master +
                                 " has stopped with exit code 1: its log says why\n");
}

TEST_F(Operate, StatusShowsMasterAndWorkers) {
    const auto server = serve(kNamed);
    const json found = status();
    EXPECT_EQ(found.at("master"), server->program.pid());
    EXPECT_EQ(found.at("state"), "serving");
    std::vector<pid_t> pids;
    for (const json& worker : found.at("workers")) {
        pids.push_back(worker.at("pid"));
        EXPECT_EQ(worker.at("state"), "ready");
        EXPECT_EQ(worker.at("crew"), "current");
        EXPECT_EQ(worker.at("in_flight"), 0);
    }
    EXPECT_THAT(pids, testing::UnorderedElementsAreArray(server->workers()));

    for (const char* const command : {"status", "top"}) {  // which has no terminal
        const ProgramResult result = ask(command);
        EXPECT_EQ(result.exit_code, 0) << result.errors;
        EXPECT_THAT(result.output, StartsWith("master " + std::to_string(server->program.pid()) +
                                              ": serving, generation 1, since "));
        for (const pid_t pid : pids)
            EXPECT_THAT(result.output, HasSubstr(std::to_string(pid) + "  ready "));
    }
}

TEST_F(Operate, StatusCountsWhoTookThePlaceOfADeadWorker) {
    const auto server = serve(kNamed);
    EXPECT_THAT(ask("status").output, HasSubstr(" in flight, 0 dead workers replaced\n"));
    ::kill(server->workers().at(0), SIGKILL);
    for (int i = 0; i != 1000 && status().at("restarts") != 1; ++i) {
    }
    EXPECT_EQ(ask("reload").exit_code, 0);  // whose workers do not count
    EXPECT_THAT(ask("status").output, HasSubstr(" in flight, 1 dead worker replaced\n"));
}

/// A terminal that shows `grove top`, and what it has shown.
class Screen {
public:
    Screen() {
        if (!own_ || ::grantpt(own_.get()) != 0 || ::unlockpt(own_.get()) != 0)
            throw std::system_error{errno, std::generic_category(), "posix_openpt"};
        path_ = ::ptsname(own_.get());
    }

    [[nodiscard]] const std::string& path() const { return path_; }
    /// Blocks until it has shown so many frames, or nothing for half a minute. @return the last whole one
    std::string frame(int number) {
        while (count() <= number && read_more()) {
        }
        const std::size_t end = shown_.rfind(kHome);
        const std::size_t begin =
            end == 0 || end == shown_.npos ? end : shown_.rfind(kHome, end - 1);
        return begin == shown_.npos ? shown_ : shown_.substr(begin, end - begin);
    }
    /// All that it has shown, once that has come; waits as frame() does.
    const std::string& text_until(const std::string& text) {
        while (shown_.find(text) == shown_.npos && read_more()) {
        }
        return shown_;
    }
    /// As a window that is closed.
    void close() { own_.reset(); }

private:
    bool read_more() {
        pollfd there{.fd = own_.get(), .events = POLLIN, .revents = 0};
        if (::poll(&there, 1, 30'000) != 1) return false;
        const std::string more = read_what_is_there(own_.get());
        shown_ += more;
        return !more.empty();
    }
    [[nodiscard]] int count() const {
        int frames = 0;
        for (std::size_t at = 0; (at = shown_.find(kHome, at)) != shown_.npos; ++at) ++frames;
        return frames;
    }

    static constexpr const char* kHome = "\x1b[H\x1b[2J";
    FileDescriptor own_{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    std::string path_;
    std::string shown_;
};

TEST_F(Operate, TopShowsAFrameASecondUntilTheServerEnds) {
    const auto server = serve(kNamed);
    Screen screen;
    // Held open: what it has shown stays there after its end.
    const FileDescriptor shown{::open(screen.path().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
    RunningProgram top{{GROVE_TEST_BINARY, "top", file("grove.json")}, screen.path()};
    const std::string title =
        "master " + std::to_string(server->program.pid()) + ": serving, generation ";
    EXPECT_THAT(screen.frame(1), HasSubstr(title + "1, since "));

    EXPECT_EQ(ask("reload").exit_code, 0);
    int number = 2;
    std::string frame = screen.frame(number);
    while (number < 20 && frame.find(title + "2, since ") == frame.npos)
        frame = screen.frame(++number);
    EXPECT_THAT(frame, HasSubstr(title + "2, since "));
    EXPECT_THAT(frame, HasSubstr("s ago: done\r\n"));
    for (const pid_t pid : server->workers())
        EXPECT_THAT(frame, HasSubstr(std::to_string(pid) + "  "));

    EXPECT_EQ(ask("stop").exit_code, 0);
    EXPECT_EQ(top.wait(), 0);
}

/// Whose request runs, as the application waits for its body.
std::unique_ptr<PlainClient> running(const Serving& server, const std::string& target) {
    auto client = std::make_unique<PlainClient>(server.port);
    client->send("POST " + target +
                 " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
    client->read_until("100 Continue\r\n\r\n");
    return client;
}

TEST_F(Operate, TopShowsTheRequestsThatRunLongest) {
    const auto server =
        serve(R"("workers": 1, "pid_file": "grove.pid", "apps": [{"app": "unruly"}])");
    EXPECT_EQ(status().at("requests"), json::array());
    EXPECT_THAT(ask({"top", file("grove.json"), "--once"}).output,
                Not(HasSubstr("running  request")));
    // The master does not wait for its worker, which may be slow to tell.
    json told;
    const auto until = [&](const std::function<bool()>& holds) {
        for (int i = 0; !holds() && i != 100; ++i) told = status().at("requests");
    };
    const auto first = running(*server, "/first/%0a?x");
    until([&] { return told.size() == 1 && told[0].at("seconds").get<double>() > 0.05; });
    const auto second = running(*server, "/second");
    until([&] { return told.size() == 2; });

    ASSERT_EQ(told.size(), 2U);
    const pid_t worker = server->workers().at(0);
    for (const json& one : told) {
        EXPECT_EQ(one.at("pid"), worker);
        EXPECT_EQ(one.at("method"), "POST");
    }
    EXPECT_EQ(told[0].at("path"), "/first/%0a");
    EXPECT_EQ(told[1].at("path"), "/second");
    EXPECT_GT(told[0].at("seconds").get<double>(), told[1].at("seconds").get<double>());
    const std::string shown = ask({"top", file("grove.json"), "--once"}).output;
    EXPECT_THAT(shown, HasSubstr(" s  POST /first/%0a"));
    EXPECT_LT(shown.find("/first"), shown.find(" s  POST /second"));

    first->send("x");
    first->read_until("unruly\n");
    const double before = told[1].at("seconds").get<double>();
    until([&] { return told.size() == 1; });
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].at("path"), "/second");
    EXPECT_GT(told[0].at("seconds").get<double>(), before);
}

TEST_F(Operate, TopEndsWithItsTerminal) {
    const auto server = serve(kNamed);
    Screen screen;
    RunningProgram top{{GROVE_TEST_BINARY, "top", file("grove.json")}, screen.path()};
    EXPECT_THAT(screen.frame(1), HasSubstr("master "));
    screen.close();
    EXPECT_EQ(top.wait(), 1);
    EXPECT_EQ(status().at("state"), "serving");
}

TEST_F(Operate, TopShowsOneFrameIfThatIsAskedFor) {
    const auto server = serve(kNamed);
    Screen screen;
    const FileDescriptor shown{::open(screen.path().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
    RunningProgram top{{GROVE_TEST_BINARY, "top", file("grove.json"), "--once"}, screen.path()};
    EXPECT_EQ(top.wait(), 0);
    EXPECT_THAT(screen.text_until("connections  in flight\r\n"), StartsWith("master "));
}

TEST_F(Operate, SaysThatNothingRuns) {
    configuration(kNamed);
    struct Row {
        const char* command;
        int exit_code;
    };
    for (const Row& row : {Row{"status", 3}, Row{"reload", 1}, Row{"stop", 1}, Row{"top", 1}}) {
        const ProgramResult result = ask(row.command);
        EXPECT_EQ(result.exit_code, row.exit_code) << row.command;
        EXPECT_EQ(result.output, "") << row.command;
        EXPECT_EQ(result.errors,
                  "grove: no running server of " + file("grove.json") + " can be asked\n");
    }
}

TEST_F(Operate, FindsNobodyByAFileThatAKilledMasterLeft) {
    const auto server = serve(kNamed);
    server->program.send_signal(SIGKILL);
    EXPECT_EQ(server->program.wait(), -SIGKILL);
    EXPECT_TRUE(fs::exists(file("grove.pid")));
    EXPECT_EQ(ask("status").exit_code, 3);

    const auto next = serve(kNamed);
    EXPECT_EQ(status().at("master"), next->program.pid());
}

TEST_F(Operate, FindsTheFileThatAFlagNames) {
    const Serving server{serve_command({configuration(kNamed), "--pid-file", file("other.pid")}),
                         file("output")};
    EXPECT_FALSE(fs::exists(file("grove.pid")));
    EXPECT_EQ(ask("status").exit_code, 3);
    EXPECT_EQ(ask({"status", "--pid-file", file("other.pid")}).exit_code, 0);
}

TEST_F(Operate, ASecondMasterRefusesAFileThatIsHeld) {
    const auto server = serve(kNamed);
    const ProgramResult second = run_program(serve_command({file("grove.json")}));
    EXPECT_EQ(second.exit_code, 1);
    EXPECT_THAT(second.errors,
                HasSubstr("grove: pid_file: \"" + file("grove.pid") + "\" is held by process " +
                          std::to_string(server->program.pid())));
    EXPECT_EQ(status().at("master"), server->program.pid());
}

TEST_F(Operate, SaysThatTheFileHasNoNameInThisEnvironment) {
    configuration(
        R"("pid_file": "${GROVE_TEST_NONE}.pid", "pool": "many", "apps": [{"app": "hello"}])");
    for (const char* const command : {"status", "reload", "stop", "top"}) {
        const ProgramResult result = ask(command);
        EXPECT_EQ(result.exit_code, 2) << command;
        EXPECT_EQ(result.output, "") << command;
        EXPECT_EQ(result.errors, file("grove.json") +
                                     ": /pid_file: the environment has no GROVE_TEST_NONE: set it, "
                                     "or give a default: "
                                     "${GROVE_TEST_NONE:-default}\n" +
                                     kTheWay)
            << command;
    }
}

TEST_F(Operate, SaysHowAServerIsFoundWhoseConfigurationCannotBeReadAnyMore) {
    const auto server = serve(kNamed);
    std::ofstream{file("grove.json")} << "{";
    for (const char* const command : {"status", "reload", "stop", "top"}) {
        const ProgramResult result = ask(command);
        EXPECT_EQ(result.exit_code, 2) << command;
        EXPECT_THAT(result.errors, StartsWith(file("grove.json") + ":1:")) << command;
        EXPECT_THAT(result.errors, EndsWith(std::string{"\n"} + kTheWay)) << command;
    }

    const ProgramResult result = ask({"stop", file("grove.json"), "--pid-file", file("grove.pid")});

    EXPECT_EQ(result.exit_code, 0) << result.errors;
    EXPECT_EQ(server->program.wait(), 0);
}

TEST_F(Operate, SaysWhereTheUsualFileCannotBe) {
    if (fs::exists("/run/grove")) GTEST_SKIP() << "it can be there";
    ::setenv("XDG_RUNTIME_DIR", file("none").c_str(), 1);
    const std::string why = "\"" + file("none") +
                            "\" cannot be written: No such file or directory, \"/run/grove\" "
                            "cannot be written: No such "
                            "file or directory; \"pid_file\" or --pid-file may name another place";
    const auto server = serve(kHello);
    const std::string nothing =
        "grove: no running server of " + file("grove.json") + " can be asked";
    for (const char* const command : {"status", "reload", "stop", "top"}) {
        const ProgramResult result = ask(command);
        EXPECT_EQ(result.exit_code, command == std::string_view{"status"} ? 3 : 1) << command;
        EXPECT_EQ(result.output, "") << command;
        EXPECT_EQ(result.errors, nothing + ": a server would have no pid file: " + why + "\n")
            << command;
    }

    fs::create_directory(file("none"));  // then a server would have its file there
    EXPECT_EQ(ask("status").errors, nothing + "\n");
    ::unsetenv("XDG_RUNTIME_DIR");
}

TEST_F(Operate, FindsTheUsualFile) {
    ::setenv("XDG_RUNTIME_DIR", folder_.path().c_str(), 1);
    const auto server = serve(kHello);
    fs::create_directory(file("other"));
    fs::create_symlink(file("grove.json"), file("other/link.json"));
    EXPECT_EQ(status().at("master"), server->program.pid());
    const ProgramResult stopped = ask({"stop", file("other/link.json")});
    ::unsetenv("XDG_RUNTIME_DIR");
    EXPECT_EQ(stopped.exit_code, 0) << stopped.errors;
    EXPECT_EQ(server->program.wait(), 0);
}

TEST_F(Operate, StatusTellsHowLongAStopMayTake) {
    const auto server = serve(
        R"("pid_file": "grove.pid", "timeouts": {"drain_delay": 1000, "shutdown": 200, "unwind": 30}, )" +
        std::string{kHello});
    const int within = status().at("stops_within");
    EXPECT_GE(within, 1000 + 200 + 30 + 10);
    EXPECT_LE(within, 1000 + 200 + 30 + 30);
    configuration(R"("pid_file": "grove.pid", "timeouts": {"shutdown": null}, )" +
                  std::string{kHello});
    EXPECT_EQ(ask("reload").exit_code, 0);
    EXPECT_EQ(status().at("stops_within"), nullptr);
}

/// A master that answers all questions with the same, and does not end.
class Stubborn {
public:
    Stubborn(const std::string& pid_file, const std::string& answer)
        : process_{[=](FileDescriptor channel, SignalInbox&) -> int {
              const PidFile file{pid_file};
              http::ControlSocket control{
                  file.control(),
                  {.status = [&] { return answer; }, .reload = [&] { return answer; }}};
              if (::send(channel.get(), "x", 1, MSG_NOSIGNAL) != 1) return 1;
              for (;;) {
                  std::vector<pollfd> watched;
                  control.add_to(watched);
                  ::poll(watched.data(), watched.size(), -1);
                  control.serve(http::ControlSocket::Clock::now());
              }
          }} {
        char there = 0;
        EXPECT_EQ(::recv(process_.channel(), &there, 1, 0), 1);
    }

private:
    http::ChildProcess process_;
};

// Not for as long as a configuration has it, here the shipped one.
TEST_F(Operate, StopWaitsAsLongAsTheServerSays) {
    const Stubborn master{file("grove.pid"), R"({"stops_within":0})"};
    const ProgramResult result = ask({"stop", "--pid-file", file("grove.pid")});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.errors, HasSubstr("has not ended in its time"));
}

TEST_F(Operate, ReloadWaitsAsLongAsTheServerSays) {
    const Stubborn master{file("grove.pid"), R"({"reload":"asked","within":0})"};
    const ProgramResult result = ask({"reload", "--pid-file", file("grove.pid")});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(result.errors, "grove: the master does not answer\n");
}

TEST_F(Operate, ANullFileIsNone) {
    const auto server = serve(R"("pid_file": null, "apps": [{"app": "hello"}])");
    EXPECT_EQ(ask("status").exit_code, 3);
}

}  // namespace
}  // namespace grove
