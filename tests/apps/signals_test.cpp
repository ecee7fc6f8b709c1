// Signals of the built binary: whichever moment they come at, whatever threads there are.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include <grove/core/file_descriptor.h>

#include "supervised.h"

namespace grove {
namespace {

using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr const char* kThreads = R"("apps": [{"app": "threads"}])";
constexpr const char* kGated =
    R"("workers": 2, "apps": [{"app": "threads", "config": {"gate": true}}])";

/// Polls. Fails the test if it takes half a minute.
void await(const std::string& what, const std::function<bool()>& condition) {
    const auto begin = std::chrono::steady_clock::now();
    while (!condition()) {
        ASSERT_LT(std::chrono::steady_clock::now() - begin, 30s) << "waited too long for " << what;
        std::this_thread::sleep_for(1ms);
    }
}

class Signals : public Supervised {
protected:
    /// The processes whose factories run, or have run.
    std::vector<pid_t> loading() const {
        std::vector<pid_t> pids;
        for (const auto& entry : fs::directory_iterator{folder_.path()}) {
            const std::string name = entry.path().filename().string();
            if (name.starts_with("loading-")) pids.push_back(std::stoi(name.substr(8)));
        }
        return pids;
    }
    void await_loading(std::size_t workers) const {
        await("factories", [&] { return loading().size() == workers; });
    }
    void open_gate(const std::string& suffix = "") const {
        std::ofstream{file(("gate" + suffix).c_str())};
    }
    std::unique_ptr<RunningProgram> start(const std::string& members) const {
        return std::make_unique<RunningProgram>(serve_command({configuration(members)}),
                                                file("output"));
    }
};

/// Reads on until each of these was in a line.
void await_lines(RunningProgram& program, std::vector<std::string> texts) {
    while (!texts.empty()) {
        const std::string line = program.read_error_line();
        std::erase_if(texts, [&](const std::string& text) { return line.find(text) != line.npos; });
    }
}

/// Those with this name; "": all.
std::vector<pid_t> threads_of(pid_t process, const std::string& name) {
    std::vector<pid_t> threads;
    for (const auto& task : fs::directory_iterator{"/proc/" + std::to_string(process) + "/task"}) {
        std::string own_name;
        std::getline(std::ifstream{task.path() / "comm"} >> std::ws, own_name);
        if (name.empty() || name == own_name)
            threads.push_back(std::stoi(task.path().filename().string()));
    }
    return threads;
}

// Of a FIFO, once somebody reads it.
FileDescriptor writer_of(const std::string& path) {
    FileDescriptor fd;
    await("a reader", [&] {
        fd.reset(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
        return static_cast<bool>(fd);
    });
    return fd;
}

// O-006
TEST_F(Signals, ThatComeBeforeTheConfigurationIsReadAreObeyedAfterwards) {
    std::string text;
    std::getline(std::ifstream{configuration(kHello)}, text, '\0');
    fs::remove(file("grove.json"));
    ASSERT_EQ(::mkfifo(file("grove.json").c_str(), 0600), 0);
    RunningProgram server{serve_command({file("grove.json")}), file("output")};
    const auto write_configuration = [&](const FileDescriptor& fifo) {
        const auto written = ::write(fifo.get(), text.data(), text.size());
        EXPECT_EQ(written, static_cast<ssize_t>(text.size()));
    };

    {
        const FileDescriptor fifo = writer_of(file("grove.json"));
        for (const int number : {SIGUSR1, SIGUSR2, SIGPIPE, SIGHUP}) server.send_signal(number);
        write_configuration(fifo);
    }
    await_lines(server, {"grove: listening on"});

    write_configuration(writer_of(file("grove.json")));  // SIGHUP has it read again
    await_lines(server, {"reload: the new workers serve"});
}

// O-006
TEST_F(Signals, ThatComeWhileTheFirstWorkersLoadAreObeyedAfterwards) {
    const auto server = start(kGated);
    await_loading(2);
    for (const int number : {SIGUSR1, SIGUSR2, SIGHUP}) server->send_signal(number);
    for (const pid_t worker : loading()) {
        for (const int number : {SIGUSR1, SIGUSR2, SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGXFSZ})
            ::kill(worker, number);
    }
    open_gate();
    await_lines(*server,
                {"grove: listening on", "\"main\" blocked in ", "reload: the new workers serve"});
    server->send_signal(SIGTERM);
    await_lines(*server, {"stop: stopped"});  // the greenlets' stacks are more than a pipe holds
    EXPECT_EQ(server->wait(), 0);
}

// O-006
TEST_F(Signals, EndAServerWhoseFirstWorkersStillLoad) {
    for (const int number : {SIGTERM, SIGINT, SIGQUIT}) {
        for (const auto& entry : fs::directory_iterator{folder_.path()}) fs::remove(entry);
        const auto server = start(kGated);
        await_loading(2);
        server->send_signal(number);
        EXPECT_EQ(server->wait(), 0) << number;
        for (const pid_t worker : loading()) EXPECT_FALSE(alive(worker));
    }
}

// O-006: whatever ends them, it is not done at the speed of fork().
TEST_F(Signals, ThatEndOneNewWorkerAfterAnotherHaveTheReloadRefused) {
    const auto server = serve(kHello);
    configuration(kGated);
    server->program.send_signal(SIGHUP);
    await_loading(2);
    std::vector<pid_t> seen{loading().at(0)};  // this one goes on loading
    for (std::size_t told = 1; told <= 6; ++told) {
        await_loading(told + 1);
        for (const pid_t pid : loading()) {
            if (testing::Value(seen, testing::Contains(pid))) continue;
            ::kill(pid, SIGTERM);
            open_gate("-" + std::to_string(pid));
            seen.push_back(pid);
        }
    }
    EXPECT_THAT(line_with(*server, "reload: nothing is changed"),
                HasSubstr("worker " + std::to_string(seen.back()) +
                          " of the new ones ended with exit code 0"));
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
}

// O-006
TEST_F(Signals, ThatComeDuringAReloadDropItNot) {
    const auto server = serve(kTwoHellos);
    configuration(kGated);
    server->program.send_signal(SIGHUP);
    await_loading(2);
    for (const int number : {SIGUSR1, SIGUSR2, SIGHUP}) server->program.send_signal(number);
    line_with(*server, "\"main\" blocked in ");  // of the old one: the master has obeyed
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
    open_gate();
    line_with(*server, "reload: the new workers serve");
    line_with(*server, "reload: the new workers serve");  // the second HUP's
    EXPECT_THAT(server->get("/"), EndsWith("threads\n"));
}

// A-010: USR1 and USR2 to the master; a worker has its own once it is ready.
TEST_F(Signals, ThatComeDuringAReloadInterruptNoFactory) {
    const auto server = serve(kHello);
    configuration(R"("apps": [{"app": "threads", "config": {"gate": true, "calm": true}}])");
    server->program.send_signal(SIGHUP);
    await_loading(1);
    for (int i = 0; i < 20; ++i) {
        server->program.send_signal(SIGUSR1);
        server->program.send_signal(SIGUSR2);
        line_with(*server, "\"main\" blocked in ");  // of the old one: the master has obeyed
    }
    open_gate();
    await_lines(server->program, {"reload: the new workers serve",
                                  "[" + std::to_string(loading().at(0)) + "] greenlet "});
    std::string answer = server->get("/");
    while (answer.ends_with("Hello, World!")) answer = server->get("/");  // the old one, still
    EXPECT_THAT(answer, EndsWith("threads\n"));
}

// O-006
TEST_F(Signals, EndAServerThatReloads) {
    for (const int number : {SIGTERM, SIGQUIT}) {
        for (const pid_t worker : loading())
            fs::remove(file(("loading-" + std::to_string(worker)).c_str()));
        const auto server = serve(kHello);
        configuration(kGated);
        server->program.send_signal(SIGHUP);
        await_loading(2);
        server->program.send_signal(number);
        EXPECT_EQ(server->program.wait(), 0) << number;
    }
}

// O-006, O-011
TEST_F(Signals, ReplaceAWorkerThatWasToldToEndBeforeTheOthersWereReady) {
    const auto server = start(kGated);
    await_loading(2);
    const pid_t told = loading().at(0);
    ::kill(told, SIGTERM);
    open_gate("-" + std::to_string(told));
    const std::string end = "worker " + std::to_string(told) + " ended with exit code 0";
    await_lines(*server, {end});
    open_gate();
    await_lines(*server, {"grove: listening on"});

    fs::remove(file("gate"));
    for (const pid_t worker : loading())
        fs::remove(file(("loading-" + std::to_string(worker)).c_str()));
    server->send_signal(SIGHUP);
    await_loading(2);
    const pid_t told_next = loading().at(0);
    ::kill(told_next, SIGTERM);
    open_gate("-" + std::to_string(told_next));
    await_loading(3);
    open_gate();
    await_lines(*server, {"reload: the new workers serve"});
}

// O-011, A-052
TEST_F(Signals, ReopenTheLogsWhateverThreadsThereAre) {
    std::ofstream{file("grove.json")}
        << R"({"listen": ["127.0.0.1:0"], "plugin_path": [")" GROVE_TEST_PLUGINS R"("],
              "log": {"access": "access.log"}, )"
        << kThreads << "}";
    Serving server{serve_command({file("grove.json")}), file("output")};
    const pid_t worker = server.workers().at(0);
    const auto reopened_by = [&](const std::function<void()>& signal) {
        fs::rename(file("access.log"), file("access.log.1"));
        signal();
        await("the new log", [&] { return fs::exists(file("access.log")); });
        EXPECT_THAT(server.get("/"), EndsWith("threads\n"));
    };

    for (int i = 0; i < 5; ++i) reopened_by([&] { server.program.send_signal(SIGUSR1); });
    for (const char* const name : {"of_the_factory", "of_the_pool", "of_a_library"}) {
        const pid_t thread = threads_of(worker, name).at(0);
        reopened_by([&] { ::syscall(SYS_tgkill, worker, thread, SIGUSR1); });
    }

    EXPECT_THAT(server.workers(), Contains(worker));
}

// O-011, A-052
TEST_F(Signals, ToAWorkerCutNoResponseWhateverThreadsThereAre) {
    for (const char* const thread_name : {"", "of_the_factory", "of_the_pool", "of_a_library"}) {
        const auto server = serve(kThreads);
        const pid_t worker = server->workers().at(0);
        fs::remove(file("finish"));
        const PlainClient client{server->port};
        client.send("GET /long HTTP/1.0\r\n\r\n");
        client.read_until("begun\n");

        if (*thread_name == '\0') {
            ::kill(worker, SIGTERM);
        } else {  // which may not have its name yet
            await("its name", [&] { return !threads_of(worker, thread_name).empty(); });
            ::syscall(SYS_tgkill, worker, threads_of(worker, thread_name).at(0), SIGTERM);
        }
        await_lines(
            server->program,
            {"1 requests run or wait",
             "worker " + std::to_string(worker) +
                 " was told to end: it answers its running requests; another takes its place"});
        EXPECT_THAT(server->get("/"), EndsWith("threads\n"));
        std::ofstream{file("finish")};

        EXPECT_THAT(client.read_to_end(), HasSubstr("finished\n"));
        await("its end", [&] { return !alive(worker); });
        EXPECT_THAT(server->get("/"), EndsWith("threads\n"));
    }
}

// O-006: however often it was told of greenlets while it did not listen.
TEST_F(Signals, EndAWorkerThatWasSentManyMeanwhile) {
#if defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "the thread sanitizer keeps a signal with the fiber that it has come upon, and "
                    "forgets it if that one ends first: such as the greenlet that dumps";
#endif
    const auto server = serve(kTwoHellos);
    const pid_t stopped = server->workers().at(0);
    ::kill(stopped, SIGSTOP);
    await("its stop", [&] { return state_of(stopped) == 'T'; });
    for (int i = 0; i < 320; ++i) {
        server->program.send_signal(SIGUSR2);
        line_with(*server, "\"main\" blocked in ");  // of the other one: the master has obeyed
    }
    server->program.send_signal(SIGTERM);
    line_with(*server, "stop: all requests are answered");
    ::kill(stopped, SIGCONT);
    EXPECT_THAT(line_with(*server, "stop: all requests are answered"),
                HasSubstr("[" + std::to_string(stopped) + "]"));
    EXPECT_EQ(server->program.wait(), 0);
}

// O-006, O-001
TEST_F(Signals, ThatOneOfItsThreadsWasSentEndNoProcess) {
    const auto server = serve(kThreads);
    const pid_t worker = server->workers().at(0);
    for (const int number : {SIGUSR1, SIGUSR2, SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGXFSZ}) {
        for (const pid_t thread : threads_of(worker, ""))
            ::syscall(SYS_tgkill, worker, thread, number);
    }
    for (const int number : {SIGPIPE, SIGXFSZ}) server->program.send_signal(number);
    EXPECT_THAT(server->get("/"), EndsWith("threads\n"));
    EXPECT_THAT(server->workers(), Contains(worker));  // and perhaps who names what blocks it
}

// The mask that this line of /proc/PID/task/TID/status has, without those of the C library: 32 and 33.
unsigned long mask_of(pid_t process, pid_t thread, const std::string& key) {
    std::ifstream status{"/proc/" + std::to_string(process) + "/task/" + std::to_string(thread) +
                         "/status"};
    std::string word;
    while (status >> word && word != key) {
    }
    status >> word;
    return std::stoul(word, nullptr, 16) & ~(3UL << 31);
}

// SIGTTOU is while a line of the log is written, and the C library blocks all in a thread that begins or ends.
unsigned long blocked_in(pid_t process, pid_t thread) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    for (;;) {
        const unsigned long mask = mask_of(process, thread, "SigBlk:");
        if (mask == 0 || std::chrono::steady_clock::now() > end) return mask;
        std::this_thread::yield();
    }
}

// O-011, O-012
TEST_F(Signals, AreNeitherBlockedNorIgnoredInAnyThread) {
#if defined(GROVE_TEST_SANITIZED)
    GTEST_SKIP() << "a sanitizer's own thread blocks them";
#endif
    const auto server = serve(kThreads);
    server->get("/");
    const pid_t master = server->program.pid();
    const pid_t worker = server->workers().at(0);
    EXPECT_EQ(blocked_in(master, master), 0U);
    EXPECT_GE(threads_of(worker, "").size(), 4U);
    for (const pid_t thread : threads_of(worker, "")) {
        EXPECT_EQ(blocked_in(worker, thread), 0U);
        EXPECT_EQ(mask_of(worker, thread, "SigIgn:"), 0U);
    }
}

// O-006
TEST_F(Signals, EndNoWorkerFromItsFirstMomentOn) {
#if defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a signal may come while the thread sanitizer holds a lock of its own: then it "
                    "waits for itself";
#endif
    const auto server = serve(kTwoHellos);
    std::jthread storm{[&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            for (const pid_t worker : server->workers()) {
                for (const int number : {SIGUSR1, SIGHUP, SIGPIPE}) ::kill(worker, number);
            }
            std::this_thread::sleep_for(20us);  // they are to have some time for their work
        }
    }};
    for (int i = 0; i < 5; ++i) reload(*server);  // would say that nothing is changed
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
}

// O-012
TEST_F(Signals, AreNeitherBlockedNorIgnoredInWhatAHandlerExecutes) {
    std::vector<std::string> command{"/usr/bin/env", "--block-signal=TERM,USR1,ALRM",
                                     "--ignore-signal=HUP,CHLD,PIPE,USR2"};
    for (std::string& word : serve_command({configuration(kThreads)}))
        command.push_back(std::move(word));
    Serving server{command, file("output")};
    for (const char* const path : {"/status", "/pool/status"})
        EXPECT_EQ(body_of(server.get(path)), "SigBlk: 0\nSigIgn: 0\n") << path;
    EXPECT_EQ(body_of(server.get("/fork")), "ended by signal 15");
    server.program.send_signal(SIGTERM);
    EXPECT_EQ(server.program.wait(), 0);
}

// A-052
TEST_F(Signals, AreAsInARequestInAFactory) {
    std::vector<std::string> command{"/usr/bin/env", "--block-signal=TERM,USR1,ALRM",
                                     "--ignore-signal=HUP,CHLD,PIPE,USR2"};
    for (std::string& word : serve_command(
             {configuration(R"("apps": [{"app": "threads", "config": {"status": true}}])")}))
        command.push_back(std::move(word));
    Serving server{command, file("output")};
    for (const char* const path : {"/status", "/factory/status"})
        EXPECT_EQ(body_of(server.get(path)), "SigBlk: 0\nSigIgn: 0\n") << path;
}

// What a signal interrupts goes on: also epoll_wait and poll, which nothing restarts.
TEST_F(Signals, InAStormOfThemAllIsServed) {
#if defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a signal may come while the thread sanitizer holds a lock of its own: then it "
                    "waits for itself";
#endif
    std::ofstream{file("page.txt")} << std::string(100'000, 'x');
    const auto server = serve(R"("workers": 1, "apps": [{"app": "hello"},
        {"mount": "/files", "app": "static", "config": {"root": "."}},
        {"mount": "/echo", "app": "echo"}])");
    std::jthread storm{[&, worker = server->workers().at(0)](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            ::kill(worker, SIGPIPE);
            server->program.send_signal(SIGPIPE);
            std::this_thread::sleep_for(20us);  // they are to have some time for their work
        }
    }};
    for (int i = 0; i < 50; ++i) {
        EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
        EXPECT_EQ(body_of(server->get("/files/page.txt")).size(), 100'000U);
        EXPECT_THAT(server->ask("POST /echo HTTP/1.1", "Content-Length: 3\r\n", "abc"),
                    HasSubstr("\"body\":\"abc\""));
    }
    reload(*server);
    storm.request_stop();
    storm.join();
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
}

// O-011
TEST_F(Signals, ReachAWorkerWhoseFactoryBlocksThemAll) {
    const auto server = serve(R"("apps": [{"app": "unruly", "config": {"deaf": 1}}])");
    const pid_t worker = server->workers().at(0);
    ::kill(worker, SIGTERM);
    EXPECT_THAT(line_with(*server, "another takes its place"),
                HasSubstr("worker " + std::to_string(worker) + " was told to end"));
}

}  // namespace
}  // namespace grove
