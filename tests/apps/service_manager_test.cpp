// What a service manager is told, and what it hands down: the class alone, and the built binary.
#include "service_manager.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grove/core/address.h>
#include <grove/core/detail/listening_socket.h>
#include <grove/core/file_descriptor.h>

#include "serving.h"
#include "temporary_folder.h"

namespace grove {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

/// As NOTIFY_SOCKET names it: a path, or "@" and an abstract name.
class NotifySocket {
public:
    explicit NotifySocket(std::string name) : name_{std::move(name)} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::copy(name_.begin(), name_.end(), address.sun_path);
        if (name_[0] == '@') address.sun_path[0] = '\0';
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
        EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
    }

    [[nodiscard]] const std::string& name() const { return name_; }

    /// "" if nothing comes for so many milliseconds.
    [[nodiscard]] std::string next(int patience = 30000) const {
        pollfd watched{.fd = fd_.get(), .events = POLLIN, .revents = 0};
        char bytes[4096];
        if (::poll(&watched, 1, patience) != 1) return "";
        const ssize_t got = ::recv(fd_.get(), bytes, sizeof bytes, 0);
        return {bytes, static_cast<std::size_t>(got)};
    }

private:
    std::string name_;
    FileDescriptor fd_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

class Notified : public testing::TestWithParam<const char*> {
protected:
    static std::string name_in(const TemporaryFolder& folder) {
        return GetParam() == std::string{"abstract"} ? "@" + folder.path().string()
                                                     : (folder.path() / "notify").string();
    }
    std::string configuration(const std::string& apps) const {
        const std::string file = (folder_.path() / "grove.json").string();
        std::ofstream{file} << R"({"listen": ["127.0.0.1:0"], "apps": [)" << apps << "]}";
        return file;
    }

    TemporaryFolder folder_;
    NotifySocket manager_{name_in(folder_)};
};

TEST_P(Notified, OfReadinessReloadsAndTheEnd) {
    std::vector<std::string> command = serve_command({configuration(R"({"app": "hello"})")});
    command.insert(command.begin(), {"/usr/bin/env", "NOTIFY_SOCKET=" + manager_.name()});
    Serving server{command, (folder_.path() / "output").string()};
    const std::string pid = "MAINPID=" + std::to_string(server.program.pid());
    EXPECT_THAT(manager_.next(), AllOf(HasSubstr("READY=1"), HasSubstr(pid)));

    server.program.send_signal(SIGHUP);
    EXPECT_THAT(manager_.next(), AllOf(HasSubstr("RELOADING=1"), HasSubstr("MONOTONIC_USEC=")));
    EXPECT_THAT(manager_.next(), AllOf(HasSubstr("READY=1"), HasSubstr("STATUS=serving\n")));

    configuration(R"({"app": "nosuch"})");
    server.program.send_signal(SIGHUP);
    EXPECT_THAT(manager_.next(), HasSubstr("RELOADING=1"));
    EXPECT_THAT(manager_.next(), AllOf(HasSubstr("READY=1"), HasSubstr("changed nothing")));

    server.program.send_signal(SIGTERM);
    EXPECT_THAT(manager_.next(), HasSubstr("STOPPING=1"));
    EXPECT_EQ(server.program.wait(), 0);
}

// O-022
TEST_P(Notified, ThatTheServiceLivesWhileAWorkerAnswers) {
    const std::string config = (folder_.path() / "grove.json").string();
    std::ofstream{config} << R"({"listen": ["127.0.0.1:0"], "plugin_path": [")" GROVE_TEST_PLUGINS
                             R"("], "apps": [{"app": "blocker"}], "timeouts": {"worker": null},
        "log": {"access": "off", "blocking": 0.1}})";
    std::vector<std::string> command = serve_command({config});
    command.insert(command.begin(),
                   {"/usr/bin/env", "NOTIFY_SOCKET=" + manager_.name(), "WATCHDOG_USEC=200000"});
    Serving server{command, (folder_.path() / "output").string()};
    EXPECT_THAT(manager_.next(), HasSubstr("READY=1"));
    for (int i = 0; i < 5; ++i) EXPECT_EQ(manager_.next(), "WATCHDOG=1");

    const PlainClient stuck{server.port};
    stuck.send("GET /loop HTTP/1.1\r\nHost: x\r\n\r\n");
    while (server.program.read_error_line().find("has been kept") == std::string::npos) {
    }
    // It hears no more than what was sent before that.
    while (manager_.next(1000) == "WATCHDOG=1") {
    }
    EXPECT_EQ(manager_.next(1000), "");
    server.program.send_signal(SIGKILL);
}

TEST_P(Notified, OfNoLifeIfThatIsAskedOfAnother) {
    std::vector<std::string> command = serve_command({configuration(R"({"app": "hello"})")});
    command.insert(command.begin(),
                   {"/usr/bin/env", "NOTIFY_SOCKET=" + manager_.name(), "WATCHDOG_USEC=2000",
                    "WATCHDOG_PID=" + std::to_string(::getpid())});
    Serving server{command, (folder_.path() / "output").string()};
    EXPECT_THAT(manager_.next(), HasSubstr("READY=1"));
    EXPECT_EQ(manager_.next(300), "");
    server.program.send_signal(SIGTERM);
    EXPECT_THAT(manager_.next(), HasSubstr("STOPPING=1"));
    EXPECT_EQ(server.program.wait(), 0);
}

INSTANTIATE_TEST_SUITE_P(EachKindOfSocket, Notified, testing::Values("path", "abstract"),
                         [](const auto& parameter) { return std::string{parameter.param}; });

TEST(ServiceManager, IsNoneWithoutItsVariables) {
    const ServiceManager manager;
    EXPECT_THAT(manager.sockets(), testing::IsEmpty());
    manager.tell(http::MasterPhase::kServing, "to nobody");
}

TEST(ServiceManager, TakesItsVariablesOutOfTheEnvironment) {
    ::setenv("NOTIFY_SOCKET", "/no/where", 1);
    ::setenv("LISTEN_PID", "1", 1);
    ::setenv("LISTEN_FDS", "2", 1);
    ::setenv("LISTEN_FDNAMES", "a:b", 1);
    ::setenv("WATCHDOG_USEC", "1000", 1);
    ::setenv("WATCHDOG_PID", "1", 1);
    const ServiceManager manager;
    EXPECT_THAT(manager.sockets(), testing::IsEmpty()) << "they are another process's";
    EXPECT_FALSE(manager.alive_every()) << "it is another process's";
    for (const char* name : {"NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES",
                             "WATCHDOG_USEC", "WATCHDOG_PID"})
        EXPECT_EQ(std::getenv(name), nullptr) << name;
    manager.tell(http::MasterPhase::kStopping, "to nobody");
}

TEST(ServiceManager, WantsASignOfLifeTwiceInItsPatience) {
    const auto every = [](const char* usec, const std::string& pid) {
        ::setenv("NOTIFY_SOCKET", "/no/where", 1);
        ::setenv("WATCHDOG_USEC", usec, 1);
        if (!pid.empty()) ::setenv("WATCHDOG_PID", pid.c_str(), 1);
        return ServiceManager{}.alive_every();
    };
    EXPECT_EQ(every("3000000", ""), Timespan{std::chrono::milliseconds{1500}});
    EXPECT_EQ(every("3000000", std::to_string(::getpid())),
              Timespan{std::chrono::milliseconds{1500}});
    EXPECT_EQ(every("3000000", "1"), std::nullopt);
    for (const char* usec : {"", "0", "-1", "many", "1x"})
        EXPECT_EQ(every(usec, ""), std::nullopt) << usec;
}

TEST(ServiceManager, MistrustsItsVariables) {
    for (const char* count : {"", "-1", "many", "1x", "0"}) {
        ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
        ::setenv("LISTEN_FDS", count, 1);
        EXPECT_THAT(ServiceManager{}.sockets(), testing::IsEmpty()) << count;
    }
    ::setenv("NOTIFY_SOCKET", std::string(200, 'x').c_str(), 1);
    ServiceManager{}.tell(http::MasterPhase::kServing, "too long a path");
}

/// `grove serve` with a socket at descriptor 3, as a service manager starts it.
std::vector<std::string> activated(int socket, const std::vector<std::string>& arguments) {
    std::vector<std::string> command{
        "/bin/bash", "-c", R"(fd=$1; shift; exec env LISTEN_PID=$$ LISTEN_FDS=1 "$@" 3<&$fd)",
        "bash", std::to_string(socket)};
    const std::vector<std::string> serve = serve_command(arguments);
    command.insert(command.end(), serve.begin(), serve.end());
    return command;
}

// A child inherits it.
FileDescriptor inheritable(const FileDescriptor& socket) {
    return FileDescriptor{::fcntl(socket.get(), F_DUPFD, 10)};
}

TEST(SocketActivation, ServesASocketThatTheManagerOpened) {
    const TemporaryFolder folder;
    const FileDescriptor socket = listen_on(Address::ip("127.0.0.1", 0));
    const std::string address = Address::local_of(socket.get()).text();
    const FileDescriptor handed = inheritable(socket);
    Serving server{activated(handed.get(), {"--listen", address, "--app", "hello", "--workers", "2",
                                            "--access-log", "off"}),
                   (folder.path() / "output").string()};
    EXPECT_THAT(server.line, EndsWith(address));
    for (int i = 0; i < 10; ++i) EXPECT_THAT(server.get("/"), EndsWith("Hello, World!"));

    server.program.send_signal(SIGHUP);
    while (server.program.read_error_line().find("the new workers serve") == std::string::npos) {
    }
    EXPECT_THAT(server.get("/"), EndsWith("Hello, World!"));

    // Ended, and its successor started: who comes between waits in the queue, and is answered.
    server.program.send_signal(SIGTERM);
    EXPECT_EQ(server.program.wait(), 0);
    const PlainClient early{server.port};
    early.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const Serving next{activated(handed.get(), {"--listen", address, "--app", "hello"}),
                       (folder.path() / "output").string()};
    EXPECT_THAT(early.read_to_end(), EndsWith("Hello, World!"));
}

TEST(SocketActivation, ServesAUnixSocketAndLeavesItsFile) {
    const TemporaryFolder folder;
    const std::string path = (folder.path() / "s").string();
    const FileDescriptor socket = listen_on(Address::unix_path(path));
    const FileDescriptor handed = inheritable(socket);
    RunningProgram server{activated(handed.get(), {"--listen", "unix:" + path, "--app", "hello"}),
                          (folder.path() / "output").string()};
    EXPECT_EQ(server.read_error_line(), "grove: listening on unix:" + path);
    server.send_signal(SIGTERM);
    EXPECT_EQ(server.wait(), 0);
    EXPECT_TRUE(std::filesystem::is_socket(path));
}

TEST(SocketActivation, NamesASocketThatTheConfigurationDoesNotServe) {
    const TemporaryFolder folder;
    const FileDescriptor socket = listen_on(Address::ip("127.0.0.1", 0));
    const FileDescriptor handed = inheritable(socket);
    RunningProgram server{activated(handed.get(), {"--listen", "127.0.0.1:0", "--app", "hello"}),
                          (folder.path() / "output").string()};
    EXPECT_THAT(server.read_error_line(),
                HasSubstr("descriptor 3 was handed down and listens on " +
                          Address::local_of(socket.get()).text() +
                          ", but no listener of the configuration has that address"));
    EXPECT_THAT(server.read_error_line(), StartsWith("grove: listening on http://127.0.0.1:"));
}

}  // namespace
}  // namespace grove
