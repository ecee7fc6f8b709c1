#include <cerrno>
#include <climits>
#include <fstream>
#include <iterator>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <grove/core/file_descriptor.h>
#include <grove/http/config.h>

#include "apps/grove/log_target.h"
#include "temporary_folder.h"

namespace {

class LogTargetTest : public testing::Test {
protected:
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
