// blocking_monitor.h - tells which greenlet keeps its hub from running others (gevent's monitor
// thread).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>

namespace grove {

/// When a BlockingMonitor reports, and to whom.
struct BlockingMonitorOptions {
    Duration limit = std::chrono::milliseconds{100};  ///< So long without a switch is reported.
    Duration interval = std::chrono::seconds{1};      ///< Reports are at least this far apart.
    /// Called in the monitor's thread, with "Greenlet-7 (id 7) has kept its hub for 120 ms". By
    /// default, the report is a line on standard error.
    std::function<void(const std::string& message)> report{};
};

/// A thread that watches the hub of the thread that made it; switches cost no more because of it.
/// It must be destroyed in that thread, before the hub ends (asserted). A hub has at most one
/// monitor.
class GROVE_EXPORT BlockingMonitor {
public:
    /// @throws std::logic_error if the hub has a monitor already
    explicit BlockingMonitor(BlockingMonitorOptions options = {});
    ~BlockingMonitor();
    BlockingMonitor(const BlockingMonitor&) = delete;
    BlockingMonitor& operator=(const BlockingMonitor&) = delete;

    [[nodiscard]] std::uint64_t reports() const noexcept;  ///< Reports made so far. Any thread.

private:
    class Watcher;
    std::unique_ptr<Watcher> watcher_;
};

}  // namespace grove
