// ws_senders.h - greenlets that send to a WebSocket which has no room: they stand in line, first come, first served.
#pragma once

#include <boost/intrusive/list.hpp>

#include <grove/core/duration.h>
#include <grove/core/event.h>

#include "deadline_line.h"

namespace grove::http {

class WsSenders {
private:
    struct Waiting : LineHook {
        Event told;
    };

public:
    /// The running greenlet's, until it dies: it is not lost by a wait that ends without room.
    class Place {
    public:
        explicit Place(WsSenders& senders) : senders_{senders} {
            senders.line_.push_back(waiting_);
        }
        ~Place() {
            waiting_.unlink();
            senders_.tell_first();
        }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

        [[nodiscard]] bool is_first() const noexcept {
            return &senders_.line_.front() == &waiting_;
        }
        /// What was told before does not end wait().
        void forget_what_was_told() noexcept { waiting_.told.clear(); }
        /// @return false: `time` passed first
        bool wait(Timespan time) { return waiting_.told.wait(time); }

    private:
        WsSenders& senders_;
        Waiting waiting_;
    };

    WsSenders() = default;
    WsSenders(const WsSenders&) = delete;
    WsSenders& operator=(const WsSenders&) = delete;

    [[nodiscard]] bool empty() const noexcept { return line_.empty(); }
    /// There may be room: the first looks again.
    void tell_first() {
        if (!line_.empty()) line_.front().told.set();
    }
    /// It is closed.
    void tell_all() {
        for (Waiting& each : line_) each.told.set();
    }

private:
    boost::intrusive::list<Waiting, boost::intrusive::constant_time_size<false>> line_;
};

}  // namespace grove::http
