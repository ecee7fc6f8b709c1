// The binary where whoever starts it has closed standard input, output or error (O-013).
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.h"
#include "running_program.h"
#include "serving.h"
#include "temporary_folder.h"

namespace grove {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kMarked = "/hello?marked";

std::vector<std::string> with_closed(const std::string& which, std::vector<std::string> command) {
    std::string redirections;
    for (const char digit : which) redirections += std::string{" "} + digit + ">&-";
    command.insert(command.begin(), {"/bin/sh", "-c", "exec \"$@\"" + redirections, "sh"});
    return command;
}

fs::path descriptor(pid_t pid, const std::string& number) {
    return "/proc/" + std::to_string(pid) + "/fd/" + number;
}

/// What is in each further file that a process has open: plugins, for one.
std::string content_of_files(pid_t pid) {
    std::ostringstream all;
    for (const fs::directory_entry& entry : fs::directory_iterator{descriptor(pid, "")}) {
        std::error_code gone;
        if (std::stoi(entry.path().filename()) > 2 && fs::is_regular_file(entry.path(), gone))
            all << std::ifstream{entry.path()}.rdbuf();
    }
    return all.str();
}

class ClosedDescriptors : public testing::TestWithParam<const char*> {
protected:
    /// As soon as it is served. A closed standard error says nothing.
    std::string answer() const {
        const auto patience = std::chrono::steady_clock::now() + 30s;
        for (;;) {
            try {
                const PlainClient client{socket_};
                client.send(std::string{"GET "} + kMarked +
                            " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
                return client.read_to_end();
            } catch (const std::system_error&) {
                if (std::chrono::steady_clock::now() > patience) throw;
                std::this_thread::yield();
            }
        }
    }

    TemporaryFolder folder_;
    std::string socket_ = (folder_.path() / "socket").string();
};

TEST_P(ClosedDescriptors, AreOpenOnNothingInTheMasterAndItsWorkers) {
    const RunningProgram server{
        with_closed(GetParam(),
                    serve_command({"--listen", "unix:" + socket_, "--app", "hello:/hello", "--app",
                                   "echo:/", "--workers", "2"})),
        (folder_.path() / "output").string()};
    for (int i = 0; i < 3; ++i) EXPECT_THAT(answer(), EndsWith("Hello, World!"));

    std::vector<pid_t> processes;  // the first worker answers before the second is there
    while (processes.size() != 2) processes = children_of(server.pid());
    processes.push_back(server.pid());
    for (const pid_t pid : processes) {
        for (const char digit : std::string{GetParam()})
            EXPECT_EQ(fs::read_symlink(descriptor(pid, {digit})), "/dev/null") << digit;
        EXPECT_THAT(content_of_files(pid), Not(HasSubstr(kMarked)));
    }
}

TEST_P(ClosedDescriptors, LetTheOtherCommandsDoTheirWork) {
    std::ofstream{folder_.path() / "grove.json"} << R"({"apps": [{"app": "hello"}]})";
    const std::string file = (folder_.path() / "grove.json").string();
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"check", file}, {"apps"}, {"schema"}, {"--version"}}) {
        std::vector<std::string> whole{GROVE_TEST_BINARY};
        whole.insert(whole.end(), command.begin(), command.end());
        EXPECT_EQ(run_program(with_closed(GetParam(), whole)).exit_code, 0) << command.front();
    }
}

INSTANTIATE_TEST_SUITE_P(Each, ClosedDescriptors,
                         testing::Values("0", "1", "2", "01", "02", "12", "012"),
                         [](const auto& which) { return std::string{which.param}; });

}  // namespace
}  // namespace grove
