#include <grove/core/detail/heartbeat.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

#include <grove/core/detail/loop.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>

#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;

// For as long as a hub's thread is in its test.
struct Shown {
    explicit Shown(std::function<void()> asked = {}) {
        get_hub().loop().show(&heartbeat, std::move(asked));
    }
    ~Shown() { get_hub().loop().show(nullptr); }

    Heartbeat heartbeat;
};

// O-020
GREENLET_TEST(Heartbeat, TellsSinceWhenTheLoopHasNotPolled) {
    const Shown shown;
    const auto since = shown.heartbeat.busy_since();
    ASSERT_TRUE(since);
    EXPECT_LE(*since, get_hub().now());
    while (get_hub().loop().tick() == *since) {
    }
    EXPECT_EQ(shown.heartbeat.busy_since(), since) << "nothing has polled";
    sleep(1ms);
    EXPECT_GT(shown.heartbeat.busy_since().value(), *since);
}

GREENLET_TEST(Heartbeat, RestsWhileTheLoopPolls) {
    Shown shown;
    std::atomic<bool> stop = false;
    std::thread watcher{[&] {
        while (shown.heartbeat.busy_since()) std::this_thread::yield();  // the test's time limit
        stop = true;
    }};
    while (!stop) sleep(1ms);
    watcher.join();
}

// A turn's greenlets, and what descriptors tell: it is the loop that is kept from polling.
GREENLET_TEST(Heartbeat, CountsWhatDescriptorsTellAsWork) {
    struct Watch final : FdWatch {
        explicit Watch(const Heartbeat& shown) : heartbeat{shown} {}
        void on_events(std::uint32_t) noexcept override { busy = heartbeat.busy_since(); }
        const Heartbeat& heartbeat;
        std::optional<Timer::Instant> busy;
    };
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const Shown shown;
    Watch watch{shown.heartbeat};
    get_hub().loop().add(ends[0], watch);
    ASSERT_EQ(::write(ends[1], "x", 1), 1);
    while (!watch.busy) sleep(1ms);
    get_hub().loop().forget(ends[0], watch);
    ::close(ends[0]);
    ::close(ends[1]);
}

GREENLET_TEST(Heartbeat, TellsWhoAskedOnceWhenTheThreadGoesOn) {
    std::atomic<int> told = 0;
    Shown shown{[&told] { ++told; }};
    EXPECT_FALSE(shown.heartbeat.ask()) << "it is busy";
    std::atomic<bool> asked = false;
    std::thread watcher{[&] {
        while (!shown.heartbeat.ask()) std::this_thread::yield();
        EXPECT_FALSE(shown.heartbeat.busy_since() && told == 0);
        asked = true;
    }};
    while (!asked || told == 0) sleep(1ms);
    for (int i = 0; i < 3; ++i) sleep(1ms);
    EXPECT_EQ(told, 1);
    watcher.join();
}

GREENLET_TEST(Heartbeat, ShowsAThreadAtRestWhenItIsShownNoMore) {
    Heartbeat heartbeat;
    get_hub().loop().show(&heartbeat);
    EXPECT_TRUE(heartbeat.busy_since());
    get_hub().loop().show(nullptr);
    EXPECT_FALSE(heartbeat.busy_since());
    sleep(1ms);
    EXPECT_FALSE(heartbeat.busy_since());
}

}  // namespace
}  // namespace grove
