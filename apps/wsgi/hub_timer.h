// hub_timer.h - a call that the hub makes a little later.
#pragma once

#include <functional>
#include <utility>

#include <grove/core/detail/timer.h>
#include <grove/core/duration.h>
#include <grove/core/hub.h>

namespace grove::wsgi {

/// In the hub's thread.
class HubTimer final : private Timer {
public:
    /// @param function  must not throw or block
    explicit HubTimer(std::function<void()> function) : function_{std::move(function)} {}
    ~HubTimer() override { hub_.cancel(*this); }
    HubTimer(const HubTimer&) = delete;
    HubTimer& operator=(const HubTimer&) = delete;

    /// No effect if the call is to come already.
    void arm(Duration delay) {
        if (!armed()) hub_.arm_after(*this, delay);
    }

    using Timer::armed;

private:
    void expired() noexcept override { function_(); }

    Hub& hub_ = get_hub();
    std::function<void()> function_;
};

}  // namespace grove::wsgi
