// Five greenlets of a plugin end before it does, under load, at one reload and stop after the other.
//
// GROVE_ENDINGS says how often, else ten times; alone: ctest -L endings.
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <poll.h>

#include "supervised.h"

namespace grove {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::UnorderedElementsAre;

int endings() {
    const char* const count = std::getenv("GROVE_ENDINGS");
    return count != nullptr ? std::stoi(count) : 10;
}

/// Threads that ask, each time on a connection of its own, and note every answer that is not whole.
class Askers {
public:
    Askers(const Serving& server, int count) : server_{server} {
        for (int i = 0; i < count; ++i) {
            threads_.emplace_back([this] {
                while (!stopping_) ask();
            });
        }
    }
    ~Askers() { stop(); }
    Askers(const Askers&) = delete;
    Askers& operator=(const Askers&) = delete;

    void stop() {
        stopping_ = true;
        for (std::thread& thread : threads_) {
            if (thread.joinable()) thread.join();
        }
    }
    /// From now on a connection may be refused, or end without an answer.
    void server_ends() { ending_ = true; }
    /// Until so many more are answered. @return false: not within half a minute
    [[nodiscard]] bool wait_for(int more) const {
        const int wanted = answers_ + more;
        for (int tries = 0; answers_ < wanted && tries < 30'000; ++tries) ::poll(nullptr, 0, 1);
        return answers_ >= wanted;
    }
    [[nodiscard]] std::vector<std::string> failures() const {
        const std::lock_guard lock{mutex_};
        return failures_;
    }

private:
    void ask() {
        std::string answer;
        try {
            answer = server_.get("/put");
        } catch (const std::exception& error) {
            if (ending_) {
                stopping_ = true;
                return;
            }
            answer = error.what();
        }
        if (answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("sum\n")) {
            ++answers_;
        } else if (!ending_ || !answer.empty()) {
            const std::lock_guard lock{mutex_};
            failures_.push_back(answer);
        }
    }

    const Serving& server_;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> ending_ = false;
    std::atomic<int> answers_ = 0;
    mutable std::mutex mutex_;
    std::vector<std::string> failures_;
    std::vector<std::thread> threads_;
};

class BackgroundLoad : public Supervised {
protected:
    std::unique_ptr<Serving> serve_five() const {
        return serve(R"("apps": [{"app": "background", "config": {"five": 1}}])");
    }
    /// What has ended in each worker, in its order.
    std::map<pid_t, std::vector<std::string>> notes() const {
        std::map<pid_t, std::vector<std::string>> all;
        std::ifstream file{this->file("notes")};
        pid_t of = 0;
        for (std::string word; file >> of >> word;) all[of].push_back(word);
        return all;
    }
    /// In each of so many workers the five have ended, then their application.
    void expect_five_before_their_application(std::size_t workers) const {
        const auto all = notes();
        EXPECT_THAT(all, SizeIs(workers));
        for (auto [pid, words] : all) {
            ASSERT_THAT(words, SizeIs(6)) << pid;
            EXPECT_EQ(words.back(), "jobs") << pid;
            words.pop_back();
            EXPECT_THAT(words,
                        UnorderedElementsAre("reader", "ticker", "waiter", "writer", "closer"))
                << pid;
        }
    }
    /// Reads on to `text`: no line up to there is one of a failure.
    static void pass_to(Serving& server, const std::string& text) {
        std::string line;
        do {
            line = server.program.read_error_line();
            EXPECT_THAT(line, Not(AnyOf(HasSubstr(" error ["), HasSubstr("ended with exit code"),
                                        HasSubstr("was ended by signal"), HasSubstr("Sanitizer"))));
        } while (line.find(text) == line.npos);
    }
};

TEST_F(BackgroundLoad, EndsBeforeItsApplicationAtEveryReload) {  // A-050
    const auto server = serve_five();
    Askers askers{*server, 3};
    for (int round = 0; round < endings(); ++round) {
        ASSERT_TRUE(askers.wait_for(20)) << round;
        server->program.send_signal(SIGHUP);
        pass_to(*server, "reload: 5 greenlets that applications began are killed");
    }
    askers.stop();
    EXPECT_THAT(askers.failures(), IsEmpty());

    server->program.send_signal(SIGTERM);

    pass_to(*server, "stop: 5 greenlets that applications began are killed");
    EXPECT_EQ(server->program.wait(), 0);
    expect_five_before_their_application(static_cast<std::size_t>(endings()) + 1);
}

TEST_F(BackgroundLoad, EndsBeforeItsApplicationAtEveryStop) {  // A-050
    for (int round = 0; round < endings(); ++round) {
        const auto server = serve_five();
        Askers askers{*server, 3};
        ASSERT_TRUE(askers.wait_for(20)) << round;
        askers.server_ends();

        server->program.send_signal(SIGTERM);

        pass_to(*server, "stop: 5 greenlets that applications began are killed");
        EXPECT_EQ(server->program.wait(), 0) << round;
        askers.stop();
        EXPECT_THAT(askers.failures(), IsEmpty()) << round;
    }
    expect_five_before_their_application(static_cast<std::size_t>(endings()));
}

}  // namespace
}  // namespace grove
