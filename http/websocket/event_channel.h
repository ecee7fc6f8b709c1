// event_channel.h - what an EventStream sends: whole events, one after the other; comments while there are none; the
// last word when the server stops.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include <grove/core/detail/timer.h>
#include <grove/core/duration.h>
#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/semaphore.h>
#include <grove/http/application.h>

namespace grove::http {

class ServedRequest;

/// Shared: by the EventStream, by its request, whose end closes it, and by the greenlets that send for the hub, which
/// must not block.
class EventChannel final : public std::enable_shared_from_this<EventChannel>, private Timer {
public:
    /// The caller serves the request. @param write  of its answer
    EventChannel(ServedRequest& request, Write write, Duration keep_alive);
    ~EventChannel() override;
    EventChannel(const EventChannel&) = delete;
    EventChannel& operator=(const EventChannel&) = delete;

    /// Sends the head, and looks after the stream from here on. May block.
    /// @param disconnected  Environ::disconnected()
    void open(Event& disconnected);
    /// As EventStream::send() and wait().
    bool send(std::string_view text);
    bool wait(Timespan timeout);
    /// Nothing more is sent, unless it is under way, and who waits is told.
    void close() noexcept;

private:
    enum class State : std::uint8_t {
        kOpen,      // also once the client has gone
        kStopping,  // the last word is said
        kClosed
    };

    void expired() noexcept override;
    void keep_alive();
    void end() noexcept;
    void stop();
    void say_last_word();
    void comment();
    void write(std::string_view text);
    [[nodiscard]] bool goes_on();
    [[nodiscard]] bool answer_is_over() const noexcept;
    [[nodiscard]] bool is_under_way() const noexcept;

    ServedRequest& request_;  // as long as write_
    const Write write_;
    const AnyGreenlet server_;
    const Duration keep_alive_;
    Timer::Instant wrote_{};
    State state_ = State::kOpen;
    bool told_ = false;  // whoever serves: that the stream is over
    LinkId stop_link_ = 0;
    Semaphore turn_{1};  // to send
    Event over_;
};

}  // namespace grove::http
