// When a master finds that a worker does not answer, and what it does then: on a clock of the test's own. O-020
#include "watch.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker_messages.h"
#include "worker_notes.h"

namespace grove::http {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;
using Clock = Watch::Clock;

// A worker that has said it is ready, and does nothing; its heartbeat is the test's.
class Watching : public testing::Test {
protected:
    Watching() {
        while (!worker_.ready()) {
            pollfd channel{.fd = worker_.control(), .events = POLLIN, .revents = 0};
            ::poll(&channel, 1, -1);
            worker_.listen();
        }
        worker_.record().clock.restart(now_);
    }

    static int be_idle(const FileDescriptor& channel) {
        ::signal(SIGABRT, SIG_DFL);
        ::send(channel.get(), &kReadyMessage, 1, MSG_NOSIGNAL);
        for (;;) ::pause();
    }
    void begin_turn() { worker_.notes().heartbeat.go_on(now_.time_since_epoch()); }
    /// So much after the moment at which the watch wanted to look.
    void look(Duration late) {
        const Clock::time_point next = watch_.next_look();
        now_ = (next == Clock::time_point::max() ? now_ : std::max(now_, next)) + late;
        watch_.look({&worker_}, now_);
    }
    [[nodiscard]] bool answers() { return worker_.record().answers; }

    Clock::time_point now_ = Clock::now();
    Scoreboard board_;
    std::vector<std::string> lines_;
    Watch::SendOut send_out_;
    Watch watch_{
        board_, [this](LogLevel, std::string_view line) { lines_.emplace_back(line); },
        [this](const auto& in_child, auto ended) { send_out_(in_child, std::move(ended)); }};
    WorkerProcess worker_{0,
                          board_.take(),
                          {.blocking = 500ms, .reports = true, .unresponsive = 3s},
                          nullptr,
                          [](FileDescriptor channel, SignalInbox&) { return be_idle(channel); }};
};

TEST_F(Watching, FindsAWorkerThatDoesNotComeBack) {
    begin_turn();
    look(0ms);
    EXPECT_TRUE(answers());
    look(0ms);
    EXPECT_FALSE(answers());
    EXPECT_THAT(lines_, IsEmpty()) << "it may say what keeps it";
    look(0ms);
    look(0ms);
    EXPECT_THAT(lines_, ElementsAre(HasSubstr("has been kept for 0.50 s")));
}

TEST_F(Watching, DoesNotCountTheTimeInWhichItStoodStillItself) {
    begin_turn();
    look(0ms);
    look(1h);
    EXPECT_FALSE(answers()) << "as it did not before, either";
    EXPECT_FALSE(worker_.record().end);
    EXPECT_LT(board_.totals().blocking, 1s);
}

// As in a cgroup that may use a fifth of each second.
TEST_F(Watching, FindsAndEndsThatWorkerThoughItIsLateEachTime) {
    begin_turn();
    for (int looks = 0; looks < 100 && !worker_.record().told_to_abort; ++looks) look(800ms);
    ASSERT_TRUE(worker_.record().told_to_abort);
    EXPECT_THAT(lines_, ElementsAre(HasSubstr("has been kept for "),
                                    AllOf(HasSubstr("which is timeouts.worker"),
                                          HasSubstr("; the worker is told to abort"))));
    int status = 0;
    ASSERT_EQ(::waitpid(worker_.pid(), &status, 0), worker_.pid());
    worker_.gone();
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

// Nobody can find out the names: no further process, or it was killed as files do not answer.
TEST_F(Watching, TellsOfACrashWhereItWasIfItCannotBeNamed) {
    StackNote& crash = worker_.notes().crash;
    std::string_view{"/far/away/plugin.so"}.copy(crash.files[0].name.data(), 19);
    crash.file_count = 1;
    crash.calls[0] = {.address = 0x7f0000001234, .offset = 0x1234, .file = 0};
    crash.calls[1] = {.address = 0x10, .offset = 0};
    crash.call_count = 2;
    const auto expected = ElementsAre("worker 7: stack: plugin.so+0x1234 < 0x10");

    send_out_ = [](const auto&, const auto&) { throw std::runtime_error{"fork"}; };
    watch_.tell_crash("worker 7", worker_);
    EXPECT_THAT(lines_, expected);

    lines_.clear();
    send_out_ = [](const auto&, const auto& ended) { ended(-1); };
    watch_.tell_crash("worker 7", worker_);
    EXPECT_THAT(lines_, expected);
}

TEST_F(Watching, WaitsForTheLineOfThisEndAndNotOfOneThatWasCalledOff) {
    std::function<void(int)> named;
    send_out_ = [&](const auto&, const auto& ended) { named = ended; };
    SampleNote& sample = worker_.notes().sample;
    begin_turn();
    look(0ms);
    look(0ms);
    sample.answered = sample.asked.load();  // without a stack: it is told at once
    look(0ms);
    while (!worker_.record().end) look(0ms);
    sample.stack.call_count = 1;
    sample.answered = sample.asked.load();
    watch_.look({&worker_}, now_);
    ASSERT_TRUE(named);
    begin_turn();  // it has gone on, and then its line is written
    watch_.look({&worker_}, now_ += 1ms);
    EXPECT_FALSE(worker_.record().end);
    named(-1);

    begin_turn();
    while (!worker_.record().end) look(0ms);
    watch_.look({&worker_}, now_ += 1ms);
    EXPECT_TRUE(worker_.record().end);
    EXPECT_FALSE(worker_.record().told_to_abort) << "what keeps it is not told yet";
}

// As one that was sent a command while it loaded, and cannot serve.
TEST(WorkerProcess, IsHeardThoughItHasNotReadWhatItWasTold) {
    Scoreboard board;
    WorkerProcess worker{
        0, board.take(), {}, nullptr, [](const FileDescriptor& channel, SignalInbox&) {
            pollfd told{.fd = channel.get(), .events = POLLIN, .revents = 0};
            ::poll(&told, 1, -1);
            ::send(channel.get(), "fno port", 8, MSG_NOSIGNAL);
            ::_exit(0);
            return 0;
        }};
    worker.tell(Worker::Command::kDump);
    ASSERT_EQ(::waitpid(worker.pid(), nullptr, 0), worker.pid());
    worker.gone();
    worker.listen();
    EXPECT_EQ(worker.refusal(), "no port");
}

TEST(WorkerClock, LeavesOutTheLastOfATurn) {
    const Clock::time_point start{1h};
    WorkerClock clock{{}};
    Heartbeat heartbeat;
    heartbeat.go_on(start.time_since_epoch());
    clock.restart(start - 1s);
    EXPECT_EQ(clock.busy_since(heartbeat), start);
    clock.leave_out(2s, heartbeat, start + 5s);
    EXPECT_EQ(clock.busy_since(heartbeat), start + 2s);
    EXPECT_EQ(clock.count(start + 2s, start + 5s), 3s);
    clock.leave_out(2s, heartbeat, start + 7s);
    EXPECT_EQ(clock.busy_since(heartbeat), start + 4s);
    EXPECT_EQ(clock.count(start + 4s, start + 7s), 0s);

    clock.leave_out(1h, heartbeat, start + 7s);
    EXPECT_EQ(clock.busy_since(heartbeat), start + 7s) << "it began meanwhile";
    heartbeat.rest();
    EXPECT_EQ(clock.busy_since(heartbeat), std::nullopt);
    heartbeat.go_on((start + 8s).time_since_epoch());
    EXPECT_EQ(clock.busy_since(heartbeat), start + 8s);
}

}  // namespace
}  // namespace grove::http
