#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <grove/core/file_descriptor.h>

#include "config_error.h"
#include "log_target.h"
#include "pipe.h"
#include "temporary_folder.h"

namespace {

class LogTargetTest : public testing::Test {
protected:
    LogTargetTest() { std::signal(SIGPIPE, SIG_IGN); }
    ~LogTargetTest() override { std::signal(SIGPIPE, SIG_DFL); }

    std::string content() const {
        std::ifstream file{path_, std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }

    grove::TemporaryFolder folder_;
    std::string path_ = (folder_.path() / "log").string();
};

TEST_F(LogTargetTest, AppendsToAFile) {
    std::ofstream{path_} << "before\n";

    LogTarget target{path_, STDOUT_FILENO};

    EXPECT_EQ(target.write("a\nb\n").lost_lines, 0U);
    EXPECT_EQ(target.write("c\n").lost_lines, 0U);
    EXPECT_EQ(content(), "before\na\nb\nc\n");
    EXPECT_EQ(target.name(), path_);
}

TEST_F(LogTargetTest, RefusesWhatCannotBeOpened) {
    EXPECT_THROW(LogTarget(path_ + "/log", STDOUT_FILENO), grove::http::ConfigError);
}

TEST_F(LogTargetTest, CountsTheLinesThatAnErrorStops) {
    LogTarget target{"/dev/full", STDOUT_FILENO};

    const LogTarget::Outcome outcome = target.write("a\nb\nc\n");

    EXPECT_EQ(outcome.lost_lines, 3U);
    EXPECT_EQ(outcome.error, ENOSPC);
}

TEST_F(LogTargetTest, WritesToAPipeWholeLinesAsManyAsItTakesAtOnce) {
    int ends[2];
    // O_DIRECT: each read gives what one write put in.
    ASSERT_EQ(pipe2(ends, O_CLOEXEC | O_DIRECT), 0);
    const grove::FileDescriptor reader{ends[0]};
    const grove::FileDescriptor writer{ends[1]};
    LogTarget target{"", writer.get()};
    const std::string line = std::string(999, 'x') + "\n";

    target.write(line + line + line + line + line);

    std::string piece(PIPE_BUF, '\0');
    EXPECT_EQ(read(reader.get(), piece.data(), piece.size()), 4000);
    EXPECT_EQ(read(reader.get(), piece.data(), piece.size()), 1000);
}

TEST_F(LogTargetTest, LeavesTheRestForLaterIfThereIsNoRoom) {
    const grove::TestPipe pipe;
    grove::fill(grove::path_of(pipe.writer.get()));
    LogTarget target{"", pipe.writer.get()};

    EXPECT_EQ(target.write("a\nb\n").rest, "a\nb\n");
    grove::read_what_is_there(pipe.reader.get());

    EXPECT_EQ(target.write("a\nb\n").rest, "");
    EXPECT_EQ(grove::read_what_is_there(pipe.reader.get()), "a\nb\n");
}

// O-003
TEST_F(LogTargetTest, LosesLinesAsLongAsNobodyReadsThePipe) {
    ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
    LogTarget target{path_, STDOUT_FILENO};
    const LogTarget::Outcome outcome = target.write("a\nb\n");
    EXPECT_EQ(outcome.lost_lines, 2U);
    EXPECT_EQ(outcome.error, ENXIO);

    for (const char* what : {"first\n", "second\n"}) {
        const grove::FileDescriptor reader{open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
        while (target.write(what).lost_lines != 0) std::this_thread::yield();
        EXPECT_EQ(grove::read_what_is_there(reader.get()), what);
    }
    EXPECT_EQ(target.write("a\n").error, EPIPE);
}

// O-003
TEST_F(LogTargetTest, LooksForAReaderAtMostOnceASecond) {
    ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
    const auto begin = std::chrono::steady_clock::now();
    LogTarget target{path_, STDOUT_FILENO};
    const grove::FileDescriptor reader{open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};

    while (target.write("a\n").lost_lines != 0) std::this_thread::yield();

    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::seconds{1});
}

// O-003
TEST_F(LogTargetTest, FindsTheReaderOfAPipeThatWasMadeAnew) {
    ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
    std::optional<grove::FileDescriptor> reader{
        std::in_place, open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    LogTarget target{path_, STDOUT_FILENO};
    EXPECT_EQ(target.write("old\n").lost_lines, 0U);
    reader.reset();
    std::filesystem::remove(path_);
    ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
    reader.emplace(open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));

    while (target.write("new\n").lost_lines != 0) std::this_thread::yield();

    EXPECT_EQ(grove::read_what_is_there(reader->get()), "new\n");
}

// O-003
TEST_F(LogTargetTest, AsksWhoeverHandedOnAPipeForItsReaderAtMostOnceASecond) {
    ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
    const auto begin = std::chrono::steady_clock::now();
    int asked = 0;
    grove::FileDescriptor handed = open_to_hand_on(path_);
    ASSERT_TRUE(handed);
    LogTarget target{path_, STDOUT_FILENO, std::move(handed), [&asked] { ++asked; }};
    const auto since = [begin] { return std::chrono::steady_clock::now() - begin; };
    while (asked == 0 && since() < std::chrono::seconds{30}) {
        const LogTarget::Outcome outcome = target.write("a\n");
        EXPECT_EQ(outcome.lost_lines, 1U);
        EXPECT_EQ(outcome.error, ENXIO);
        std::this_thread::yield();
    }
    EXPECT_EQ(asked, 1);
    EXPECT_GE(since(), std::chrono::seconds{1});
    const grove::FileDescriptor reader{open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};

    target.take_over(open_to_hand_on(path_));

    EXPECT_EQ(target.write("b\n").lost_lines, 0U);
    EXPECT_EQ(grove::read_what_is_there(reader.get()), "b\n");
}

// O-003
TEST_F(LogTargetTest, IsNoReaderOfAPipeThatIsHandedOn) {
    ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
    const auto open_to = [this](int how) {
        return grove::FileDescriptor{open(path_.c_str(), how | O_NONBLOCK | O_CLOEXEC)};
    };
    grove::FileDescriptor handed = open_to_hand_on(path_);
    EXPECT_FALSE(open_to(O_WRONLY));
    {
        const grove::FileDescriptor reader = open_to(O_RDONLY);
        EXPECT_TRUE(find_reader(path_, handed));
        EXPECT_EQ(write(handed.get(), "x", 1), 1);
        const int found = handed.get();
        EXPECT_FALSE(find_reader(path_, handed));
        EXPECT_EQ(handed.get(), found) << "it has one";
    }
    EXPECT_FALSE(open_to(O_WRONLY));
    EXPECT_FALSE(find_reader(path_, handed));
    std::filesystem::remove(path_);
    EXPECT_FALSE(find_reader(path_, handed));
    EXPECT_FALSE(std::filesystem::exists(path_)) << "it may come again as a pipe";
    EXPECT_TRUE(handed);
}

// O-001
TEST_F(LogTargetTest, BeginsANewLineAfterOneThatAnErrorHasTorn) {
    LogTarget target{path_, STDOUT_FILENO};
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    const rlimit five{.rlim_cur = 5, .rlim_max = before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &five), 0);
    const LogTarget::Outcome outcome = target.write("abcdefgh\nlost\n");
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, SIG_DFL);
    EXPECT_EQ(outcome.lost_lines, 2U);
    EXPECT_EQ(outcome.error, EFBIG);

    target.write("kept\n");

    EXPECT_EQ(content(), "abcde\nkept\n");
}

TEST_F(LogTargetTest, GoesOnWithANewFileWhenTheOldOneWasMovedAway) {
    LogTarget target{path_, STDOUT_FILENO};
    target.write("old\n");
    const std::string moved = path_ + ".1";
    ASSERT_EQ(std::rename(path_.c_str(), moved.c_str()), 0);
    target.write("still old\n");

    EXPECT_EQ(target.reopen(), 0);
    target.write("new\n");

    EXPECT_EQ(content(), "new\n");
}

TEST_F(LogTargetTest, StaysWithTheOldFileIfTheNewOneCannotBeOpened) {
    const std::string inner = (folder_.path() / "inner").string();
    ASSERT_TRUE(std::filesystem::create_directory(inner));
    LogTarget target{inner + "/log", STDOUT_FILENO};
    std::filesystem::rename(inner, path_ + ".moved");

    EXPECT_EQ(target.reopen(), ENOENT);
    EXPECT_EQ(target.write("a\n").lost_lines, 0U);
    EXPECT_TRUE(std::filesystem::file_size(path_ + ".moved/log") == 2);
}

}  // namespace
