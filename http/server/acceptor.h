// acceptor.h - the accept loop of one listening socket.
//
// Runs in the hub. It accepts while the target has room, at most max_accept at a go. Where no
// descriptor is left, it has the target give a connection up. It pauses after errors that pass, and
// gives up on errors that do not. It accepts as many as recent rounds found, and lets the loop tell
// of more: asking once more would cost a failing system call each time.
#pragma once

#include <functional>
#include <system_error>

#include <grove/core/address.h>
#include <grove/core/detail/loop.h>
#include <grove/core/detail/timer.h>
#include <grove/core/duration.h>
#include <grove/core/file_descriptor.h>
#include <grove/core/hub.h>

#include "intake.h"

namespace grove::http {

struct AcceptorOptions {
    int max_accept = 100;
    Duration min_delay{};
    Duration max_delay{};
};

/// What the accept loop asks and tells. All in the hub.
class AcceptTarget {
public:
    virtual bool has_room() = 0;
    /// There is no descriptor for a newcomer. @return whether one was closed that could go
    virtual bool give_one_up() noexcept = 0;
    /// Others accept from the same queue, and should have the next connection.
    virtual bool others_first() = 0;
    virtual void take(FileDescriptor fd, const Address& peer) = 0;
    virtual void failed(
        const std::system_error& error) noexcept = 0;  ///< For good: the acceptor is closed.

protected:
    ~AcceptTarget() = default;
};

class Acceptor final : public Intake, private FdWatch, private Timer {
public:
    /// @throws std::system_error if the loop refuses the socket; it is closed then
    Acceptor(FileDescriptor listening, AcceptTarget& target, const AcceptorOptions& options);
    ~Acceptor() override;

    void close() noexcept override;
    [[nodiscard]] bool closed() const noexcept override { return !fd_; }
    void pause() noexcept override { paused_ = true; }
    void resume() noexcept override;
    void go_on() noexcept override;
    void fail_late() noexcept override;
    void accept_queued() noexcept override;

    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

private:
    void on_events(std::uint32_t events) noexcept override;
    void expired() noexcept override;
    void accept_some() noexcept;
    bool is_silent() noexcept;
    void listen(bool wanted) noexcept;
    void found_empty() noexcept;
    bool gives_way();
    bool accept_one();
    bool survive(int error);
    void back_off() noexcept;

    Hub& hub_;
    FileDescriptor fd_;
    AcceptTarget& target_;
    AcceptorOptions options_;
    HubCall round_;
    Duration delay_{};
    bool silent_ = true;        // the socket did not listen when it was looked at last
    bool listens_ = true;       // the loop is to tell
    bool failed_late_ = false;  // since accept_some() ran last
    bool keeps_delay_ = false;  // it did before: that an accept goes well proves nothing yet
    bool paused_ = false;
    std::uint64_t told_at_ = 0;  // Hub::polls()
    int batch_ = 1;              // connections to be taken at a go
    int full_in_a_row_ = 0;      // goes that found so many
    int free_ = 0;       // connections that may be taken before the others are thought of again
    int next_free_ = 1;  // the same after the next pause for them
};

}  // namespace grove::http
