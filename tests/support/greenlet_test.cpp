#include "greenlet_test.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include <grove/core/greenlet.h>
#include <grove/core/hub.h>

#include "fake_clock.h"

namespace grove::test {
namespace {

constexpr std::chrono::seconds kTimeLimit{60};

std::size_t open_descriptors() {
    const std::filesystem::directory_iterator entries{"/proc/self/fd"};
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

void run_and_check_greenlets(const std::function<void()>& body, const HubOptions& options) {
    Hub& hub = options.fake_clock ? make_hub(std::make_unique<FakeClock>()) : get_hub();
    try {
        body();
    } catch (const std::exception& error) {
        ADD_FAILURE() << "the body threw " << error.what();
    } catch (...) {
        ADD_FAILURE() << "the body threw something that is no std::exception";
    }
    if (options.may_leave_greenlets) return;
    // Those that were killed or woken last may need a turn or two to end.
    for (int turns = 0; turns < 10 && hub.greenlet_count() != 0; ++turns) sleep();
    EXPECT_EQ(hub.greenlet_count(), 0U) << "greenlets were left behind";
}

}  // namespace

void run_in_fresh_hub(const std::function<void()>& body, const HubOptions& options) {
    const std::size_t descriptors = open_descriptors();
    std::packaged_task<void()> task{[&] { run_and_check_greenlets(body, options); }};
    std::future<void> done = task.get_future();
    std::thread thread{std::move(task)};
    if (done.wait_for(kTimeLimit + options.more_time) != std::future_status::ready) {
        std::fprintf(stderr, "the test did not end within its time\n");
        std::abort();
    }
    thread.join();
    EXPECT_EQ(open_descriptors(), descriptors) << "descriptors were left open";
}

void ignore_reports() {
    get_hub().set_error_handler([](const std::string&, std::exception_ptr) {});
}

}  // namespace grove::test
