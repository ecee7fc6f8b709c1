// datagram_intake.h - takes the messages of one datagram socket.
#pragma once

#include <string>
#include <string_view>

#include <grove/core/address.h>
#include <grove/core/datagram.h>
#include <grove/core/detail/loop.h>
#include <grove/core/detail/timer.h>
#include <grove/core/duration.h>
#include <grove/core/file_descriptor.h>
#include <grove/core/hub.h>

#include "intake.h"

namespace grove::http {

/// What the intake asks and tells. All in the hub.
class DatagramTarget {
public:
    virtual bool has_room() = 0;
    /// What it throws is reported, and the intake pauses.
    virtual void take(std::string_view bytes, const Address& from, Datagram& socket) = 0;

protected:
    ~DatagramTarget() = default;
};

struct DatagramIntakeOptions {
    int at_a_go = 64;
    Duration min_delay{};
    Duration max_delay{};
};

class DatagramIntake final : public Intake, private FdWatch, private Timer {
public:
    /// `socket` outlives it, and stays open: others send by it. @throws std::system_error
    DatagramIntake(Datagram& socket, DatagramTarget& target, const DatagramIntakeOptions& options);
    ~DatagramIntake() override;

    void close() noexcept override;
    [[nodiscard]] bool closed() const noexcept override { return !watched_; }
    void pause() noexcept override { paused_ = true; }
    void resume() noexcept override;
    void go_on() noexcept override;
    void fail_late() noexcept override { back_off(); }
    void accept_queued() noexcept override;

private:
    void on_events(std::uint32_t events) noexcept override;
    void expired() noexcept override { go_on(); }
    void take_some() noexcept;
    [[nodiscard]] bool may_take();
    bool take_one();
    void back_off() noexcept;

    Hub& hub_;
    Datagram& socket_;
    FileDescriptor watched_;  // a duplicate: the Datagram itself may have the loop watch the other
    DatagramTarget& target_;
    DatagramIntakeOptions options_;
    HubCall round_;
    Duration delay_{};
    bool paused_ = false;
    std::string buffer_;
};

}  // namespace grove::http
