// O-002: the master's lines wait for a reader, and the master does not.
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grove/core/file_descriptor.h>

#include "master_lines.h"
#include "pipe.h"
#include "temporary_folder.h"
#include "write_bound.h"

namespace {

using grove::FileDescriptor;
using grove::fill;
using grove::path_of;
using grove::read_what_is_there;
using grove::TestPipe;
using std::chrono::steady_clock;
using testing::EndsWith;
using testing::MatchesRegex;
using testing::StartsWith;
using namespace std::chrono_literals;

/// The slave of a pseudo-terminal that passes on what it is given.
struct Terminal {
    Terminal() : master{posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)} {
        grantpt(master.get());
        unlockpt(master.get());
        slave.reset(open(ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
        termios raw{};
        if (tcgetattr(slave.get(), &raw) != 0) throw std::runtime_error{"no pseudo-terminal"};
        cfmakeraw(&raw);
        tcsetattr(slave.get(), TCSANOW, &raw);
    }
    FileDescriptor master;
    FileDescriptor slave;
};

class MasterLinesTest : public testing::Test {
protected:
    MasterLinesTest() {
        struct sigaction action {};
        action.sa_handler = SIG_IGN;
        sigaction(SIGPIPE, &action, &before_);
    }
    ~MasterLinesTest() override { sigaction(SIGPIPE, &before_, nullptr); }

    std::string path(const char* name) const { return (folder_.path() / name).string(); }
    std::string content(const char* name) const {
        std::ifstream file{path(name), std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }

    grove::TemporaryFolder folder_;
    struct sigaction before_ {};
};

TEST_F(MasterLinesTest, LeaveAtOnceAndWantNothing) {
    TestPipe pipe;
    MasterLines lines{"", pipe.writer.get()};

    lines.add("a");
    lines.add("b\nc");

    EXPECT_EQ(read_what_is_there(pipe.reader.get()), "a\nb\nc\n");
    EXPECT_EQ(lines.wanted(), -1);
}

TEST_F(MasterLinesTest, MayBeVeryManyAtOnce) {
    MasterLines lines{path("log"), -1};
    const std::string all(2 * MasterLines::kMostWaiting, '\n');

    lines.add(all);

    EXPECT_EQ(content("log"), all + "\n");
}

TEST_F(MasterLinesTest, WaitForAFullPipeInTheirOrderAndLeaveItsFlagsAlone) {
    TestPipe pipe;
    const int flags = fcntl(pipe.writer.get(), F_GETFL);
    fill(path_of(pipe.writer.get()));
    MasterLines lines{"", pipe.writer.get()};

    lines.add("a");
    lines.add("b");
    EXPECT_EQ(lines.wanted(), pipe.writer.get());
    EXPECT_THAT(read_what_is_there(pipe.reader.get()), EndsWith("x"));
    lines.write();

    EXPECT_EQ(read_what_is_there(pipe.reader.get()), "a\nb\n");
    EXPECT_EQ(lines.wanted(), -1);
    EXPECT_EQ(fcntl(pipe.writer.get(), F_GETFL), flags);
}

TEST_F(MasterLinesTest, AreLostBeyondABoundAndToldOnceThereIsRoom) {
    TestPipe pipe;
    fill(path_of(pipe.writer.get()));
    MasterLines lines{"", pipe.writer.get()};
    const std::string line(999, 'a');
    const std::size_t taken = MasterLines::kMostWaiting / 1000;

    for (std::size_t i = 0; i < taken + 3; ++i) lines.add(line);
    std::string received;
    do {
        received += read_what_is_there(pipe.reader.get());
        lines.write();
    } while (lines.wanted() >= 0);
    received += read_what_is_there(pipe.reader.get());

    received.erase(0, received.find('a'));
    EXPECT_EQ(received.substr(0, taken * 1000).find_first_not_of("a\n"), std::string::npos);
    EXPECT_THAT(received.substr(taken * 1000),
                MatchesRegex(".* error .*standard error: 3 lines lost: they come faster than they "
                             "can be written\n"));
    EXPECT_EQ(lines.due(), LogLosses::Clock::time_point::max());
}

// O-001
TEST_F(MasterLinesTest, AppearAgainWhenAFullDiskHasRoom) {
    std::filesystem::create_symlink("/dev/full", path("link"));
    MasterLines lines{path("link"), -1};
    lines.add("lost");
    lines.add("lost, too");
    EXPECT_EQ(lines.wanted(), -1);
    EXPECT_EQ(lines.due(), LogLosses::Clock::time_point::max());  // nobody could be told
    std::filesystem::remove(path("link"));
    std::filesystem::create_symlink(path("log"), path("link"));

    lines.reopen();
    lines.add("kept");

    EXPECT_THAT(content("log"), StartsWith("kept\n"));
    EXPECT_THAT(content("log"), EndsWith("link: 2 lines lost: No space left on device\n"));
}

// O-001
TEST_F(MasterLinesTest, AreLostWithoutAReaderAndSomebodyElseCanTell) {
    TestPipe pipe;
    MasterLines lines{"", pipe.writer.get()};
    EXPECT_EQ(lines.take_losses(), std::nullopt);
    pipe.reader.reset();

    lines.add("lost");

    EXPECT_EQ(lines.wanted(), -1);
    EXPECT_THAT(lines.take_losses().value(), EndsWith("standard error: 1 line lost: Broken pipe"));
}

// O-001: also if a loss was told less than a minute ago.
TEST_F(MasterLinesTest, AreCountedToTheLastAtTheEnd) {
    TestPipe pipe;
    MasterLines lines{"", pipe.writer.get()};
    pipe.reader.reset();
    lines.add("lost");
    EXPECT_TRUE(lines.take_losses());
    lines.add("lost");
    lines.add("lost");
    EXPECT_FALSE(lines.take_losses());

    lines.finish();

    EXPECT_THAT(lines.take_losses().value(), EndsWith("standard error: 2 lines lost: Broken pipe"));
}

TEST_F(MasterLinesTest, GoToTheNewFileAfterTheOldOneWasMovedAwayOrRemoved) {
    MasterLines lines{path("log"), -1};
    lines.add("first");
    std::filesystem::rename(path("log"), path("log.1"));
    lines.add("still first");

    lines.reopen();
    lines.add("second");
    EXPECT_EQ(content("log.1"), "first\nstill first\n");
    EXPECT_EQ(content("log"), "second\n");

    std::filesystem::remove(path("log"));
    lines.reopen();
    lines.add("third");
    EXPECT_EQ(content("log"), "third\n");
}

TEST_F(MasterLinesTest, StayWithTheOldFileAndSaySoIfTheNewOneCannotBeOpened) {
    std::filesystem::create_directory(path("d"));
    MasterLines lines{path("d/log"), -1};
    std::filesystem::rename(path("d"), path("e"));

    lines.reopen();

    EXPECT_THAT(content("e/log"),
                EndsWith("d/log: cannot be reopened, the old file goes on: No such file or "
                         "directory\n"));
}

TEST_F(MasterLinesTest, AreNotWrittenTwiceByAProcessThatIsForked) {
    TestPipe pipe;
    fill(path_of(pipe.writer.get()));
    MasterLines lines{"", pipe.writer.get()};
    MasterLines childs{"", pipe.writer.get()};
    for (MasterLines* each : {&lines, &childs}) each->add("once");

    childs.close();
    read_what_is_there(pipe.reader.get());
    childs.add("of the child");
    lines.write();

    EXPECT_EQ(read_what_is_there(pipe.reader.get()), "once\n");
}

TEST_F(MasterLinesTest, WaitForATerminalThatIsStopped) {
    const Terminal terminal;
    MasterLines lines{"", terminal.slave.get()};
    ASSERT_EQ(tcflow(terminal.slave.get(), TCOOFF), 0);

    lines.add("a");
    EXPECT_EQ(lines.wanted(), terminal.slave.get());

    ASSERT_EQ(tcflow(terminal.slave.get(), TCOON), 0);
    lines.write();
    EXPECT_EQ(read_what_is_there(terminal.master.get()), "a\n");
}

// There is room, and less than a line takes: write(2) of a blocking terminal waits for the rest.
TEST_F(MasterLinesTest, DoNotWaitForATerminalThatTakesAPartOfALine) {
    const Terminal terminal;
    fill(path_of(terminal.slave.get()));
    MasterLines lines{"", terminal.slave.get()};
    const auto begin = steady_clock::now();
    const auto has_room = [&] {
        pollfd room{.fd = terminal.slave.get(), .events = POLLOUT, .revents = 0};
        return poll(&room, 1, 1) == 1;
    };

    for (int i = 0; i < 20; ++i) {
        lines.add(std::string(PIPE_BUF - 1, 'a'));
        char some[500];
        while (!has_room() && read(terminal.master.get(), some, sizeof some) > 0) {
        }
    }

    EXPECT_LT(steady_clock::now() - begin, 20s);
}

TEST_F(MasterLinesTest, WaitForASocketThatIsFullAndLeaveItsFlagsAlone) {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    const FileDescriptor reader{ends[0]};
    const FileDescriptor writer{ends[1]};
    const std::string page(4096, 'x');
    while (send(writer.get(), page.data(), page.size(), MSG_DONTWAIT) > 0) {
    }
    MasterLines lines{"", writer.get()};

    lines.add("a");
    EXPECT_EQ(lines.wanted(), writer.get());
    read_what_is_there(reader.get());
    lines.write();

    EXPECT_THAT(read_what_is_there(reader.get()), EndsWith("a\n"));
    EXPECT_EQ(fcntl(writer.get(), F_GETFL) & O_NONBLOCK, 0);
}

// Another process fills the pipe after poll has found room in it.
TEST(WriteBound, EndsAWriteThatWaitsAfterAll) {
    const TestPipe pipe;
    fill(path_of(pipe.writer.get()));
    const auto begin = steady_clock::now();
    {
        const WriteBound bound;
        EXPECT_EQ(write(pipe.writer.get(), "a", 1), -1);
        EXPECT_EQ(errno, EINTR);
        EXPECT_EQ(write(pipe.writer.get(), "a", 1), -1);  // and each one after it
    }
    EXPECT_LT(steady_clock::now() - begin, 5s);
    struct sigaction now {};
    sigaction(SIGALRM, nullptr, &now);
    EXPECT_EQ(now.sa_handler, SIG_DFL);
}

}  // namespace
