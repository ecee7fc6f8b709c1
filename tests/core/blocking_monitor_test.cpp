#include <grove/core/blocking_monitor.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/greenlet.h>

#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;

// Keeps the thread until the monitor has said so.
void hog_until_reported(const BlockingMonitor& monitor, std::uint64_t reports) {
    while (monitor.reports() < reports) std::this_thread::yield();
}

GREENLET_TEST(BlockingMonitor, NamesTheGreenletThatKeepsItsHub) {
    std::mutex mutex;
    std::vector<std::string> messages;
    BlockingMonitor monitor{{.limit = 4ms, .interval = 1ms, .report = [&](const std::string& text) {
                                 const std::lock_guard lock{mutex};
                                 messages.push_back(text);
                             }}};
    EXPECT_THROW(BlockingMonitor{}, std::logic_error);
    // Keeps the thread until a report names it so; the test's time limit is the bound.
    const auto hog_until = [&](const std::string& words) {
        for (bool told = false; !told; std::this_thread::yield()) {
            const std::lock_guard lock{mutex};
            for (const std::string& message : messages)
                told = told || message.find(words) != std::string::npos;
        }
    };

    auto hog = spawn({.name = "hog"}, [&] {
        hog_until("hog (id " + std::to_string(getcurrent().id()) + ") has kept");
    });
    hog.join();
    auto renamed = spawn([&] {
        getcurrent().set_name("another");
        hog_until("another (id ");
    });
    renamed.join();

    const std::lock_guard lock{mutex};
    EXPECT_THAT(messages, Contains(HasSubstr("hog (id ")));  // not alone: all is slow under TSan
    EXPECT_THAT(messages, Contains(HasSubstr("another (id ")));
}

GREENLET_TEST(BlockingMonitor, IsSilentWhileGreenletsSwitchOrSleep) {
    const BlockingMonitor monitor{{.limit = 200ms, .interval = 1ms}};
    auto yields = spawn([] {
        for (int i = 0; i < 10'000; ++i) sleep();
    });
    yields.join();
    sleep(450ms);
    EXPECT_EQ(monitor.reports(), 0U);
}

GREENLET_TEST(BlockingMonitor, ReportsOnceAnInterval) {
    std::atomic<int> reports = 0;
    const BlockingMonitor monitor{
        {.limit = 2ms, .interval = 1h, .report = [&](const std::string&) { ++reports; }}};
    hog_until_reported(monitor, 1);
    const auto until = std::chrono::steady_clock::now() + 20ms;
    while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
    EXPECT_EQ(reports, 1);
}

// Greenlets end and rename themselves under the monitor's eyes: a matter for the sanitizers.
GREENLET_TEST(BlockingMonitor, ReadsNamesOnlyOfTheLiving) {
    const BlockingMonitor monitor{
        {.limit = 0ms, .interval = 0ms, .report = [](const std::string&) {}}};
    const auto until = std::chrono::steady_clock::now() + 100ms;
    while (std::chrono::steady_clock::now() < until) {
        auto brief = spawn({.name = "a name that is long enough to be allocated"}, [] {
            getcurrent().set_name("another name that is long enough to be allocated");
        });
        brief.join();
    }
}

}  // namespace
}  // namespace grove
