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

/// When a BlockingMonitor speaks, and to whom.
struct BlockingMonitorOptions {
    Duration limit = std::chrono::milliseconds{100};  ///< Longer than this without a switch.
    Duration interval = std::chrono::seconds{1};      ///< Reports are at least so far apart.
    /// Called in the monitor's thread, with "Greenlet-7 (id 7) has kept its hub for 120 ms";
    /// default: a line on standard error.
    std::function<void(const std::string& message)> report{};
};

/// A thread that watches the hub of the thread that makes it. A switch costs no more for it. To be
/// destroyed there too, before the hub goes (asserted). One a hub.
class GROVE_EXPORT BlockingMonitor {
public:
    /// @throws std::logic_error if the hub has one
    explicit BlockingMonitor(BlockingMonitorOptions options = {});
    ~BlockingMonitor();
    BlockingMonitor(const BlockingMonitor&) = delete;
    BlockingMonitor& operator=(const BlockingMonitor&) = delete;

    [[nodiscard]] std::uint64_t reports() const noexcept;  ///< Made so far. Any thread.

private:
    class Watcher;
    std::unique_ptr<Watcher> watcher_;
};

}  // namespace grove
