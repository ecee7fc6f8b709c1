#include "plugin_copy.h"

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "forbidden_code.h"
#include "temporary_folder.h"

namespace grove::http {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

constexpr int kNotHere = 77;  // this kernel, or who runs the test, cannot have the condition

std::string target_of(const FileDescriptor& fd) {
    return fs::read_symlink("/proc/self/fd/" + std::to_string(fd.get()));
}

bool is_code(const FileDescriptor& fd) {
    void* const page = ::mmap(nullptr, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd.get(), 0);
    return page != MAP_FAILED && ::munmap(page, 1) == 0;
}

bool has_bytes(const FileDescriptor& fd, const std::string& bytes) {
    std::string read(bytes.size() + 1, '\0');
    const ssize_t got = ::pread(fd.get(), read.data(), read.size(), 0);
    return got == static_cast<ssize_t>(bytes.size()) && read.starts_with(bytes);
}

bool can_be_written(const FileDescriptor& fd) { return ::pwrite(fd.get(), "x", 1, 0) == 1; }

bool has_no_name(const FileDescriptor& fd) {
    struct stat status {};
    return ::fstat(fd.get(), &status) == 0 && status.st_nlink == 0;
}

/// What `function` returns, in a process of its own, as what it forbids lasts.
int in_child(const std::function<int()>& function) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(function());
    int status = -1;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int without_memory_files(const std::function<int()>& function) {
    return in_child([&] { return forbid_code_in_memory() ? function() : kNotHere; });
}

TEST(CopyOfCode, LiesInMemory) {
    const FileDescriptor copy = copy_of_code("plugin.so", "its bytes", {});
    EXPECT_THAT(target_of(copy), HasSubstr("/memfd:plugin.so"));
    EXPECT_TRUE(has_bytes(copy, "its bytes"));
    EXPECT_TRUE(is_code(copy));
    EXPECT_FALSE(can_be_written(copy));
}

// O-016
TEST(CopyOfCode, LiesNamelessInTheFirstFolderThatTakesItWhereMemoryIsForbidden) {
    const TemporaryFolder folder;
    const std::string bytes(100'000, 'x');
    const int result = without_memory_files([&] {
        const FileDescriptor copy =
            copy_of_code("plugin.so", bytes, {folder.path() / "none", folder.path(), "/proc"});
        if (target_of(copy).find(folder.path().string() + "/grove-") != 0) return 1;
        if (!has_bytes(copy, bytes)) return 2;
        if (!is_code(copy)) return 3;
        if (!has_no_name(copy)) return 4;
        if (can_be_written(copy)) return 5;
        return fs::is_empty(folder.path()) ? 0 : 6;
    });
    if (result == kNotHere) GTEST_SKIP() << "this kernel has no seccomp filters";
    EXPECT_EQ(result, 0);
}

// O-016
TEST(CopyOfCode, SaysWhatWasTriedWhereNothingTakesIt) {
    const TemporaryFolder folder;
    const int result = without_memory_files([&] {
        try {
            copy_of_code("plugin.so", "its bytes", {folder.path() / "none", "/proc"});
            return 1;
        } catch (const std::runtime_error& error) {
            const std::string said = error.what();
            return said == "memory: Permission denied (sysctl vm.memfd_noexec?); " +
                               (folder.path() / "none").string() +
                               ": No such file or directory; /proc: No such file or directory"
                       ? 0
                       : 2;
        }
    });
    if (result == kNotHere) GTEST_SKIP() << "this kernel has no seccomp filters";
    EXPECT_EQ(result, 0);
}

// The mount is seen by this process alone.
bool mount_without_code(const fs::path& folder) {
    if (::unshare(CLONE_NEWNS | (::geteuid() == 0 ? 0 : CLONE_NEWUSER)) != 0) return false;
    return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mount("none", folder.c_str(), "tmpfs", MS_NOEXEC, nullptr) == 0;
}

// O-016
TEST(CopyOfCode, PassesOverAFolderThatIsMountedNoexec) {
    const TemporaryFolder folder;
    const fs::path forbidden = folder.path() / "noexec";
    const fs::path good = folder.path() / "good";
    fs::create_directory(forbidden);
    fs::create_directory(good);
    const int result = without_memory_files([&] {
        if (!mount_without_code(forbidden)) return kNotHere;
        const FileDescriptor copy = copy_of_code("plugin.so", "its bytes", {forbidden, good});
        if (target_of(copy).find(good.string()) != 0) return 1;
        if (!fs::is_empty(forbidden)) return 2;
        try {
            copy_of_code("plugin.so", "its bytes", {forbidden});
            return 3;
        } catch (const std::runtime_error& error) {
            const std::string wanted =
                forbidden.string() + ": code may not be loaded from there (noexec)";
            return std::string{error.what()}.find(wanted) != std::string::npos ? 0 : 4;
        }
    });
    if (result == kNotHere)
        GTEST_SKIP() << "neither root nor a user namespace is there to mount a tmpfs";
    EXPECT_EQ(result, 0);
}

// O-030
TEST(NameForAll, IsOpenedByAnyProcess) {
    const FileDescriptor copy = copy_of_code("plugin.so", "its bytes", {});
    const std::string name = name_for_all(copy);
    EXPECT_EQ(name, "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(copy.get()));
    const int result = in_child([&] {
        ::close(copy.get());  // whatever this process has, or has not, under the number
        const FileDescriptor opened{::open(name.c_str(), O_RDONLY)};
        return has_bytes(opened, "its bytes") ? 0 : 1;
    });
    EXPECT_EQ(result, 0);
}

TEST(CopyFolders, AreThoseOfTheEnvironmentThenTmp) {
    const int result = in_child([] {
        ::setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
        ::setenv("TMPDIR", "/scratch", 1);
        const std::vector<fs::path> all{"/run/user/7", "/scratch", "/tmp"};
        if (copy_folders() != all) return 1;
        ::setenv("XDG_RUNTIME_DIR", "", 1);
        ::unsetenv("TMPDIR");
        return copy_folders() == std::vector<fs::path>{"/tmp"} ? 0 : 2;
    });
    EXPECT_EQ(result, 0);
}

}  // namespace
}  // namespace grove::http
