#include <grove/http/event_stream.h>

#include <stdexcept>
#include <utility>

#include "event_channel.h"
#include "event_text.h"
#include "leave_pool.h"
#include "request_of.h"

namespace grove::http {

EventStream::EventStream(Environ& asked, StartResponse& start_response, Duration keep_alive)
    : last_event_id_{asked["HTTP_LAST_EVENT_ID"]} {
    if (keep_alive <= Duration::zero())
        throw std::invalid_argument{"EventStream: keep_alive must be more than 0"};
    leave_pool(asked, Lasting::kEventStream);
    asked.set_timeout({});
    Write write = start_response("200 OK", {{"Content-Type", "text/event-stream"},
                                            {"Cache-Control", "no-store"},
                                            {"X-Accel-Buffering", "no"}});
    channel_ = std::make_shared<EventChannel>(request_of(asked), std::move(write), keep_alive);
    // The request's end closes it, whoever has the stream then.
    asked.shared("grove.event_stream") =
        std::shared_ptr<void>{channel_.get(), [channel = channel_](void*) { channel->close(); }};
    asked["REQUEST_METHOD"] == "HEAD" ? channel_->close() : channel_->open(asked.disconnected());
}

EventStream::EventStream(EventStream&& other) noexcept = default;

EventStream& EventStream::operator=(EventStream&& other) noexcept {
    const EventStream ended{std::move(*this)};
    std::swap(last_event_id_, other.last_event_id_);
    std::swap(channel_, other.channel_);
    return *this;
}

EventStream::~EventStream() {
    if (channel_ != nullptr) channel_->close();
}

bool EventStream::send(const ServerSentEvent& event) {
    const std::string text = event_text(event);
    const std::shared_ptr<EventChannel> channel = channel_;  // it may be moved while this waits
    return channel->send(text);
}

bool EventStream::wait(Timespan timeout) {
    const std::shared_ptr<EventChannel> channel = channel_;
    return channel->wait(timeout);
}

std::string EventStream::last_event_id() const { return last_event_id_; }

}  // namespace grove::http
