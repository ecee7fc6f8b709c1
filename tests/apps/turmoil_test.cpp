// The built binary under load while all that can happen to it happens: reloads, signals, killed and blocked
// workers, and readers of its logs that come and go.
//
// Labelled soak: tests/apps/soak.sh runs it, for a minute; GROVE_SOAK_SECONDS says how long else.
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <grove/core/file_descriptor.h>

#include "sanitized.h"
#include "supervised.h"

namespace grove {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

std::chrono::seconds length_of_the_soak() {
    const char* const seconds = std::getenv("GROVE_SOAK_SECONDS");
    return std::chrono::seconds{seconds != nullptr ? std::stol(seconds) : 60};
}

/// Threads that ask who answers, on connections that stay and on ones that do not.
class Clients {
public:
    struct Failure {
        int client;
        pid_t worker;  // which had answered on that connection; 0: none yet
        std::string what;
    };

    Clients(std::uint16_t port, int count) : port_{port} {
        for (int i = 0; i < count; ++i) threads_.emplace_back([this, i] { run(i, i % 2 == 0); });
    }
    ~Clients() { stop(); }
    Clients(const Clients&) = delete;
    Clients& operator=(const Clients&) = delete;

    void stop() {
        stopping_ = true;
        for (std::thread& thread : threads_) {
            if (thread.joinable()) thread.join();
        }
    }
    [[nodiscard]] std::uint64_t answers() const { return answers_; }
    [[nodiscard]] std::vector<Failure> failures() const {
        const std::lock_guard lock{mutex_};
        return failures_;
    }
    /// One that answered lately.
    [[nodiscard]] pid_t some_worker() const { return latest_; }

private:
    void run(int client, bool keep_alive) {
        while (!stopping_) {
            pid_t worker = 0;
            try {
                const PlainClient connection{port_};
                do {
                    worker = ask(connection, keep_alive);
                } while (worker != 0 && keep_alive && !stopping_);
            } catch (const std::exception& error) {
                fail({client, worker, error.what()});
            }
        }
    }

    // @return who answered; 0: he will not answer again on this connection
    pid_t ask(const PlainClient& connection, bool keep_alive) {
        connection.send(std::string{"GET /pid HTTP/1.1\r\nHost: x\r\n"} +
                        (keep_alive ? "\r\n" : "Connection: close\r\n\r\n"));
        const std::string answer = connection.read_until(".\n");
        if (!answer.starts_with("HTTP/1.1 200 OK\r\n") || !answer.ends_with(".\n"))
            throw std::runtime_error{"got '" + answer + "'"};
        const auto worker =
            static_cast<pid_t>(std::stol(answer.substr(answer.rfind("worker ") + 7)));
        ++answers_;
        latest_ = worker;
        return answer.find("Connection: close") == answer.npos ? worker : 0;
    }

    void fail(Failure failure) {
        const std::lock_guard lock{mutex_};
        failures_.push_back(std::move(failure));
    }

    const std::uint16_t port_;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::uint64_t> answers_ = 0;
    std::atomic<pid_t> latest_ = 0;
    mutable std::mutex mutex_;
    std::vector<Failure> failures_;
    std::vector<std::thread> threads_;
};

/// Reads a FIFO for a while, is away for a while, and so on.
class FickleReader {
public:
    explicit FickleReader(std::string path) : path_{std::move(path)}, thread_{[this] { run(); }} {}
    ~FickleReader() {
        stopping_ = true;
        thread_.join();
    }
    FickleReader(const FickleReader&) = delete;
    FickleReader& operator=(const FickleReader&) = delete;

    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

private:
    void run() {
        while (!stopping_) {
            const FileDescriptor fifo{::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
            const auto until = steady_clock::now() + 2s;
            while (!stopping_ && steady_clock::now() < until) read_some(fifo.get());
            if (!stopping_) std::this_thread::sleep_for(700ms);  // nobody reads: that is the point
        }
    }

    void read_some(int fd) {
        pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
        ::poll(&ready, 1, 50);
        char text[65536];
        const ssize_t got = ::read(fd, text, sizeof text);
        if (got > 0) bytes_ += static_cast<std::uint64_t>(got);
        if (got <= 0) std::this_thread::sleep_for(20ms);  // without a writer poll() returns at once
    }

    const std::string path_;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::uint64_t> bytes_ = 0;
    std::thread thread_;
};

std::size_t descriptors_of(pid_t pid) {
    const std::filesystem::directory_iterator all{"/proc/" + std::to_string(pid) + "/fd"};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

class Turmoil : public Supervised {
protected:
    // Keeps the thread of a worker for good. @return which
    pid_t block_a_worker(const Serving& server) {
        blocked_.push_back(std::make_unique<PlainClient>(server.port));
        blocked_.back()->send("GET /pid HTTP/1.1\r\nHost: x\r\n\r\n");
        const std::string answer = blocked_.back()->read_until(".\n");
        blocked_.back()->send("GET /block/loop HTTP/1.1\r\nHost: x\r\n\r\n");
        return static_cast<pid_t>(std::stol(answer.substr(answer.rfind("worker ") + 7)));
    }

    // Its two workers are there and nobody else.
    static void settle(const Serving& server) {
        const auto limit = steady_clock::now() + 20s;
        std::vector<pid_t> children;
        do {
            ASSERT_LT(steady_clock::now(), limit) << "its children do not become two";
            std::this_thread::sleep_for(50ms);
            children = server.workers();
        } while (children.size() != 2);
    }

    std::vector<std::unique_ptr<PlainClient>> blocked_;
};

// Issue H: no request fails but those of killed workers, and nothing is left over.
TEST_F(Turmoil, FailsNoRequestButThoseOfKilledWorkersAndLeavesNothingOver) {
    constexpr int kClients = 6;
    log_ = file("error.fifo");
    for (const char* name : {"error.fifo", "access.fifo"})
        ASSERT_EQ(::mkfifo(file(name).c_str(), 0600), 0);
    const std::string configured = configuration(
        R"("workers": 2, "apps": [{"app": "unruly"}, {"app": "blocker", "mount": "/block"}],
           "timeouts": {"worker": 1, "shutdown": 5}, "admin": "unix:admin.sock")");
    {
        std::ifstream in{configured};
        std::string text{std::istreambuf_iterator<char>{in}, {}};
        const std::string off = R"("access": "off")";
        text.replace(text.find(off), off.size(),
                     R"("blocking": 0.2, "access": ")" + file("access.fifo") + '"');
        std::ofstream{configured} << text;
    }
    const FickleReader errors{file("error.fifo")};
    const FickleReader accesses{file("access.fifo")};
    Serving server{serve_command({configured}), file("output")};
    const pid_t master = server.program.pid();
    std::set<pid_t> lost;  // of which requests may have failed
    int events = 0;
    const auto until_answered = [&](const Clients& clients) {
        const std::uint64_t then = clients.answers();
        const auto limit = steady_clock::now() + 20s;
        while (clients.answers() < then + 200 && steady_clock::now() < limit)
            std::this_thread::sleep_for(10ms);
        ASSERT_GE(clients.answers(), then + 200) << "nobody is answered after event " << events;
    };
    std::size_t descriptors = 0;
    long memory = 0;
    std::uint64_t answers = 0;
    std::vector<Clients::Failure> failures;
    {
        Clients clients{server.port, kClients};
        const auto end = steady_clock::now() + length_of_the_soak();
        for (int round = 0; steady_clock::now() < end; ++round) {
            ASSERT_NO_FATAL_FAILURE(until_answered(clients));
            ++events;
            switch (round % 5) {
                case 0:
                    server.program.send_signal(SIGUSR1);
                    break;
                case 1:
                    server.program.send_signal(SIGUSR2);
                    break;
                case 2:
                    server.program.send_signal(SIGHUP);
                    break;
                case 3: {
                    const pid_t worker = clients.some_worker();
                    lost.insert(worker);
                    ::kill(worker, SIGKILL);
                    break;
                }
                default:
                    try {
                        lost.insert(block_a_worker(server));
                    } catch (const std::exception&) {
                        --events;  // it was a worker that has just been killed
                    }
            }
            std::this_thread::sleep_for(1500ms);  // under load, which is what this is about
            if (round == 9) {                     // each has happened twice
                settle(server);
                descriptors = descriptors_of(master);
                memory = resident_kib(master);
            }
        }
        clients.stop();
        answers = clients.answers();
        failures = clients.failures();
    }
    blocked_.clear();

    std::map<int, std::size_t> by_client;
    for (const Clients::Failure& failure : failures) {
        ++by_client[failure.client];
        if (failure.worker == 0) continue;
        EXPECT_TRUE(lost.contains(failure.worker)) << failure.worker << ": " << failure.what;
    }
    for (const auto& [client, count] : by_client)
        EXPECT_LE(count, lost.size()) << "of client " << client;
    ASSERT_NO_FATAL_FAILURE(settle(server));
    const auto workers = server.workers();
    std::cout << answers << " answers, " << failures.size() << " failures with " << lost.size()
              << " lost workers, " << events << " events; descriptors of the master " << descriptors
              << " and " << descriptors_of(master) << ", resident " << memory << " and "
              << resident_kib(master) << " KiB; log bytes " << errors.bytes() << " and "
              << accesses.bytes() << '\n';
    EXPECT_LE(descriptors_of(master), descriptors);
    EXPECT_EQ(descriptors_of(workers[0]), descriptors_of(workers[1]));
#if !defined(GROVE_TEST_SANITIZED)
    EXPECT_LT(resident_kib(master) - memory, 2048);
#endif
    EXPECT_GT(errors.bytes(), 0U);
    EXPECT_GT(accesses.bytes(), 0U);

    server.program.send_signal(SIGTERM);
    EXPECT_EQ(server.program.wait(), 0);
    for (const pid_t worker : workers) EXPECT_FALSE(alive(worker));
}

}  // namespace
}  // namespace grove
