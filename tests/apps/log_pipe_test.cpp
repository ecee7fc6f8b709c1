// Logs that are pipes in the file system, whose readers come and go; files that cannot be written for a while, or that
// are moved away.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grove/core/file_descriptor.h>

#include "pipe.h"
#include "program.h"
#include "supervised.h"

namespace grove {
namespace {

using std::chrono::steady_clock;
using testing::ContainsRegex;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

bool pipe_eventually(const std::function<bool()>& condition) {
    const auto end = steady_clock::now() + 30s;
    while (!condition()) {
        if (steady_clock::now() > end) return false;
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

class LogPipe : public Supervised {
protected:
    LogPipe() {
        log_ = "error.log";
        mkfifo(file("pipe").c_str(), 0600);
    }

    // A reader of the pipe, which comes without waiting for a writer.
    FileDescriptor read_pipe() const {
        return FileDescriptor{open(file("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    }
    // What comes there while the server is reloaded again and again, until it ends as it should.
    std::string until(const std::string& text, const Serving& server,
                      const FileDescriptor& reader) const {
        std::string all;
        for (const auto end = steady_clock::now() + 30s; steady_clock::now() < end;) {
            server.program.send_signal(SIGHUP);
            for (int i = 0; i < 200; ++i) {
                all += read_what_is_there(reader.get());
                if (all.find(text) != all.npos) return all;
                std::this_thread::sleep_for(1ms);
            }
        }
        return all;
    }
    std::string content(const char* name) const {
        std::ifstream stream{file(name), std::ios::binary};
        return {std::istreambuf_iterator<char>{stream}, {}};
    }
    bool comes(const char* name, const std::string& text) const {
        return pipe_eventually([&] { return content(name).find(text) != std::string::npos; });
    }
    static std::string masters(const Serving& server) {
        return "[" + std::to_string(server.program.pid()) + "] ";
    }
};

// O-003
TEST_F(LogPipe, NeedsNoReaderAtTheStartAndInTheEnd) {
    log_ = "pipe";
    const auto server = serve(kHello);
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));

    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
}

// O-003
TEST_F(LogPipe, HasItsLinesWhenAReaderComesAndGoesAndComesAgain) {
    log_ = "pipe";
    const auto server = serve(kHello);
    server->program.send_signal(SIGHUP);  // a line for nobody
    std::string said;
    for (int i = 0; i < 2; ++i) {
        const FileDescriptor reader = read_pipe();
        const std::string line = masters(*server) + "reload: the new workers serve";
        const std::string came = until(line, *server, reader);
        EXPECT_THAT(came, HasSubstr(line)) << i;
        said += came;
    }
    EXPECT_THAT(said, ContainsRegex("pipe: [0-9]+ lines? lost: no process reads the pipe\n"));
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
}

// O-003
TEST_F(LogPipe, MayBeTheAccessLogWhoseLossesAreTold) {
    std::ofstream{file("grove.json")}
        << R"({"listen": ["127.0.0.1:0"], "log": {"access": "pipe", "error": "error.log"}, )"
        << kHello << "}";
    Serving server{serve_command({file("grove.json")}), file("output")};

    EXPECT_THAT(server.get("/lost"), HasSubstr("404"));
    EXPECT_TRUE(comes("error.log", "pipe: 1 line lost: no process reads the pipe"));
    const FileDescriptor reader = read_pipe();
    std::string said;
    for (const auto end = steady_clock::now() + 30s; steady_clock::now() < end;) {
        server.get("/kept");
        said += read_what_is_there(reader.get());
        if (said.find("GET /kept") != said.npos) break;
    }
    EXPECT_THAT(said, HasSubstr("GET /kept"));
    EXPECT_THAT(said, Not(HasSubstr("GET /lost")));
    server.program.send_signal(SIGTERM);
    EXPECT_EQ(server.program.wait(), 0);
}

// O-003: on USR1 it is opened like any file, and nobody waits for its reader.
TEST_F(LogPipe, MayTakeTheFilesPlace) {
    const auto server = serve(kHello);
    server->program.send_signal(SIGHUP);
    EXPECT_TRUE(comes("error.log", "reload: the new workers serve"));
    std::filesystem::rename(file("error.log"), file("error.log.1"));
    std::filesystem::rename(file("pipe"), file("error.log"));

    server->program.send_signal(SIGUSR1);
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
    std::filesystem::rename(file("error.log"), file("pipe"));
    FileDescriptor reader = read_pipe();
    std::filesystem::rename(file("pipe"), file("error.log"));

    EXPECT_THAT(until("reload: ", *server, reader), HasSubstr("reload: "));
    reader.reset();
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
}

// O-003: /dev/stderr cannot be opened where it is a socket, as a service manager's journal is.
TEST_F(LogPipe, IsNoSocketWhichCannotBeOpened) {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);  // inherited
    const FileDescriptor one{ends[0]};
    const FileDescriptor other{ends[1]};
    log_ = path_of(ends[0]);

    const ProgramResult result = run_program(serve_command({configuration(kHello)}));

    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.errors, log_ +
                                 ": cannot be opened for a log: a socket cannot be opened; \"-\" "
                                 "is standard output or standard error, which may be a "
                                 "socket\n");
}

// O-003
TEST_F(LogPipe, MayBeNamedByTheDescriptorThatItIs) {
    const TestPipe pipe;
    const FileDescriptor inherited{dup(pipe.writer.get())};  // without close-on-exec
    log_ = path_of(inherited.get());
    const auto server = serve(kHello);
    fill(log_);

    server->program.send_signal(SIGHUP);
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
    EXPECT_EQ(fcntl(inherited.get(), F_GETFL) & O_NONBLOCK, 0);
}

// O-001: as a disk that is full for a while.
TEST_F(LogPipe, OrFileHasItsLinesAgainWhenItCanBeWrittenAgain) {
    const auto server = serve(kHello);
    rlimit before{};
    ASSERT_EQ(prlimit(server->program.pid(), RLIMIT_FSIZE, nullptr, &before), 0);
    const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
    ASSERT_EQ(prlimit(server->program.pid(), RLIMIT_FSIZE, &none, nullptr), 0);
    const pid_t worker = server->workers().at(0);
    ::kill(worker, SIGKILL);  // a line that is lost
    EXPECT_TRUE(pipe_eventually([&] {
        const std::vector<pid_t> now = server->workers();
        return now.size() == 1 && now[0] != worker;
    }));
    EXPECT_EQ(content("error.log"), "");
    ASSERT_EQ(prlimit(server->program.pid(), RLIMIT_FSIZE, &before, nullptr), 0);

    server->program.send_signal(SIGHUP);

    EXPECT_TRUE(comes("error.log", masters(*server) + "reload: the new workers serve"));
    EXPECT_THAT(content("error.log"),
                ContainsRegex("error.log: [0-9]+ lines? lost: File too large"));
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
}

TEST_F(LogPipe, OrFileIsOpenedAnewByTheMasterToo) {
    const auto server = serve(kHello);
    server->program.send_signal(SIGHUP);
    EXPECT_TRUE(comes("error.log", masters(*server) + "reload: the new workers serve"));
    std::filesystem::remove(file("error.log"));

    server->program.send_signal(SIGUSR1);
    EXPECT_TRUE(pipe_eventually([&] { return std::filesystem::exists(file("error.log")); }));
    ::kill(server->workers().back(), SIGKILL);  // an old one may be ending
    EXPECT_TRUE(comes("error.log", masters(*server) + "worker "));
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));

    // A worker holds nothing of the master's: what is removed gives its room back.
    int logs = 0;
    const std::string worker = std::to_string(server->workers().back());
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/" + worker + "/fd"}) {
        std::error_code gone;
        logs += std::filesystem::read_symlink(entry, gone).filename() == "error.log" ? 1 : 0;
    }
    EXPECT_EQ(logs, 1);
}

}  // namespace
}  // namespace grove
