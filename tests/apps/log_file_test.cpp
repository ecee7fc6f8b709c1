// What a log promises the hub: nobody waits for it, and what it lost is told.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grove/core/file_descriptor.h>
#include <grove/core/signal_inbox.h>

#include "log_file.h"
#include "pipe.h"
#include "temporary_folder.h"

namespace {

using grove::TestPipe;
using std::chrono::steady_clock;
using testing::ElementsAre;
using namespace std::chrono_literals;

std::string as_it_is(std::string_view text) { return std::string{text}; }

// While it lives no thread can be started, as where a cgroup has no room for further ones.
class HugeStacks {
public:
    HugeStacks() {
        pthread_getattr_default_np(&before_);
        pthread_attr_t huge;
        pthread_getattr_default_np(&huge);
        pthread_attr_setstacksize(&huge, std::size_t{1} << 46);
        pthread_setattr_default_np(&huge);
        pthread_attr_destroy(&huge);
    }
    ~HugeStacks() {
        pthread_setattr_default_np(&before_);
        pthread_attr_destroy(&before_);
    }
    HugeStacks(const HugeStacks&) = delete;
    HugeStacks& operator=(const HugeStacks&) = delete;

private:
    pthread_attr_t before_;
};

class LogFileTest : public testing::Test {
protected:
    std::string path(const char* name) const { return (folder_.path() / name).string(); }

    std::vector<std::string> lines(const char* name) const {
        std::ifstream file{path(name)};
        std::vector<std::string> result;
        for (std::string line; std::getline(file, line);) result.push_back(line);
        return result;
    }

    // Waits until the log holds so many lines.
    std::vector<std::string> await_lines(const char* name, std::size_t count) const {
        for (const auto begin = steady_clock::now(); steady_clock::now() - begin < 10s;) {
            if (lines(name).size() >= count) break;
            std::this_thread::sleep_for(1ms);
        }
        return lines(name);
    }

    grove::TemporaryFolder folder_;
};

TEST_F(LogFileTest, WritesLinesInTheirOrderSoonAndAllOfThemAtItsEnd) {
    std::optional<LogFile> log{std::in_place, path("log"), STDOUT_FILENO, as_it_is};

    log->write("first");
    EXPECT_THAT(await_lines("log", 1), ElementsAre("first"));
    std::vector<std::string> expected{"first"};
    for (int i = 0; i < 50'000; ++i) {
        expected.push_back(std::to_string(i));
        log->write(expected.back());
    }
    log.reset();

    EXPECT_EQ(lines("log"), expected);
}

TEST_F(LogFileTest, IsNothingIfItIsOff) {
    const LogFile log{"off", STDOUT_FILENO, as_it_is};

    EXPECT_FALSE(log.enabled());
    log.write("a");
    log.reopen();
}

TEST_F(LogFileTest, DropsLinesForAReaderThatDoesNotReadAndTellsSoAtOnceAndAtItsEnd) {
    constexpr int kLines = 20'000;
    const std::string line(1000, 'x');  // 20 MB; a pipe holds 64 KiB, the log 4 MiB
    TestPipe pipe;
    const LogFile told_to{path("errors"), STDERR_FILENO, as_it_is};
    std::optional<LogFile> log{std::in_place, "-", pipe.writer.get(), as_it_is, &told_to};

    const auto begin = steady_clock::now();
    for (int i = 0; i < kLines; ++i) log->write(line);
    EXPECT_LT(steady_clock::now() - begin, 20s);
    await_lines("errors", 1);

    std::string received;
    std::thread reader{[&] { received = pipe.read_all(); }};
    log.reset();
    pipe.writer.reset();
    reader.join();
    EXPECT_EQ(received.size() % (line.size() + 1), 0U);
    EXPECT_GT(received.size(), 4'000'000U);
    EXPECT_LT(received.size(), kLines * line.size());
    const std::string why = "they come faster than they can be written";
    const std::size_t lost = kLines - received.size() / (line.size() + 1);
    EXPECT_THAT(await_lines("errors", 2),
                ElementsAre("standard error: 1 line lost: " + why,
                            "standard error: " + std::to_string(lost - 1) + " lines lost: " + why));
}

TEST_F(LogFileTest, EndsWithoutAReader) {
    static const grove::SignalInbox as_in_a_worker{SIGPIPE};
    const TestPipe pipe;
    // Never closed: the thread that is given up may look at it once more.
    const int writer = ::dup(pipe.writer.get());
    ASSERT_GE(writer, 0);
    std::optional<LogFile> log{std::in_place, "-", writer, as_it_is};
    for (int i = 0; i < 1000; ++i) log->write(std::string(1000, 'x'));

    const auto begin = steady_clock::now();
    log.reset();

    EXPECT_LT(steady_clock::now() - begin, 5s);
}

// O-003: who has the path changed and says so need not have the old pipe read.
TEST_F(LogFileTest, IsReopenedThoughNobodyReadsTheOldPipe) {
    ASSERT_EQ(mkfifo(path("log").c_str(), 0600), 0);
    const grove::FileDescriptor reader{
        open(path("log").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    const LogFile log{path("log"), STDOUT_FILENO, as_it_is};
    for (int i = 0; i < 100; ++i) log.write(std::string(1000, 'x'));
    std::filesystem::rename(path("log"), path("pipe"));

    log.reopen();
    log.write("new");

    EXPECT_THAT(await_lines("log", 2),
                ElementsAre("new", testing::EndsWith(" lines lost: their reader does not read")));
}

TEST_F(LogFileTest, DropsLinesThatADiskHasNoRoomForAndTellsSoAtOnceAndAtItsEnd) {
    const LogFile told_to{path("errors"), STDERR_FILENO, as_it_is};
    std::optional<LogFile> log{std::in_place, "/dev/full", STDOUT_FILENO, as_it_is, &told_to};

    log->write("first");
    await_lines("errors", 1);
    for (int i = 0; i < 1000; ++i) log->write("further");
    log.reset();

    EXPECT_THAT(await_lines("errors", 2),
                ElementsAre("/dev/full: 1 line lost: No space left on device",
                            "/dev/full: 1000 lines lost: No space left on device"));
}

// O-001
TEST_F(LogFileTest, TellsAtItsEndWhatItsReaderDidNotRead) {
    const TestPipe pipe;
    grove::fill(grove::path_of(pipe.writer.get()));
    const LogFile told_to{path("errors"), STDERR_FILENO, as_it_is};
    std::optional<LogFile> log{std::in_place, "-", pipe.writer.get(), as_it_is, &told_to};

    log->write("first");
    log->write("second");
    log.reset();

    EXPECT_THAT(await_lines("errors", 1),
                ElementsAre("standard error: 2 lines lost: their reader does not read"));
}

// O-001
TEST_F(LogFileTest, WritesAtItsEndWhatNoThreadCouldBeStartedFor) {
    const TestPipe pipe;
    grove::fill(grove::path_of(pipe.writer.get()));
    const LogFile told_to{path("errors"), STDERR_FILENO, as_it_is};
    told_to.write("first");  // it has its thread
    std::optional<LogFile> log{std::in_place, path("log"), STDOUT_FILENO, as_it_is};
    std::optional<LogFile> unread{std::in_place, "-", pipe.writer.get(), as_it_is, &told_to};
    {
        const HugeStacks no_threads;
        log->write("kept");
        log->write("kept, too");
        unread->write("lost");
    }

    log.reset();
    unread.reset();

    EXPECT_THAT(lines("log"), ElementsAre("kept", "kept, too"));
    EXPECT_THAT(await_lines("errors", 2),
                ElementsAre("first", "standard error: 1 line lost: their reader does not read"));
}

TEST_F(LogFileTest, TellsItsOwnLossesItselfWhenItCan) {
    std::filesystem::create_symlink("/dev/full", path("link"));
    std::optional<LogFile> log{std::in_place, path("link"), STDOUT_FILENO, as_it_is};
    log->write("lost");
    std::filesystem::remove(path("link"));
    std::filesystem::create_symlink(path("log"), path("link"));

    log->reopen();
    log->write("kept");
    log.reset();

    EXPECT_THAT(lines("log"),
                ElementsAre("kept", path("link") + ": 1 line lost: No space left on device"));
}

TEST_F(LogFileTest, SplitsItsLinesWhereItWasReopened) {
    std::optional<LogFile> log{std::in_place, path("log"), STDOUT_FILENO, as_it_is};

    log->write("old");
    std::filesystem::rename(path("log"), path("log.1"));
    log->write("still old");
    log->reopen();
    log->write("new");
    log.reset();

    EXPECT_THAT(lines("log.1"), ElementsAre("old", "still old"));
    EXPECT_THAT(lines("log"), ElementsAre("new"));
}

TEST_F(LogFileTest, TellsIfItCannotBeReopened) {
    std::filesystem::create_directory(path("d"));
    const LogFile told_to{path("errors"), STDERR_FILENO, as_it_is};
    std::optional<LogFile> log{std::in_place, path("d/log"), STDOUT_FILENO, as_it_is, &told_to};
    std::filesystem::rename(path("d"), path("e"));

    log->reopen();
    log->write("kept");
    log.reset();

    EXPECT_THAT(lines("e/log"), ElementsAre("kept"));
    EXPECT_THAT(await_lines("errors", 1),
                ElementsAre(path("d/log") + ": cannot be reopened, the old file goes on: No such "
                                            "file or directory"));
}

// S-143
TEST_F(LogFileTest, NeverMixesItsLinesWithThoseOfOthersOnTheSamePipe) {
    constexpr std::size_t kLines = 10'000;
    TestPipe pipe;
    std::string received;
    std::thread reader{[&] { received = pipe.read_all(); }};
    {
        const LogFile a{"-", pipe.writer.get(), as_it_is};
        const LogFile b{"-", pipe.writer.get(), as_it_is};
        for (std::size_t i = 0; i < kLines; ++i) {
            a.write(std::string(i % 300 + 1, 'a'));
            b.write(std::string(i % 300 + 1, 'b'));
        }
    }
    pipe.writer.reset();
    reader.join();

    std::size_t count = 0;
    std::istringstream text{received};
    for (std::string line; std::getline(text, line); ++count)
        EXPECT_EQ(line.find_first_not_of(line.substr(0, 1)), std::string::npos) << line;
    EXPECT_EQ(count, 2 * kLines);
}

}  // namespace
