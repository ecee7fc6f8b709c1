// intake.h - what a server takes newcomers by, at one of its addresses.
#pragma once

namespace grove::http {

/// Runs in the hub, whose loop tells of newcomers. Destroying it closes it.
class Intake {
public:
    Intake() = default;
    virtual ~Intake() = default;
    Intake(const Intake&) = delete;
    Intake& operator=(const Intake&) = delete;

    /// Closes the socket; nothing is taken any more. May be called from what it calls itself.
    virtual void close() noexcept = 0;
    [[nodiscard]] virtual bool closed() const noexcept = 0;

    virtual void pause() noexcept = 0;
    virtual void resume() noexcept = 0;
    /// Goes on, unless paused: there may be room again.
    virtual void go_on() noexcept = 0;
    /// What was taken could not be served after all: pauses as after an error.
    virtual void fail_late() noexcept = 0;
    /// Takes all that waits now, as far as there is room.
    virtual void accept_queued() noexcept = 0;
};

}  // namespace grove::http
