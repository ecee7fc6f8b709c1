// The logs of `grove serve`.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grove/core/file_descriptor.h>

#include "serving.h"
#include "temporary_folder.h"

namespace grove {
namespace {

using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;
using namespace std::chrono_literals;

// "2026-11-23T15:50:32.123Z error [4711] "
#define ERROR_LINE_BEGIN \
    "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z [a-z]+ \\[[0-9]+\\] "

class GroveLogs : public testing::Test {
protected:
    std::string file(const char* name) const { return (folder_.path() / name).string(); }

    std::string content_of(const char* name) const {
        std::ifstream stream{file(name), std::ios::binary};
        return {std::istreambuf_iterator<char>{stream}, {}};
    }

    // Waits until something has been written to the log.
    std::string await(const char* name) const {
        const auto begin = steady_clock::now();
        while (content_of(name).empty() && steady_clock::now() - begin < 10s)
            std::this_thread::sleep_for(1ms);
        return content_of(name);
    }

    Serving serving(const std::string& log) const {
        std::ofstream{file("grove.json")}
            << R"({"listen": ["127.0.0.1:0"], "apps": [{"app": "hello"}], "log": )" + log + "}";
        return {serve_command({file("grove.json")}), file("output")};
    }

    TemporaryFolder folder_;
};

TEST_F(GroveLogs, AreWrittenSoon) {
    const Serving server = serving(R"({"access": "access.log"})");

    server.get("/");

    EXPECT_THAT(await("access.log"), HasSubstr("\"GET / HTTP/1.1\" 200 13 "));
}

// S-054
TEST_F(GroveLogs, TellOfAClientsErrorWhenAndWhy) {
    Serving server = serving(R"({"access": "off", "error": "error.log"})");

    server.ask("GET  / HTTP/1.1");

    EXPECT_THAT(await("error.log"),
                MatchesRegex(ERROR_LINE_BEGIN "127\\.0\\.0\\.1:[0-9]+: 400: [^\n]+\n"));
}

TEST_F(GroveLogs, LeaveOutWhatIsLessThanTheirLevel) {
    Serving server = serving(R"({"access": "off", "error": "error.log", "level": "warn"})");

    server.ask("GET  / HTTP/1.1");
    server.program.send_signal(SIGTERM);

    EXPECT_EQ(server.program.wait(), 0);
    EXPECT_EQ(content_of("error.log"), "");
}

// What was asked for is no matter of levels.
TEST_F(GroveLogs, TellOfGreenletsWhateverTheirLevelIs) {
    Serving server = serving(R"({"access": "off", "error": "error.log", "level": "error"})");

    server.program.send_signal(SIGUSR2);

    EXPECT_THAT(await("error.log"), HasSubstr(" info ["));
}

TEST_F(GroveLogs, AreReopenedOnRequest) {
    Serving server = serving(R"({"access": "access.log", "error": "error.log"})");
    server.ask("GET  /old HTTP/1.1");
    const std::string old_access = await("access.log");
    const std::string old_error = await("error.log");
    std::filesystem::rename(file("access.log"), file("access.log.1"));
    std::filesystem::rename(file("error.log"), file("error.log.1"));

    server.program.send_signal(SIGUSR1);
    for (const auto begin = steady_clock::now(); steady_clock::now() - begin < 10s;) {
        if (std::filesystem::exists(file("access.log")) &&
            std::filesystem::exists(file("error.log")))
            break;
        std::this_thread::sleep_for(1ms);
    }
    server.ask("GET  /new HTTP/1.1");

    EXPECT_THAT(await("access.log"), HasSubstr("\"GET  /new HTTP/1.1\" 400"));
    EXPECT_THAT(await("error.log"), HasSubstr(": 400: "));
    EXPECT_EQ(content_of("access.log.1"), old_access);
    EXPECT_EQ(content_of("error.log.1"), old_error);
}

// S-143
TEST_F(GroveLogs, FailNoRequestOnAFullDisk) {
    const Serving server = serving(R"({"access": "/dev/full", "error": "error.log"})");

    for (int i = 0; i < 10; ++i) EXPECT_THAT(server.get("/"), StartsWith("HTTP/1.1 200 OK\r\n"));

    EXPECT_THAT(
        await("error.log"),
        MatchesRegex(ERROR_LINE_BEGIN "/dev/full: [0-9]+ lines? lost: No space left on device\n"));
}

// S-143
TEST_F(GroveLogs, DelayNoRequestForAReaderThatDoesNotRead) {
    ASSERT_EQ(mkfifo(file("output").c_str(), 0600), 0);
    const FileDescriptor reader{open(file("output").c_str(), O_RDWR | O_CLOEXEC)};
    Serving server = serving(R"({"error": "off"})");
    const std::string agent = "User-Agent: " + std::string(4000, 'x') + "\r\n";

    for (int i = 0; i < 100; ++i)  // a pipe holds 64 KiB
        EXPECT_THAT(server.ask("GET / HTTP/1.1", agent), StartsWith("HTTP/1.1 200 OK\r\n"));

    server.program.send_signal(SIGTERM);
    EXPECT_EQ(server.program.wait(), 0);
}

}  // namespace
}  // namespace grove
