// limit_tenant.h - a server, as the ConnectionLimit that it shares with others knows it.
#pragma once

#include <optional>

#include <grove/core/detail/timer.h>

namespace grove::http {

/// Has connections that can go for a newcomer. Is asked at the limit alone.
class LimitTenant {
public:
    /// When its longest idle connection became so; nullopt: it has none.
    [[nodiscard]] virtual std::optional<Timer::Instant> idle_since() noexcept = 0;
    /// When its oldest handshake began; nullopt: it has none.
    [[nodiscard]] virtual std::optional<Timer::Instant> shakes_hands_since() noexcept = 0;
    /// Closes the longest idle connection. @pre idle_since()
    virtual void close_oldest_idle() noexcept = 0;
    /// The same, unless a request of it has come: then it is idle no longer. @pre idle_since()
    virtual void close_oldest_silent() noexcept = 0;
    /// @pre shakes_hands_since()
    virtual void drop_oldest_handshake() noexcept = 0;
    /// It may accept again.
    virtual void tell_of_room() noexcept = 0;

protected:
    ~LimitTenant() = default;
};

}  // namespace grove::http
