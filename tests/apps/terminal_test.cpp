// A server that was started with "&" on a terminal with `stty tostop`: no line of its logs stops it. O-002
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grove/core/file_descriptor.h>

#include "pipe.h"
#include "running_program.h"
#include "serving.h"
#include "temporary_folder.h"

namespace grove {
namespace {

/// Reads until that has come, or the other end is gone, or nothing has come for half a minute.
std::string read_until(int fd, const std::string& text) {
    std::string all;
    pollfd there{.fd = fd, .events = POLLIN, .revents = 0};
    while (all.find(text) == all.npos && ::poll(&there, 1, 30'000) == 1) {
        const std::string more = read_what_is_there(fd);
        if (more.empty()) break;
        all += more;
    }
    return all;
}

TEST(Terminal, DoesNotStopWhoLogsToItFromTheBackground) {
    const TemporaryFolder folder;
    const std::string configuration = (folder.path() / "grove.json").string();
    std::ofstream{configuration} << R"({"listen": ["127.0.0.1:0"], "plugin_path": [")"
                                 << GROVE_TEST_APPS
                                 << R"("], "log": {"access": "off"}, "apps": [{"app": "hello"}]})";
    const FileDescriptor terminal{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    ::grantpt(terminal.get());
    ::unlockpt(terminal.get());
    std::vector<std::string> command = serve_command({configuration});
    command.insert(command.begin(), {GROVE_TEST_IN_BACKGROUND, ::ptsname(terminal.get())});
    RunningProgram shell{command, (folder.path() / "output").string()};

    const std::string ready = read_until(terminal.get(), "\n");
    const std::string before_port = "grove: listening on http://127.0.0.1:";
    ASSERT_THAT(ready, testing::StartsWith(before_port));  // more lines may follow
    const auto port = static_cast<std::uint16_t>(std::stoul(ready.substr(before_port.size())));
    const PlainClient client{port};
    client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(client.read_to_end(), testing::EndsWith("Hello, World!"));
    const pid_t master = children_of(shell.pid()).at(0);
    ::kill(master, SIGUSR2);  // a line of the worker's
    EXPECT_THAT(read_until(terminal.get(), "greenlet"), testing::HasSubstr("greenlet"));
    ::kill(master, SIGTERM);
    EXPECT_THAT(read_until(terminal.get(), "stop: stopped"), testing::HasSubstr("stop: stopped"));
    EXPECT_EQ(shell.wait(), 0);
}

}  // namespace
}  // namespace grove
