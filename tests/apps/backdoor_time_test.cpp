// The backdoor in a hub of the test's own: whom it drops once a time has passed, which a fake clock tells, and the client
// that the documentation names (C-073).
#include <chrono>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <grove/core/address.h>
#include <grove/core/connect.h>
#include <grove/core/detail/listening_socket.h>
#include <grove/core/greenlet.h>
#include <grove/core/popen.h>
#include <grove/core/stream.h>
#include <grove/core/stream_reader.h>

#include "backdoor.h"
#include "fake_clock.h"
#include "greenlet_test.h"
#include "patience.h"
#include "temporary_folder.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::size_t kMost = 1024;  // bytes of a line

/// A backdoor of this thread's hub, and its log.
class Opened {
public:
    ~Opened() { backdoor_.stop(); }

    [[nodiscard]] Stream come() const { return connect(address_); }
    [[nodiscard]] std::string path() const { return (folder_.path() / "socket").string(); }
    /// Moves the clock until a client was dropped. @return how long that took
    [[nodiscard]] Duration time_to_drop() const {
        const auto began = now();
        while (!dropped_at_) sleep(1s);
        return *dropped_at_ - began;
    }

private:
    void note(std::string_view line) {
        if (line.find("is dropped: ") != std::string_view::npos) dropped_at_ = now();
    }

    TemporaryFolder folder_{};
    Address address_ = Address::unix_path(path());
    std::optional<Duration> dropped_at_{};
    Backdoor backdoor_{{listen_on(address_).release()},
                       {},
                       [this](http::LogLevel, std::string_view line) { note(line); }};
};

FAKE_CLOCK_TEST(BackdoorTime, DropsWhoWritesNothingForTenMinutes) {
    const Opened opened;
    Stream client = opened.come();
    StreamReader reader{client};
    EXPECT_THAT(reader.readline(kMost), HasSubstr("\"help\" names the commands"));
    sleep(10min - 1s);
    client.sendall("no such\n");  // its ten minutes begin again
    EXPECT_THAT(reader.readline(kMost), StartsWith("error: "));

    EXPECT_EQ(opened.time_to_drop(), 10min);
    EXPECT_EQ(reader.readline(kMost), "");
}

FAKE_CLOCK_TEST(BackdoorTime, DropsWhoReadsNothingForTenSeconds) {
    const Opened opened;
    Stream client = opened.come();
    std::string questions;  // they fit in the sockets, and their answers do not
    for (int i = 0; i < 5000; ++i) questions += "help\n";
    client.sendall(questions);

    EXPECT_EQ(opened.time_to_drop(), 10s);
}

/// As apps/observing.md says it, for the socket at `path`.
std::vector<std::string> documented_client(const std::string& path) {
    std::ifstream file{GROVE_TEST_OBSERVING};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    constexpr std::string_view kBegin = "`socat ";
    const std::size_t begin = text.find(kBegin) + 1;
    std::istringstream words{text.substr(begin, text.find('`', begin) - begin)};
    std::vector<std::string> argv{std::istream_iterator<std::string>{words}, {}};
    EXPECT_EQ(argv.back(), "UNIX:/run/grove/backdoor.sock");
    argv.back() = "UNIX:" + path;
    return argv;
}

GREENLET_TEST(BackdoorTime, AnswersTheClientOfTheDocumentation) {
    if (::access("/usr/bin/socat", X_OK) != 0)
        GTEST_SKIP() << "socat is not installed (apt-get install socat)";
    const Opened opened;
    Popen client{documented_client(opened.path()), {.in = Pipe::kPipe, .out = Pipe::kPipe}};
    const auto [output, errors] = client.communicate("log loud\nquit\n", kPatience);
    EXPECT_EQ(client.wait(), 0);
    EXPECT_THAT(output, StartsWith("worker " + std::to_string(::getpid()) + ", "));
    EXPECT_THAT(output, HasSubstr("\nerror: log: the level must be one of "));
}

}  // namespace
}  // namespace grove::test
