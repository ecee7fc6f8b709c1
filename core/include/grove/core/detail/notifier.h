// notifier.h - who waits for one piece of news: greenlets and raw links in one line, told in order.
//
// What Event, AsyncResult and the like are made of. Thread: its hub's.
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

/// Must outlive the greenlets that wait (asserted); links go with it. Whoever is told may destroy
/// it.
class GROVE_EXPORT Notifier {
public:
    /// @param subject what is waited for, a literal: "an Event"
    explicit Notifier(const char* subject);
    ~Notifier();
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;

    /// Tells all who wait now: greenlets and links get their turns in order of arrival. Never
    /// switches.
    void tell() noexcept;
    /// Blocks until the next tell(), at most `timeout`.
    /// @return false: the time passed; in the hub, 0 or less is answered at once
    bool wait(Timespan timeout);
    /// Lets those run whom the last tell() woke and who have not run yet.
    void let_the_told_run();

    /// Has `link` called once, in the hub: at the next tell(), or in the next round if `now`. What
    /// it throws is reported.
    LinkId rawlink(std::function<void()> link, bool now);
    void unlink(LinkId id) noexcept;  ///< Unknown or used ids: no effect.

    /// @throws std::logic_error naming `call` on any thread but the hub's
    void check_thread(const char* call) const;
    /// Greenlets and links that wait: for tests and tools.
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
