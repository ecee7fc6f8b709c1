// the file by which a master is found.
#include "pid_file.h"

#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <grove/core/address.h>
#include <grove/core/detail/listening_socket.h>
#include <grove/core/file_descriptor.h>

#include "temporary_folder.h"

namespace grove {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::MatchesRegex;

/// A process that holds a pid file until it is killed: this one's own locks its file would not show it.
class Holder {
public:
    explicit Holder(const std::string& path) {
        int ends[2];
        if (::pipe(ends) != 0) throw std::runtime_error{"pipe"};
        pid_ = ::fork();
        if (pid_ == 0) hold(path, ends[1]);
        ::close(ends[1]);
        char byte = 0;
        if (::read(ends[0], &byte, 1) != 1) throw std::runtime_error{"the holder has ended"};
        ::close(ends[0]);
    }
    ~Holder() { end(); }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;

    void end() {
        if (pid_ < 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
    [[nodiscard]] pid_t pid() const { return pid_; }

private:
    [[noreturn]] static void hold(const std::string& path, int told) {
        try {
            const PidFile file{path};
            (void)!::write(told, "x", 1);
            for (;;) ::pause();
        } catch (const std::exception&) {
            ::_exit(1);
        }
    }

    pid_t pid_ = -1;
};

class PidFiles : public testing::Test {
protected:
    TemporaryFolder folder_;
    std::string path_ = (folder_.path() / "grove.pid").string();
    std::string socket_ = (folder_.path() / "grove.sock").string();
};

std::string first_line_of(const std::string& path) {
    std::string line;
    std::getline(std::ifstream{path}, line);
    return line;
}

std::string refusal_of(const std::string& path) {
    try {
        const PidFile file{path};
        return "";
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

TEST_F(PidFiles, AreThereAsLongAsTheirObject) {
    {
        const PidFile file{path_};
        EXPECT_EQ(first_line_of(path_), std::to_string(::getpid()));
        EXPECT_TRUE(fs::is_socket(socket_));
        EXPECT_EQ(fs::status(path_).permissions(), fs::perms{0600});
        EXPECT_EQ(fs::status(socket_).permissions(), fs::perms{0600});
        EXPECT_GE(file.control(), 0);
    }
    EXPECT_FALSE(fs::exists(path_));
    EXPECT_FALSE(fs::exists(socket_));
}

TEST_F(PidFiles, TellWhoHoldsThem) {
    EXPECT_EQ(holder_of_pid_file(path_), std::nullopt);
    Holder holder{path_};
    EXPECT_EQ(holder_of_pid_file(path_), holder.pid());

    EXPECT_EQ(refusal_of(path_),
              "pid_file: \"" + path_ + "\" is held by process " + std::to_string(holder.pid()));
    EXPECT_EQ(holder_of_pid_file(path_), holder.pid());

    std::ofstream{path_} << "1\n";  // another pid than that of the lock is nobody's
    EXPECT_EQ(holder_of_pid_file(path_), std::nullopt);
}

TEST_F(PidFiles, OfAProcessThatWasKilledAreNobodys) {
    Holder holder{path_};
    holder.end();
    EXPECT_TRUE(fs::exists(path_));
    EXPECT_EQ(holder_of_pid_file(path_), std::nullopt);

    const Holder next{path_};
    EXPECT_EQ(holder_of_pid_file(path_), next.pid());
}

// Who can read a file can lock it, and so would keep the next master out.
TEST_F(PidFiles, ThatWereLeftToAllAreTheirUsersAgain) {
    std::ofstream{path_} << "4711\n";
    fs::permissions(path_, fs::perms{0644});
    const Holder holder{path_};
    EXPECT_EQ(fs::status(path_).permissions(), fs::perms{0600});
    EXPECT_EQ(holder_of_pid_file(path_), holder.pid());
}

TEST_F(PidFiles, StayWhereAChildLeavesThem) {
    PidFile file{path_};
    const pid_t child = ::fork();
    if (child == 0) {
        file.leave();
        file.~PidFile();
        ::_exit(0);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(fs::exists(path_));
    EXPECT_TRUE(fs::is_socket(socket_));
}

TEST_F(PidFiles, SayWhatIsInTheWay) {
    EXPECT_THAT(refusal_of((folder_.path() / "no" / "where.pid").string()),
                HasSubstr("cannot be made: No such file"));
    fs::create_directory(path_);
    EXPECT_THAT(refusal_of(path_), HasSubstr("\"" + path_ + "\" cannot be made: Is a directory"));
    std::ofstream{socket_} << "mine";
    const std::string other = (folder_.path() / "grove").string();
    EXPECT_THAT(refusal_of(other),
                HasSubstr("is already used, and the control socket cannot be made there"));
    EXPECT_FALSE(fs::exists(other));
    EXPECT_EQ(first_line_of(socket_), "mine");
    EXPECT_THAT(refusal_of((folder_.path() / std::string(120, 'a')).string()),
                HasSubstr("is too long for a unix socket, must have at most 107 bytes"));
}

TEST_F(PidFiles, TakeNoSocketFromWhoListensThere) {
    {
        const FileDescriptor listener = listen_on(Address::unix_path(socket_), {});
        EXPECT_THAT(refusal_of(path_),
                    HasSubstr("\"" + socket_ +
                              "\" is already used, and the control socket cannot be made there"));
        EXPECT_FALSE(fs::exists(path_));
        EXPECT_TRUE(fs::is_socket(socket_));
    }
    EXPECT_EQ(refusal_of(path_), "");  // nobody listens any more
}

TEST_F(PidFiles, ReplaceNothingButAPid) {
    for (const std::string text : {"{}", "4711 {}", "# 1"}) {
        std::ofstream{path_} << text;
        EXPECT_EQ(refusal_of(path_),
                  "pid_file: \"" + path_ + "\" holds something other than a pid");
        EXPECT_EQ(first_line_of(path_), text);
    }
    for (const char* const left : {"", "4711\n"}) {
        std::ofstream{path_} << left;
        EXPECT_EQ(refusal_of(path_), "") << left;
    }
}

TEST_F(PidFiles, HaveASocketOfTheirName) {
    EXPECT_EQ(control_socket_of("/run/grove.pid"), "/run/grove.sock");
    EXPECT_EQ(control_socket_of("/run/grove"), "/run/grove.sock");
    EXPECT_EQ(control_socket_of("/run/a.pid/b"), "/run/a.pid/b.sock");
}

TEST_F(PidFiles, AreUsuallyNamedAfterTheConfigurationsRealPath) {
    const fs::path config = folder_.path() / "grove.json";
    const fs::path link = folder_.path() / "link.json";
    std::ofstream{config} << "{}";
    fs::create_symlink(config, link);
    ::setenv("XDG_RUNTIME_DIR", folder_.path().c_str(), 1);
    const auto files = usual_pid_files(link);
    EXPECT_EQ(files, usual_pid_files(config));
    ASSERT_EQ(files.size(), 2U);
    EXPECT_THAT(files[0], MatchesRegex(folder_.path().string() + "/grove-[0-9a-f]{16}\\.pid"));
    EXPECT_TRUE(can_be_made(files[0]));
    EXPECT_THAT(files[1], MatchesRegex("/run/grove/grove-[0-9a-f]{16}\\.pid"));
    // The first eight bytes of SHA-256("/"), as sha256sum has it.
    EXPECT_EQ(usual_pid_files("/").at(1), "/run/grove/grove-8a5edab282632443.pid");
    EXPECT_FALSE(can_be_made((folder_.path() / "no" / "where.pid").string()));

    ::unsetenv("XDG_RUNTIME_DIR");
    EXPECT_EQ(usual_pid_files(config).size(), 1U);
    EXPECT_TRUE(usual_pid_files(folder_.path() / "none.json").empty());
    EXPECT_TRUE(usual_pid_files("").empty());
}

TEST_F(PidFiles, HaveAReasonWhereNoneCanBeMade) {
    const std::string nowhere = (folder_.path() / "no" / "where.pid").string();
    EXPECT_EQ(why_none_can_be_made({nowhere, path_}), "");
    EXPECT_EQ(why_none_can_be_made({}), "");
    EXPECT_EQ(why_none_can_be_made({nowhere}),
              "\"" + (folder_.path() / "no").string() +
                  "\" cannot be written: No such file or directory; \"pid_file\" or --pid-file may "
                  "name another place");
}

}  // namespace
}  // namespace grove
