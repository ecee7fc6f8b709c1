// deadline_line.h - connections that share one time-out, oldest first, behind one timer.
//
// A connection joins at the back and leaves from anywhere at no cost: the timer is not moved then, it finds
// out when it fires.
#pragma once

#include <boost/intrusive/list.hpp>

#include <grove/core/duration.h>
#include <grove/core/hub.h>
#include <grove/core/timer.h>

namespace grove::http {

using LineHook =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

/// T derives from LineHook and has a Timer::Instant member `deadline`.
template <class T>
class DeadlineLine final : private Timer {
public:
    using Expire = void (*)(T&);

    DeadlineLine(Timespan timeout, Expire expire)
        : hub_{get_hub()}, timeout_{timeout}, expire_{expire} {}
    ~DeadlineLine() override { hub_.cancel(*this); }

    void push_back(T& member) {
        line_.push_back(member);
        if (!timeout_) return;
        // The coarse clock will do: it lags by a few milliseconds, and costs a fifth of the other.
        member.deadline = saturated(hub_.loop().tick(), *timeout_);
        if (!armed()) hub_.arm(*this, member.deadline);
    }
    [[nodiscard]] bool empty() const noexcept { return line_.empty(); }
    [[nodiscard]] T& front() noexcept { return line_.front(); }
    [[nodiscard]] std::size_t size() const noexcept { return line_.size(); }
    [[nodiscard]] auto begin() const noexcept { return line_.begin(); }
    [[nodiscard]] auto end() const noexcept { return line_.end(); }

private:
    void expired() noexcept override {
        const Timer::Instant now = hub_.now();
        while (!line_.empty() && line_.front().deadline <= now) {
            T& due = line_.front();
            line_.pop_front();
            expire_(due);
        }
        if (!line_.empty() && !armed()) hub_.arm(*this, line_.front().deadline);
    }

    static Timer::Instant saturated(Timer::Instant from, Duration timeout) noexcept {
        return timeout < Timer::Instant::max() - from ? from + timeout : Timer::Instant::max();
    }

    Hub& hub_;
    Timespan timeout_;
    Expire expire_;
    boost::intrusive::list<T, boost::intrusive::constant_time_size<false>> line_;
};

}  // namespace grove::http
