#include "lookups.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <semaphore>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/errors.h>
#include <grove/core/greenlet.h>
#include <grove/core/wait.h>

#include "connect_race.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

/// Names that are found when the test says so.
class SlowNames {
public:
    FoundAddresses find(const std::string& host) {
        std::unique_lock lock{mutex_};
        hosts_.push_back(host);
        most_ = std::max(most_, ++now_);
        begun_.release();
        changed_.wait(lock, [this] { return open_; });
        --now_;
        return {.addresses = {Address::ip("127.0.0.1", 0)}};
    }
    /// Blocks the thread until one more look-up has begun.
    void wait_for_one() { begun_.acquire(); }
    void open() {
        const std::lock_guard lock{mutex_};
        open_ = true;
        changed_.notify_all();
    }
    [[nodiscard]] std::size_t most() {
        const std::lock_guard lock{mutex_};
        return most_;
    }
    [[nodiscard]] std::vector<std::string> hosts() {
        const std::lock_guard lock{mutex_};
        return hosts_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::counting_semaphore<> begun_{0};
    std::vector<std::string> hosts_;
    std::size_t now_ = 0;
    std::size_t most_ = 0;
    bool open_ = false;
};

class LookupsTest : public testing::Test {
protected:
    ~LookupsTest() override {
        names.open();
        for (std::thread& thread : threads) thread.join();
    }

    auto ask(const std::string& host, Timespan timeout = 20s) {
        auto asking = spawn(
            [this, host, timeout] { return lookups.wait_for(host, timeout).addresses.size(); });
        sleep();
        return asking;
    }

    SlowNames names;
    int refusals = 0;  // of threads
    std::vector<std::thread> threads;
    Lookups lookups{[this](const std::string& host) { return names.find(host); },
                    [this](std::function<void()> function) {
                        if (refusals-- > 0)
                            throw std::system_error{EAGAIN, std::generic_category(), "no thread"};
                        threads.emplace_back(std::move(function));
                    }};
};

// C-012
TEST_F(LookupsTest, TakeSixteenThreadsForAThousandNames) {
    std::vector<Greenlet<std::size_t>> asking;
    for (int i = 0; i < 1000; ++i) asking.push_back(ask("host" + std::to_string(i)));
    for (std::size_t i = 0; i < Lookups::kMostThreads; ++i) names.wait_for_one();
    EXPECT_EQ(threads.size(), Lookups::kMostThreads);
    names.open();
    for (auto& one : asking) EXPECT_EQ(one.get(true, 20s), 1U);
    EXPECT_EQ(names.most(), Lookups::kMostThreads);
    EXPECT_EQ(names.hosts().size(), 1000U);
}

// C-012
TEST_F(LookupsTest, OfOneNameAreOneAndResultsAreNotKept) {
    auto first = ask("a.test");
    auto second = ask("a.test");
    names.wait_for_one();
    auto third = ask("a.test");
    names.open();
    for (const auto& one : {first, second, third}) EXPECT_EQ(one.get(true, 20s), 1U);
    EXPECT_THAT(names.hosts(), ElementsAre("a.test"));
    EXPECT_EQ(ask("a.test").get(true, 20s), 1U);
    EXPECT_THAT(names.hosts(), ElementsAre("a.test", "a.test"));
}

// C-012
TEST_F(LookupsTest, GoOnForOthersWhenAWaiterIsKilled) {
    auto killed = ask("a.test");
    auto other = ask("a.test");
    names.wait_for_one();
    killed.kill();
    EXPECT_FALSE(killed.returned());
    names.open();
    EXPECT_EQ(other.get(true, 20s), 1U);
}

// C-012
TEST_F(LookupsTest, HaveTheirOwnTimeoutsInTheLineAndAreNotBegunForNobody) {
    std::vector<Greenlet<std::size_t>> asking;
    for (std::size_t i = 0; i < Lookups::kMostThreads; ++i)
        asking.push_back(ask("host" + std::to_string(i)));
    EXPECT_THROW(lookups.wait_for("late.test", 5ms), SocketTimeout);
    auto last = ask("last.test");
    names.open();
    EXPECT_EQ(last.get(true, 20s), 1U);
    for (auto& one : asking) EXPECT_EQ(one.get(true, 20s), 1U);
    EXPECT_THAT(names.hosts(), ::testing::Not(::testing::Contains("late.test")));
}

// C-012
TEST_F(LookupsTest, WaitForAThreadThatCannotBeStarted) {
    refusals = 3;
    names.open();
    EXPECT_EQ(lookups.wait_for("a.test", 20s).addresses.size(), 1U);
    EXPECT_LT(refusals, 0);
}

std::vector<std::string> mixed(const std::vector<std::string>& hosts) {
    std::vector<Address> addresses;
    for (const std::string& host : hosts) addresses.push_back(Address::ip(host, 1));
    std::vector<std::string> names;
    for (const Address& address : by_turns(addresses)) names.push_back(address.host());
    return names;
}

// C-011
TEST(ConnectRace, TakesAddressesOfBothFamiliesByTurns) {
    EXPECT_THAT(mixed({"::1", "::2", "::3", "10.0.0.1"}),
                ElementsAre("::1", "10.0.0.1", "::2", "::3"));
    EXPECT_THAT(mixed({"10.0.0.1", "10.0.0.2", "::1"}), ElementsAre("10.0.0.1", "::1", "10.0.0.2"));
    EXPECT_THAT(mixed({}), ElementsAre());
}

}  // namespace
}  // namespace grove
