// Nothing outside of the root is opened, with openat2(2) and without.
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <grove/core/file_descriptor.h>

#include "apps/static/open_no_links.h"
#include "apps/static/served_root.h"
#include "temporary_folder.h"

namespace {

namespace fs = std::filesystem;

class StaticRoot : public testing::Test {
protected:
    StaticRoot() {
        fs::create_directories(root_ / "a/b");
        std::ofstream{root_ / "file"} << "in";
        std::ofstream{root_ / "a/b/deep"} << "in";
        std::ofstream{folder_.path() / "secret"} << "out";
        fs::create_symlink("file", root_ / "link-in");
        fs::create_symlink("../../file", root_ / "a/b/link-up");
        fs::create_symlink("../secret", root_ / "link-out");
        fs::create_symlink(folder_.path(), root_ / "folder-out");
        fs::create_symlink("/etc", root_ / "etc");
        fs::create_symlink("nowhere", root_ / "dangling");
        fs::create_symlink("loop", root_ / "loop");
        mkfifo((root_ / "fifo").c_str(), 0600);
    }

    grove::TemporaryFolder folder_;
    fs::path root_ = folder_.path() / "root";
};

const char* const kNeverServed[] = {"link-out",
                                    "folder-out/secret",
                                    "folder-out",
                                    "etc/passwd",
                                    "etc",
                                    "dangling",
                                    "loop",
                                    "none",
                                    "file/",
                                    "file/x",
                                    "../secret",
                                    "/etc/passwd",
                                    "a/b/../../../secret",
                                    "folder-out/root/file"};

TEST_F(StaticRoot, OpensWhatLiesBelow) {
    const ServedRoot root{root_};

    EXPECT_TRUE(S_ISREG(root.open("file")->status.st_mode));
    EXPECT_TRUE(S_ISREG(root.open("a/b/deep")->status.st_mode));
    EXPECT_TRUE(S_ISREG(root.open("link-in")->status.st_mode));
    EXPECT_TRUE(S_ISREG(root.open("a/b/link-up")->status.st_mode));
    EXPECT_TRUE(S_ISDIR(root.open(".")->status.st_mode));
    EXPECT_TRUE(S_ISDIR(root.open("a")->status.st_mode));
    EXPECT_TRUE(S_ISDIR(root.open("a/b/")->status.st_mode));
}

TEST_F(StaticRoot, OpensNothingElse) {
    const ServedRoot root{root_};

    for (const char* const path : kNeverServed) EXPECT_FALSE(root.open(path).has_value()) << path;
    EXPECT_FALSE(root.open("fifo").has_value());
    EXPECT_FALSE(root.open(std::string(10'000, 'x')).has_value());
}

TEST_F(StaticRoot, MustBeAFolder) {
    EXPECT_THROW(ServedRoot{root_ / "file"}, std::invalid_argument);
    EXPECT_THROW(ServedRoot{root_ / "none"}, std::invalid_argument);
}

TEST_F(StaticRoot, FollowsNoLinkWithoutOpenat2) {
    const grove::FileDescriptor root{open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    const auto opens = [&](const char* path) {
        return static_cast<bool>(
            open_no_links(root.get(), path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    };

    for (const char* const path : {"file", "a", "a/", "a/b/deep", "a/b/", "."})
        EXPECT_TRUE(opens(path)) << path;
    for (const char* const path : kNeverServed) EXPECT_FALSE(opens(path)) << path;
    EXPECT_FALSE(opens("link-in"));
    EXPECT_FALSE(opens("a/b/link-up"));
    EXPECT_FALSE(opens(""));
}

}  // namespace
