// deadline_line.h - connections that share one time-out, the one that joined first in front, behind one timer.
//
// A connection joins at the back and leaves from anywhere at no cost: the timer is not moved then, it finds
// out when it fires.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include <boost/intrusive/list.hpp>

#include <grove/core/detail/timer.h>
#include <grove/core/duration.h>
#include <grove/core/hub.h>

namespace grove::http {

using LineHook =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

/// T derives from LineHook and has a Timer::Instant member `since`: when it joined.
template <class T>
class DeadlineLine final : private Timer {
public:
    using Expire = std::function<void(T&)>;

    /// @param expire  for whom the time-out passes, who has left the line by then; must not throw
    DeadlineLine(Timespan timeout, Expire expire)
        : hub_{get_hub()}, timeout_{timeout}, expire_{std::move(expire)} {}
    ~DeadlineLine() override { hub_.cancel(*this); }

    void push_back(T& member) {
        // The coarse clock will do: it lags by a few milliseconds, and costs a fifth of the other.
        push_back_since(member, hub_.loop().tick());
    }
    /// The same for one that has waited elsewhere. @param since  not before that of the last here; an
    /// earlier one, as by another clock, expires with the last
    void push_back_since(T& member, Timer::Instant since) {
        line_.push_back(member);
        member.since = since;
        if (timeout_ && !armed()) hub_.arm(*this, deadline_of(member));
    }
    [[nodiscard]] bool empty() const noexcept { return line_.empty(); }
    [[nodiscard]] T& front() noexcept { return line_.front(); }
    /// When the first joined; nullopt: there is none.
    [[nodiscard]] std::optional<Timer::Instant> oldest() const noexcept {
        return line_.empty() ? std::nullopt : std::optional{line_.front().since};
    }
    [[nodiscard]] std::size_t size() const noexcept { return line_.size(); }
    [[nodiscard]] auto begin() const noexcept { return line_.begin(); }
    [[nodiscard]] auto end() const noexcept { return line_.end(); }
    [[nodiscard]] auto begin() noexcept { return line_.begin(); }
    [[nodiscard]] auto end() noexcept { return line_.end(); }

private:
    void expired() noexcept override {
        const Timer::Instant now = hub_.now();
        while (!line_.empty() && deadline_of(line_.front()) <= now) {
            T& due = line_.front();
            line_.pop_front();
            expire_(due);
        }
        if (!line_.empty() && !armed()) hub_.arm(*this, deadline_of(line_.front()));
    }

    Timer::Instant deadline_of(const T& member) const noexcept {
        return *timeout_ < Timer::Instant::max() - member.since ? member.since + *timeout_
                                                                : Timer::Instant::max();
    }

    Hub& hub_;
    Timespan timeout_;
    const Expire expire_;
    boost::intrusive::list<T, boost::intrusive::constant_time_size<false>> line_;
};

}  // namespace grove::http
