// Workers that live and do not answer, on the built binary: who is named, who is replaced, and who is left alone.
// O-020
#include <chrono>
#include <csignal>
#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "supervised.h"
#include "traced.h"

namespace grove {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr const char* kBlocker = R"("apps": [{"app": "blocker", "mount": "/app"}])";

class Blocking : public Supervised {
protected:
    Blocking() { more_log_ = R"(, "blocking": 0.1)"; }

    static std::string worker(const Serving& server, std::size_t index = 0) {
        return "worker " + std::to_string(server.workers().at(index));
    }
    /// In a thread, as it may take long. Never mind if the server ends before.
    static std::future<std::string> get_beside(const Serving& server, const std::string& target) {
        return std::async(std::launch::async, [&server, target] {
            try {
                return server.get(target);
            } catch (const std::exception& error) {
                return std::string{error.what()};
            }
        });
    }
};

std::string field_of(const std::string& answer, const std::string& name) {
    const std::size_t begin = answer.find("\r\n" + name + ": ") + name.size() + 4;
    return answer.substr(begin, answer.find("\r\n", begin) - begin);
}

double slept(const std::string& answer) {
    return std::stod(answer.substr(answer.find("\r\n\r\nslept ") + 10));
}

// How often the process has gone to sleep.
long switches_of(pid_t pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/status"};
    const std::string name = "voluntary_ctxt_switches:";
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(name)) return std::stol(line.substr(name.size()));
    }
    return -1;
}

TEST_F(Blocking, IsReportedWithRequestGreenletAndStack) {
    const auto server = serve(kBlocker);
    const std::string name = worker(*server);
    auto answer = get_beside(*server, "/app/sleep/a%0a?30");
    const std::string line = line_with(*server, "has been kept");
    EXPECT_THAT(line, AllOf(HasSubstr(" warn "), HasSubstr(name + " has been kept for 0."),
                            HasSubstr(" s by GET /app/sleep/a%0a (request "),
                            HasSubstr(", mount /app, greenlet \"Greenlet-")));
    EXPECT_THAT(line, AllOf(HasSubstr("clock_nanosleep+0x"), HasSubstr(" < "),
                            HasSubstr("::sleep_the_thread(double)+0x"), HasSubstr("::answer(")));
    EXPECT_THAT(line, Not(HasSubstr("WsgiHandler")));
    const std::string told = answer.get();  // the signal has ended its nanosleep(2)
    EXPECT_THAT(line, HasSubstr("(request " + field_of(told, "X-Request-Id") + ","));
    EXPECT_EQ(worker(*server), name);
}

TEST_F(Blocking, ByALockThatIsHeldAcrossASwitchIsReported) {
    const auto server = serve(R"("timeouts": {"worker": 1}, )" + std::string{kBlocker});
    const std::string name = worker(*server);
    auto first = get_beside(*server, "/app/lock");
    auto second = get_beside(*server, "/app/lock");
    const std::string line = line_with(*server, "has been kept");
    EXPECT_THAT(line, HasSubstr("GET /app/lock"));
#if !defined(GROVE_TEST_SANITIZED)  // the way leads through what it has put in front of the lock
    EXPECT_THAT(line, HasSubstr("::hold_a_lock_across_a_switch()+0x"));
#endif
    EXPECT_THAT(line_with(*server, "another takes its place"), HasSubstr(name));
}

TEST_F(Blocking, ForTimeoutsWorkerEndsTheWorkerAndNamesWhatRan) {
    const auto server = serve(R"("timeouts": {"worker": 1}, )" + std::string{kBlocker});
    const std::string name = worker(*server);
    auto cut = get_beside(*server, "/app/loop");
    if (kLoopsCanBeAsked) {  // else the time to answer is over when it has to end
        EXPECT_THAT(line_with(*server, "has been kept"),
                    AllOf(HasSubstr("GET /app/loop"), HasSubstr("::loop_without_end()+0x")));
    }
    const std::string last = line_with(*server, "has been kept");
    EXPECT_THAT(last, AllOf(HasSubstr(" error "), HasSubstr("GET /app/loop"),
                            HasSubstr(" s, which is timeouts.worker, by "),
                            HasSubstr("; the worker is told to abort")));
    if (kLoopsCanBeAsked) {
        EXPECT_THAT(last, HasSubstr("::loop_without_end()+0x"));
    }
    EXPECT_THAT(line_with(*server, "another takes its place"),
                HasSubstr(name + " was ended by signal 6 (Aborted) while it ran GET /app/loop, "
                                 "with 1 request in flight"));
    EXPECT_THAT(line_with(*server, "stack: "), HasSubstr("::loop_without_end()+0x"));
    EXPECT_THAT(server->get("/app"), StartsWith("HTTP/1.1 200 "));
    EXPECT_NE(worker(*server), name);
}

TEST_F(Blocking, ForTimeoutsWorkerEndsAWorkerThatDoesNotAbortASecondLater) {
    for (const char* const target : {"/app/loop?blocked", "/app/loop?handled"}) {
        const auto server = serve(R"("timeouts": {"worker": 1}, )" + std::string{kBlocker});
        const std::string name = worker(*server);
        auto cut = get_beside(*server, target);
        EXPECT_THAT(line_with(*server, "; the worker is told to abort"),
                    HasSubstr("which is timeouts.worker"));
        const auto told = Clock::now();
        EXPECT_THAT(line_with(*server, "did not end in time, and is killed"), HasSubstr(name));
        EXPECT_GE(Clock::now() - told, 500ms) << "of a second, as the line may come late";
        EXPECT_THAT(line_with(*server, "another takes its place"),
                    HasSubstr(name + " was ended by signal 9 (Killed) with 1 request in flight, "
                                     "the last begun GET /app/loop"));
        EXPECT_THAT(server->get("/app"), StartsWith("HTTP/1.1 200 "));
    }
}

// O-008: it cannot say itself what it had.
TEST_F(Blocking, AtTheEndIsEndedByTheMasterWhoNamesWhatRan) {
    const auto server = serve(R"("timeouts": {"shutdown": 0.1, "unwind": 0.1, "worker": null}, )" +
                              std::string{kBlocker});
    const std::string name = worker(*server);
    auto cut = get_beside(*server, "/app/loop");
    line_with(*server, "has been kept");
    server->program.send_signal(SIGTERM);
    EXPECT_THAT(line_with(*server, "did not end in time, and is killed"), HasSubstr(name));
    EXPECT_THAT(line_with(*server, "while it was ending"),
                HasSubstr(name + " was ended by signal 9 (Killed) while it was ending, with 1 "
                                 "request in flight, the last begun GET /app/loop"));
    line_with(*server, "stop: stopped, but a worker was lost");
    EXPECT_EQ(server->program.wait(), 1);
}

TEST_F(Blocking, OfOneWorkerHindersNoOther) {
    const auto server =
        serve(R"("workers": 2, "accept": "shared", "timeouts": {"worker": null}, )" +
              std::string{kBlocker});
    const std::vector<pid_t> before = server->workers();
    auto cut = get_beside(*server, "/app/loop");
    line_with(*server, "has been kept");
    for (int i = 0; i < 20; ++i) EXPECT_THAT(server->get("/app"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(server->workers(), testing::IsSupersetOf(before));
    server->program.send_signal(SIGKILL);
}

TEST_F(Blocking, AtTheSamePlaceIsReportedOnceAMinute) {
    const auto server = serve(kBlocker);
    get_beside(*server, "/app/sleep/first?30");
    line_with(*server, "GET /app/sleep/first");

    // The same request is not even asked: nothing ends its sleep.
    EXPECT_GE(slept(server->get("/app/sleep/first?0.5")), 0.5);
    // Another one is asked, as it might stand elsewhere.
    auto elsewhere = get_beside(*server, "/app/sleep/second?30");
    elsewhere.get();
    auto cut = get_beside(*server, "/app/loop");
    for (std::string line; line.find("GET /app/loop") == line.npos;) {
        line = server->program.read_error_line();
        EXPECT_THAT(line, Not(HasSubstr("/app/sleep")));
    }
    server->program.send_signal(SIGKILL);
}

TEST_F(Blocking, IsNotReportedIfThatIsOff) {
    more_log_ = R"(, "blocking": null)";
    const auto server = serve(R"("timeouts": {"worker": 1.5}, )" + std::string{kBlocker});
    EXPECT_GE(slept(server->get("/app/sleep?1")), 1.0);
    auto cut = get_beside(*server, "/app/loop");
    EXPECT_THAT(line_with(*server, "has been kept"), HasSubstr("told to abort"));
}

TEST_F(Blocking, EndsNoWorkerIfThatIsOff) {
    more_log_ = R"(, "blocking": null)";
    const auto server = serve(R"("timeouts": {"worker": null}, )" + std::string{kBlocker});
    const std::string name = worker(*server);
    line_with(*server, "grove: master ");  // the last of the start
    EXPECT_GE(slept(server->get("/app/sleep?1")), 1.0);
    server->program.send_signal(SIGTERM);
    EXPECT_THAT(server->program.read_error_line(), HasSubstr("stop: "));
    EXPECT_EQ(server->program.wait(), 0);
}

TEST_F(Blocking, CountsFromWhenAWorkerIsReady) {
    const auto server = serve(
        R"("timeouts": {"worker": 0.5}, "apps": [{"app": "blocker", "config": {"make": 1.5}}])");
    line_with(*server, "grove: master ");
    EXPECT_THAT(server->get("/"), StartsWith("HTTP/1.1 200 "));
    server->program.send_signal(SIGTERM);
    EXPECT_THAT(server->program.read_error_line(), HasSubstr("stop: "));
}

TEST_F(Blocking, IsNotWhatAWorkerDoesThatWasStopped) {
    const auto server = serve(R"("timeouts": {"worker": 1}, )" + std::string{kBlocker});
    const pid_t pid = server->workers().at(0);
    auto answer = get_beside(*server, "/app/sleep?0.6");
    line_with(*server, "has been kept");  // it is in the middle of it, or the signal has ended that
    answer.get();
    answer = get_beside(*server, "/app/sleep?0.6");  // is not asked again
    std::this_thread::sleep_for(200ms);              // into its sleep; before or after will do too
    ::kill(pid, SIGSTOP);
    std::this_thread::sleep_for(2500ms);  // there is nothing that could be waited for
    ::kill(pid, SIGCONT);
    EXPECT_THAT(answer.get(), StartsWith("HTTP/1.1 200 "));
    EXPECT_EQ(server->workers().at(0), pid);
    server->program.send_signal(SIGTERM);
    EXPECT_THAT(server->program.read_error_line(), HasSubstr("stop: "));
}

TEST_F(Blocking, IsNotWhatAWorkerDoesWhoseMasterStoodToo) {
    const auto server = serve(R"("timeouts": {"worker": 1}, )" + std::string{kBlocker});
    const pid_t pid = server->workers().at(0);
    auto answer = get_beside(*server, "/app/sleep?0.6");
    line_with(*server, "has been kept");
    answer.get();
    answer = get_beside(*server, "/app/sleep?0.6");
    std::this_thread::sleep_for(200ms);
    // The worker first: it is the master who would see that.
    ::kill(server->program.pid(), SIGSTOP);
    ::kill(pid, SIGSTOP);
    std::this_thread::sleep_for(2500ms);
    ::kill(pid, SIGCONT);
    ::kill(server->program.pid(), SIGCONT);
    EXPECT_THAT(answer.get(), StartsWith("HTTP/1.1 200 "));
    EXPECT_EQ(server->workers().at(0), pid);
}

// What is done to the other one, which has been kept for less long, would have been done to it before.
TEST_F(Blocking, IsNotWhatAWorkerDoesThatIsTraced) {
    const auto server = serve(R"("workers": 2, "accept": "shared", "timeouts": {"worker": 2}, )" +
                              std::string{kBlocker});
    const std::vector<pid_t> workers = server->workers();
    auto first = get_beside(*server, "/app/loop");
    const std::string kept = line_with(*server, "has been kept");
    const bool is_first = kept.find(worker(*server)) != kept.npos;
    const std::string traced_name = worker(*server, is_first ? 0 : 1);
    const std::string other_name = worker(*server, is_first ? 1 : 0);
    std::optional<Traced> traced;
    try {
        traced.emplace(workers.at(is_first ? 0 : 1));
    } catch (const std::system_error& error) {
        server->program.send_signal(SIGKILL);
        GTEST_SKIP() << "nobody may be traced here: " << error.what();
    }
    auto second = get_beside(*server, "/app/loop");

    EXPECT_THAT(line_with(*server, "; the worker is told to abort"), HasSubstr(other_name));
    EXPECT_THAT(line_with(*server, "another takes its place"), HasSubstr(other_name));
    EXPECT_THAT(server->workers(), testing::Contains(workers.at(is_first ? 0 : 1)));

    traced->let_go();
    EXPECT_THAT(line_with(*server, "; the worker is told to abort"), HasSubstr(traced_name));
    EXPECT_THAT(line_with(*server, "another takes its place"), HasSubstr(traced_name));
}

TEST_F(Blocking, IsNotWhatGreenletsDoThatTakeTurns) {
    more_log_ = R"(, "blocking": 0.5)";
    const auto server = serve(kBlocker);
    line_with(*server, "grove: master ");
    server->get("/app/yield?1.5");
    server->program.send_signal(SIGTERM);
    EXPECT_THAT(server->program.read_error_line(), HasSubstr("stop: "));
}

// Nobody wakes, neither the worker nor the master who watches it.
TEST_F(Blocking, IsWatchedWithoutWakingWhoIsIdle) {
    const auto server = serve(kBlocker);
    EXPECT_THAT(server->get("/app"), StartsWith("HTTP/1.1 200 "));
    const pid_t pid = server->workers().at(0);
    const auto count = [&] { return switches_of(pid) + switches_of(server->program.pid()); };
    bool still = false;
    for (const auto end = Clock::now() + 20s; !still && Clock::now() < end;) {
        const long before = count();
        std::this_thread::sleep_for(1s);
        still = count() == before;
    }
    EXPECT_TRUE(still);

    // Nor is every request a message, to whoever has but one now and then.
    const auto began = Clock::now();
    const long before = switches_of(server->program.pid());
    for (int i = 0; i < 200; ++i) server->get("/app");
    const long most = 3 * ((Clock::now() - began) / 100ms) + 10;
    EXPECT_LE(switches_of(server->program.pid()) - before, most);

    // And still it is seen at once when one goes on.
    auto answer = get_beside(*server, "/app/sleep?30");
    line_with(*server, "GET /app/sleep");
}

}  // namespace
}  // namespace grove
