// C-071
#include <grove/core/popen.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include <grove/core/errors.h>
#include <grove/core/event.h>
#include <grove/core/fd_wait.h>
#include <grove/core/file_descriptor.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/core/stream.h>
#include <grove/core/stream_reader.h>
#include <grove/core/timeout.h>

#include "greenlet_test.h"
#include "temporary_folder.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using Names = std::map<std::string, std::string>;

const PopenOptions kTalking{.in = Pipe::kPipe, .out = Pipe::kPipe, .err = Pipe::kPipe};

std::vector<std::string> shell(std::string script) { return {"sh", "-c", std::move(script)}; }

std::string failure_of(std::vector<std::string> argv, PopenOptions options, int error) {
    try {
        const Popen child{std::move(argv), std::move(options)};
    } catch (const std::system_error& refused) {
        EXPECT_EQ(refused.code().value(), error) << refused.what();
        return refused.what();
    }
    ADD_FAILURE() << "it started";
    return {};
}

// Reaped by us, and only once: the kernel knows no such child any more.
bool is_reaped(pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) == -1 && errno == ECHILD; }

GREENLET_TEST(Popen, GivesTheExitCodeOrMinusTheSignal) {
    Popen seven{shell("exit 7")};
    EXPECT_EQ(seven.wait(30s), 7);
    EXPECT_EQ(seven.wait(0ms), 7);
    EXPECT_EQ(seven.poll(), 7);
    EXPECT_TRUE(is_reaped(seven.pid()));
    seven.terminate();  // no effect

    Popen ended{{"sleep", "100"}};
    EXPECT_EQ(ended.poll(), std::nullopt);
    ended.terminate();
    EXPECT_EQ(ended.wait(30s), -SIGTERM);
    Popen killed{{"sleep", "100"}};
    killed.kill();
    EXPECT_EQ(killed.wait(30s), -SIGKILL);
}

GREENLET_TEST(Popen, LetsOthersRunWhileItWaits) {
    Popen child{shell("read line; exit 3"), {.in = Pipe::kPipe}};
    auto first = spawn([&] { return child.wait(); });
    auto second = spawn([&] { return child.wait(); });
    auto killed = spawn([&] { child.wait(); });
    sleep();
    killed.kill();
    EXPECT_THROW(child.wait(1ms), Timeout);
    EXPECT_EQ(child.poll(), std::nullopt);
    child.in().sendall("go\n");
    EXPECT_EQ(first.get(), 3);
    EXPECT_EQ(second.get(), 3);
}

GREENLET_TEST(Popen, ThrowsTimeoutWithIdZeroAndTheChildLives) {
    Popen child{{"sleep", "100"}};
    try {
        child.wait(10ms);
        ADD_FAILURE() << "it ended";
    } catch (const Timeout& thrown) {
        EXPECT_EQ(thrown.id(), 0U);
        EXPECT_EQ(thrown.duration(), 10ms);
    }
    EXPECT_EQ(::kill(child.pid(), 0), 0);
    EXPECT_EQ(child.poll(), std::nullopt);
}

GREENLET_TEST(Popen, KillsAndReapsItsChildWhenItIsUnwound) {
    pid_t pid = -1;
    Event ready;
    auto holder = spawn([&] {
        Popen child{shell("trap '' TERM; echo ready; exec sleep 100"), {.out = Pipe::kPipe}};
        pid = child.pid();
        StreamReader{child.out()}.readline(100);
        ready.set();
        child.wait();
    });
    ready.wait();  // and it goes on to its own wait before this greenlet has its turn
    holder.kill();
    EXPECT_TRUE(holder.dead());
    EXPECT_TRUE(is_reaped(pid));
}

/// The process may open nothing more.
class NoDescriptors {
public:
    NoDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &usual_);
        const int next = FileDescriptor{::open("/dev/null", O_RDONLY | O_CLOEXEC)}.get();
        const rlimit none{static_cast<rlim_t>(next), usual_.rlim_max};
        EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    }
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &usual_); }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;

private:
    rlimit usual_{};
};

// To wait for its end takes a descriptor. The child needs a moment to end, which of so many at least one is waited for.
GREENLET_TEST(Popen, ReapsItsChildAlsoWhereNoDescriptorIsLeft) {
    // A sanitizer opens a pipe the first time that it sees a type: those of a wait, a sleep and an error.
    std::make_unique<Popen>(std::vector<std::string>{"sleep", "100"}).reset();
    sleep(1ms);
    EXPECT_THROW(wait_readable(-1), std::system_error);
    for (int i = 0; i < 20; ++i) {
        auto child = std::make_unique<Popen>(std::vector<std::string>{"sleep", "100"});
        const pid_t pid = child->pid();
        {
            const NoDescriptors none;
            child.reset();
        }
        EXPECT_TRUE(is_reaped(pid));
    }
}

GREENLET_TEST(Popen, LeavesOtherChildrenAlone) {
    const pid_t other = ::fork();
    if (other == 0) ::_exit(9);
    siginfo_t end{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(other), &end, WEXITED | WNOWAIT), 0);
    EXPECT_EQ(Popen{{"true"}}.wait(30s), 0);
    int status = 0;
    EXPECT_EQ(::waitpid(other, &status, 0), other);
    EXPECT_EQ(WEXITSTATUS(status), 9);
}

GREENLET_TEST(Popen, PassesArgumentsAsTheyAre) {
    EXPECT_EQ(check_output({"printf", "%s|", "a b", "$HOME", "", "; ls"}), "a b|$HOME||; ls|");
}

GREENLET_TEST(Popen, StartsInTheFolderAndWithTheEnvironmentThatItIsGiven) {
    const TemporaryFolder folder;
    Popen where{{"pwd", "-P"}, {.cwd = folder.path().string(), .out = Pipe::kPipe}};
    EXPECT_EQ(where.communicate({}, 30s).first,
              std::filesystem::canonical(folder.path()).string() + "\n");

    // env is found in the parent's PATH: the child's has none.
    Popen all{{"env"}, {.env = Names{{"ONE", "1"}, {"TWO", ""}}, .out = Pipe::kPipe}};
    EXPECT_EQ(all.communicate({}, 30s).first, "ONE=1\nTWO=\n");
}

GREENLET_TEST(Popen, SaysWhatItCannotStart) {
    EXPECT_THAT(failure_of({"grove-has-no-such-program"}, {}, ENOENT),
                HasSubstr("\"grove-has-no-such-program\""));
    EXPECT_THAT(failure_of({"/"}, {}, EACCES), HasSubstr("\"/\""));
    EXPECT_THAT(failure_of({"true"}, {.cwd = "/no/such/folder"}, ENOENT),
                HasSubstr("\"/no/such/folder\""));
    EXPECT_THAT(failure_of({"true"}, {.cwd = "/dev/null"}, ENOTDIR), HasSubstr("\"/dev/null\""));
    EXPECT_THAT(failure_of({"grove-has-no-such-program"}, {.cwd = "/"}, ENOENT),
                Not(HasSubstr("\"/\"")));
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
}

GREENLET_TEST(Popen, RefusesWhatCannotBePassed) {
    const std::string nul{"a\0b", 3};
    EXPECT_THROW(Popen{{}}, std::invalid_argument);
    EXPECT_THROW((Popen{{"true", nul}}), std::invalid_argument);
    EXPECT_THROW((Popen{{"true"}, {.cwd = nul}}), std::invalid_argument);
    for (const std::string& name : {std::string{}, std::string{"A=B"}, nul})
        EXPECT_THROW((Popen{{"true"}, {.env = Names{{name, "1"}}}}), std::invalid_argument) << name;
    EXPECT_THROW((Popen{{"true"}, {.env = Names{{"A", nul}}}}), std::invalid_argument);
    EXPECT_THROW((Popen{{"true"}, {.in = Pipe::kOutput}}), std::invalid_argument);
    EXPECT_THROW((Popen{{"true"}, {.out = Pipe::kOutput}}), std::invalid_argument);
    Popen plain{{"true"}};
    EXPECT_THROW(static_cast<void>(plain.in()), std::logic_error);
    EXPECT_THROW(static_cast<void>(plain.out()), std::logic_error);
    EXPECT_THROW(static_cast<void>(plain.err()), std::logic_error);
    EXPECT_THROW(plain.communicate("input"), std::logic_error);
}

// O-012
GREENLET_TEST(Popen, GivesItsChildDefaultDispositionsAndAnEmptyMask) {
    std::string status;
    std::thread{[&] {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
        struct sigaction ignore {};
        ignore.sa_handler = SIG_IGN;
        struct sigaction before[3];
        const int signals[3] = {SIGHUP, SIGUSR2, SIGRTMIN + 1};
        for (int i = 0; i < 3; ++i) ::sigaction(signals[i], &ignore, &before[i]);
        status = check_output({GROVE_TEST_SIGNAL_STATUS});
        for (int i = 0; i < 3; ++i) ::sigaction(signals[i], &before[i], nullptr);
        Popen child{{"sleep", "100"}};
        child.terminate();
        EXPECT_EQ(child.wait(30s), -SIGTERM);
    }}.join();
    EXPECT_EQ(status, "SigBlk: 0\nSigIgn: 0\n");
}

GREENLET_TEST(Popen, GivesItsChildNoOtherDescriptors) {
    const FileDescriptor inheritable{::fcntl(STDERR_FILENO, F_DUPFD, 70)};
    ASSERT_TRUE(inheritable);
    const std::string open =
        check_output(shell("for fd in /proc/self/fd/*; do echo \"${fd##*/}\"; done"));
    EXPECT_THAT(open, HasSubstr("2\n"));
    EXPECT_THAT(open, Not(HasSubstr(std::to_string(inheritable.get()) + "\n")));
}

GREENLET_TEST(Popen, TalksLineByLine) {
    Popen child{{"cat"}, {.in = Pipe::kPipe, .out = Pipe::kPipe}};
    StreamReader lines{child.out()};
    for (const char* line : {"one\n", "two\n"}) {
        child.in().sendall(line);
        EXPECT_EQ(lines.readline(100, 30s), line);
    }
    child.in().close();
    EXPECT_EQ(lines.readline(100, 30s), "");
    EXPECT_EQ(child.wait(30s), 0);
}

GREENLET_TEST(Popen, SendsMoreThanAPipeHoldsAndTellsOfAReaderThatIsGone) {
    Popen child{shell("head -c 300000 | wc -c; exec 0<&-; echo closed; exec sleep 100"),
                {.in = Pipe::kPipe, .out = Pipe::kPipe}};
    StreamReader lines{child.out()};
    child.in().sendall(std::string(300'000, 'x'), 30s);
    EXPECT_EQ(lines.readline(100, 30s), "300000\n");
    EXPECT_EQ(lines.readline(100, 30s), "closed\n");
    try {
        child.in().sendall("nobody reads", 30s);  // a SIGPIPE would end the test
        ADD_FAILURE() << "somebody does";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code().value(), EPIPE);
    }
    sigset_t pending;
    ::sigpending(&pending);
    EXPECT_EQ(::sigismember(&pending, SIGPIPE), 0);
    std::array<char, 1> byte;
    EXPECT_THROW(child.out().recv(byte, 1ms), SocketTimeout);
}

GREENLET_TEST(Popen, PutsTheErrorOutputWhereItIsTold) {
    Popen both{shell("echo out; echo err >&2"), {.out = Pipe::kPipe, .err = Pipe::kOutput}};
    EXPECT_EQ(both.communicate({}, 30s).first, "out\nerr\n");
    Popen apart{shell("echo out; echo err >&2"), kTalking};
    EXPECT_EQ(apart.communicate({}, 30s), std::pair(std::string{"out\n"}, std::string{"err\n"}));
    Popen nothing{shell("cat; echo err >&2"),
                  {.in = Pipe::kNull, .out = Pipe::kPipe, .err = Pipe::kNull}};
    EXPECT_EQ(nothing.communicate({}, 30s).first, "");
}

constexpr std::size_t kMuch = 3 << 20;  // many times what pipes hold

GREENLET_TEST(Popen, CommunicatesWithoutADeadlock) {
    Popen echo{{"cat"}, kTalking};
    EXPECT_EQ(echo.communicate(std::string(kMuch, 'x'), 60s).first, std::string(kMuch, 'x'));
    // All of the error output comes first, then all the output, and the input is read last.
    Popen late{shell("head -c 3145728 /dev/zero >&2; head -c 3145728 /dev/zero; exec wc -c"),
               kTalking};
    const auto [out, err] = late.communicate(std::string(kMuch, 'x'), 60s);
    EXPECT_EQ(err.size(), kMuch);
    EXPECT_EQ(out.size(), kMuch + 8);
    EXPECT_EQ(out.substr(kMuch), "3145728\n");
    EXPECT_EQ(late.wait(), 0);
}

GREENLET_TEST(Popen, CommunicatesWithAChildThatDoesNotRead) {
    Popen child{shell("exec 0<&-; echo done"), kTalking};
    EXPECT_EQ(child.communicate(std::string(kMuch, 'x'), 60s).first, "done\n");
    EXPECT_EQ(child.communicate().first, "");
}

GREENLET_TEST(Popen, GoesOnWithAConversationThatTimedOutOrWasKilled) {
    Popen child{shell("echo first; read line; cat; echo last"), kTalking};
    const std::string input = "line\n" + std::string(kMuch, 'x') + "\n";
    child.send_signal(SIGSTOP);  // its pipes are full soon, and nothing moves
    EXPECT_THROW(child.communicate(input, 20ms), Timeout);
    EXPECT_THROW(child.communicate("more", 20ms), std::logic_error);
    auto killed = spawn([&] { child.communicate(); });
    sleep();
    killed.kill();
    child.send_signal(SIGCONT);
    EXPECT_EQ(child.communicate({}, 60s).first, "first\n" + std::string(kMuch, 'x') + "\nlast\n");
}

GREENLET_TEST(Popen, ThrowsTimeoutOutOfAnEndlessOutput) {
    Popen child{{"cat", "/dev/zero"}, {.out = Pipe::kPipe}};
    int turns = 0;
    auto other = spawn([&] {
        for (;; ++turns) sleep();
    });
    EXPECT_THROW(child.communicate({}, 50ms), Timeout);
    EXPECT_GT(turns, 0);
    other.kill();
}

GREENLET_TEST(Popen, ChecksTheOutput) {
    EXPECT_EQ(check_output({"echo", "hello"}), "hello\n");
    try {
        check_output(shell("echo partly; exit 4"));
        ADD_FAILURE() << "no exception";
    } catch (const CalledProcessError& error) {
        EXPECT_EQ(error.status(), 4);
        EXPECT_EQ(error.output(), "partly\n");
        EXPECT_STREQ(error.what(), "\"sh\" exited with 4");
    }
    try {
        check_output(shell("kill -9 $$"));
        ADD_FAILURE() << "no exception";
    } catch (const CalledProcessError& error) {
        EXPECT_EQ(error.status(), -9);
        EXPECT_STREQ(error.what(), "\"sh\" was ended by signal 9");
    }
    EXPECT_THROW(check_output({"sleep", "100"}, 10ms), Timeout);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);  // and no child is left
    EXPECT_EQ(errno, ECHILD);
}

GREENLET_TEST(Popen, MayBeDestroyedInTheHub) {
    auto child = std::make_unique<Popen>(shell("exec sleep 100"));
    const pid_t pid = child->pid();
    Event gone;
    get_hub().run_threadsafe([&] {
        child.reset();
        gone.set();
    });
    gone.wait();
    EXPECT_TRUE(is_reaped(pid));
}

GREENLET_TEST(Popen, MayNotBeDestroyedUnderItsWaiters) {
    EXPECT_DEATH(
        {
            auto child = std::make_unique<Popen>(shell("exec sleep 100"));
            auto waiter = spawn([&] { child->wait(); });
            sleep();
            child.reset();
        },
        "under its waiters");
}

}  // namespace
}  // namespace grove
