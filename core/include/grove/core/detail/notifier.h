// notifier.h - greenlets and raw links that wait for one event, in one line, told in order.
//
// Event, AsyncResult and others are made of it. Thread: its hub's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/core/detail/wait_list.h>
#include <grove/core/duration.h>

namespace grove {

class Hub;
using LinkId = std::uint64_t;

/// A line of greenlets and links that are told together. It must outlive the greenlets that wait
/// (asserted); links are dropped with it. A greenlet or link that is told may destroy it.
class GROVE_EXPORT Notifier {
public:
    /// @param subject the thing that is waited for, a literal: "an Event"
    explicit Notifier(const char* subject);
    ~Notifier();
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;

    /// Tells all who wait now: greenlets and links get their turns in order of arrival. Never
    /// switches.
    void tell() noexcept;
    /// Blocks until the next tell(), at most `timeout`. In the hub, a timeout of 0 or less returns
    /// at once.
    /// @return false: `timeout` passed first
    bool wait(Timespan timeout);
    /// Lets all that the last tell() told have their turn: switches unless they had. In the hub: no
    /// effect.
    void let_the_told_run();

    /// Calls `link` once, in the hub: at the next tell(), or in the next round if `now`. What
    /// `link` throws is reported.
    LinkId rawlink(std::function<void()> link, bool now);
    void unlink(LinkId id) noexcept;  ///< Unknown or used ids: no effect.

    /// @throws std::logic_error naming `call` on any thread but the hub's
    void check_thread(const char* call) const;
    /// How many greenlets and links wait: for tests and tools.
    [[nodiscard]] std::size_t waiting() const noexcept { return line_.size(); }

private:
    class Link;

    Hub& hub_;
    const char* subject_;
    WaitList line_;
    std::uint64_t told_turn_ = 0;  // of the greenlet or link that tell() told last
    std::vector<std::unique_ptr<Link>> links_;
};

}  // namespace grove
