#include <grove/core/blocking_monitor.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include <grove/core/detail/assert.h>
#include <grove/core/hub.h>

#include "error_report.h"
#include "hub_access.h"

namespace grove {

using Clock = std::chrono::steady_clock;

class BlockingMonitor::Watcher {
public:
    Watcher(Hub& hub, BlockingMonitorOptions options)
        : hub_{hub}, options_{std::move(options)}, thread_{[this] { watch(); }} {}
    ~Watcher() {
        {
            const std::lock_guard lock{mutex_};
            stop_ = true;
        }
        stopped_.notify_all();
        thread_.join();
    }
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;

    [[nodiscard]] Hub& hub() const noexcept { return hub_; }
    [[nodiscard]] std::uint64_t reports() const noexcept { return reports_; }

private:
    void watch() {
        const auto period = std::max<Duration>(options_.limit / 4, std::chrono::milliseconds{1});
        HubAccess::Pulse last{};
        auto since = Clock::now();
        auto next_report = since;
        std::unique_lock lock{mutex_};
        while (!stopped_.wait_for(lock, period, [this] { return stop_; })) {
            const HubAccess::Pulse pulse = HubAccess::pulse(hub_);
            const auto time = Clock::now();
            if (pulse != last || pulse.polling) {
                last = pulse;
                since = time;
            } else if (time - since >= options_.limit && time >= next_report) {
                if (report(time - since)) next_report = time + options_.interval;
            }
        }
    }

    bool report(Duration kept) {
        const std::string name = HubAccess::name_of_running(hub_);
        if (name.empty()) return false;  // it switched just now
        const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(kept);
        const std::string message =
            name + " has kept its hub for " + std::to_string(milliseconds.count()) + " ms";
        if (options_.report) {
            options_.report(message);
        } else {
            report_error(message, nullptr);
        }
        ++reports_;  // last: who reads the count finds the report made
        return true;
    }

    Hub& hub_;
    BlockingMonitorOptions options_;
    std::atomic<std::uint64_t> reports_ = 0;
    std::mutex mutex_;
    std::condition_variable stopped_;
    bool stop_ = false;
    std::thread thread_;
};

BlockingMonitor::BlockingMonitor(BlockingMonitorOptions options) {
    Hub& hub = get_hub();
    HubAccess::set_monitored(hub, true);
    watcher_ = std::make_unique<Watcher>(hub, std::move(options));
}

BlockingMonitor::~BlockingMonitor() {
    Hub& hub = watcher_->hub();
    GROVE_ASSERT(&hub == HubAccess::existing(),
                 "a BlockingMonitor was destroyed outside its hub's thread");
    watcher_.reset();
    HubAccess::set_monitored(hub, false);
}

std::uint64_t BlockingMonitor::reports() const noexcept { return watcher_->reports(); }

}  // namespace grove
