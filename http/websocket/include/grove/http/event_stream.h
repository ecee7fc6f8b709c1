// event_stream.h - server-sent events: an answer that goes on for as long as its client listens
// (HTML, section 9.2). Thread: the server's.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/http/application.h>
#include <grove/http/environ.h>

namespace grove::http {

class EventChannel;

/// An event, as EventSource in a browser gets it.
struct ServerSentEvent {
    /// Text in UTF-8. CR, LF and CRLF end its lines; the client gets LF.
    std::string data{};
    std::string event{};  ///< Its type; "": "message". No CR or LF.
    /// What the client sends as Last-Event-ID when it connects again; "": as before. No CR, LF or
    /// NUL.
    std::string id{};
    /// How long the client waits before it connects again, in whole milliseconds, not negative; {}:
    /// as before.
    Timespan retry{};
};

/// Answers a request with a stream of events, until the client has gone or the server stops. The
/// application makes it in place of calling start_response, and returns {} when it is over:
///
///     EventStream events{environ, start_response};
///     while (events.send({.data = "tick"}) && events.wait(1s)) {
///     }
///     return {};
///
/// The stream runs on without a slot of the pool, within Limits::event_streams, and without
/// timeouts.request. A comment is sent whenever nothing was sent for a while, so that no proxy
/// takes the connection for dead. What is sent goes through the Write that start_response gave: a
/// middleware sees it.
///
/// When the server stops (stopping()), each stream ends at once: the client is told to connect
/// again after 1 to 5 seconds, at random, and nothing more is sent. An application that waits for
/// something else meanwhile, and so is told of the stop by neither send() nor wait(), is ended by
/// GreenletExit after a second.
///
/// The answer to HEAD is over at once. All calls are for the server's thread; several greenlets may
/// send, and wait, at once. A moved-from stream may only be assigned to or destroyed. A stream that
/// outlives the application's call is over with it.
class GROVE_EXPORT EventStream {
public:
    /// Answers 200 with text/event-stream, Cache-Control: no-store and X-Accel-Buffering: no. The
    /// head leaves at once, with a comment. May block, as send().
    /// @param keep_alive  a comment is sent when no event was for so long
    /// @throws HttpError of status 503, with nothing sent: limits.event_streams are open already.
    ///         std::invalid_argument: keep_alive is 0 or less. std::logic_error: the caller is not
    ///         the greenlet that serves the request, or start_response was called before; whatever
    ///         a middleware's start_response throws
    EventStream(Environ& environ, StartResponse& start_response,
                Duration keep_alive = std::chrono::seconds{15});
    EventStream(EventStream&& other) noexcept;             ///< `other` is as after its end.
    EventStream& operator=(EventStream&& other) noexcept;  ///< The stream that it was is over.
    ~EventStream();  ///< Nothing more is sent, comments included. Never blocks.

    /// Sends the event whole: events of several greenlets never mix. Blocks until the kernel has
    /// taken it, at most timeouts.write. Without data, an event that has an id or a retry, and no
    /// type, only tells the client of these: the page gets no event.
    /// @return false: the client has gone, or the server stops; the stream is over. A client that
    ///         has only sent its end (FIN) counts as gone, but is still sent the event
    /// @throws std::invalid_argument, with nothing sent: CR or LF in the type or id, NUL in the id,
    ///         a negative retry; whatever a middleware's Write throws. A kill or a time-out that
    ///         interrupts it breaks the stream off
    bool send(const ServerSentEvent& event);
    /// Blocks for `timeout`; {}: until the stream is over. Events may be sent meanwhile.
    /// @return false, as soon as that is known: the client has gone, or the server stops
    bool wait(Timespan timeout = {});
    /// The id of the last event that the client got before it connected again, as it was sent; "":
    /// none. The client may send anything.
    [[nodiscard]] std::string last_event_id() const;

private:
    std::string last_event_id_;
    std::shared_ptr<EventChannel> channel_;  // shared: a comment may be under way at the end
};

}  // namespace grove::http
