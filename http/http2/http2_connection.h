// http2_connection.h - a client's connection that speaks HTTP/2: its session, its streams, what it is owed.
//
// The hub reads, and sends once a turn what all its streams have given it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <boost/intrusive/list.hpp>

#include <grove/core/detail/timer.h>
#include <grove/core/hub.h>

#include "client_stream.h"
#include "deadline_line.h"
#include "frame_rules.h"
#include "http2_fields.h"
#include "http2_session.h"
#include "http2_stream.h"
#include "multiplexing.h"
#include "switched_protocol.h"

namespace grove::http {

class Http2Connections;

/// Owned by Http2Connections.
class Http2Connection final : public SwitchedProtocol, public LineHook, private Http2Events {
public:
    /// What the connections of a service share. All of it must outlive it.
    struct Parts {
        const Http2Options options;
        const Multiplexing::Parts service;
        SharedFrame& frame;
        Http2Fields& fields;
        std::string& out;  // what one of them sends; empty between two
        Http2Connections& all;
    };

    /// @param connection  goes over to it with begin()
    Http2Connection(const Parts& parts, WsgiConnection& connection);
    ~Http2Connection();
    Http2Connection(const Http2Connection&) = delete;
    Http2Connection& operator=(const Http2Connection&) = delete;

    /// @param secure  false: the client is told that its TLS is not good enough, and no more
    /// @throws std::system_error: the loop refuses the socket
    void begin(bool secure);
    /// Takes no more requests; those that came end.
    void retire() noexcept;
    /// Closes the connection.
    void close() noexcept;

    // ---- What its streams ask for.
    [[nodiscard]] Http2Session& session() noexcept { return session_; }
    [[nodiscard]] Http2Fields& fields() const noexcept { return parts_.fields; }
    /// Bytes that a stream may give it now.
    [[nodiscard]] std::size_t room(const Http2Stream& stream) const noexcept;
    void took(std::size_t bytes) noexcept { owed_ += bytes; }
    void gave_up(std::size_t bytes) noexcept { owed_ -= bytes; }
    /// What the session has to send leaves at the end of the hub's turn.
    void send_soon() noexcept { pump_.schedule(); }
    void wait_for_room(Http2Stream& stream) noexcept;
    /// A request has ended.
    void stream_closed() noexcept;
    /// Its client may have another: what it has sent is over, too.
    void place_is_free() noexcept { --places_; }
    /// Bytes that the kernel has of what was sent, if it takes no more.
    [[nodiscard]] std::size_t stuck() const noexcept;

private:
    // ---- SwitchedProtocol
    void on_readable() noexcept override;
    void on_writable() noexcept override;
    void on_served(Fate /*fate*/) noexcept override {}
    [[nodiscard]] bool logs_itself() const noexcept override { return false; }
    void on_closed() noexcept override;

    // ---- Http2Events
    std::uint32_t on_frame(const Http2Frame& frame) override;
    void on_head_begins(std::int32_t id) override;
    void on_field(Http2Stream& stream, std::string_view name, std::string_view value,
                  bool trailer) override;
    void on_head(Http2Stream& stream, bool ends) override;
    void on_data(Http2Stream* stream, std::int32_t id, std::string_view bytes) override;
    void on_body_end(Http2Stream& stream, bool well_formed) override;
    void on_stream_closed(Http2Stream& stream, std::uint32_t code) override;
    void on_settings() override;
    void on_notice_taken() override;
    std::size_t next_data(Http2Stream& stream, std::size_t most, DataEnd& end) override;
    void append_data(Http2Stream& stream, std::size_t bytes, std::string& out) override;
    void on_made(const Http2Frame& frame, Http2Stream* stream, bool ends) override;
    void on_go_away_made(std::uint32_t code, std::int32_t last) override;
    void on_priority(Http2Stream& stream, std::string_view field) override;
    void on_malformed_request() override;

    friend class Http2Stream;
    void serve(Http2Stream& stream) noexcept;
    bool expect(bool well_formed, Http2Stream& stream) noexcept;

    [[nodiscard]] ServerMetrics& metrics() const noexcept;
    [[nodiscard]] bool gone() const noexcept { return connection_ == nullptr; }
    void note_news(Http2Stream& stream) noexcept;
    void tell_news() noexcept;
    void take(std::string_view bytes) noexcept;
    void read_socket() noexcept;
    void send() noexcept;
    [[nodiscard]] bool send_made() noexcept;
    [[nodiscard]] bool send_out(std::string& out) noexcept;
    [[nodiscard]] bool keep(const std::string& out) noexcept;
    void await_client() noexcept;
    void tell_of_room() noexcept;
    void settle() noexcept;
    void finish() noexcept;
    void lose() noexcept;
    void park() noexcept;
    void unpark() noexcept;
    void head_is_late() noexcept;
    void client_is_slow() noexcept;
    void go_away() noexcept;
    void let_go() noexcept;

    using Streams =
        boost::intrusive::list<Http2Stream, boost::intrusive::base_hook<Http2StreamHook>,
                               boost::intrusive::constant_time_size<false>>;
    using Waiting = boost::intrusive::list<Http2Stream, boost::intrusive::base_hook<Http2WaitHook>,
                                           boost::intrusive::constant_time_size<false>>;

    using News = boost::intrusive::list<Http2Stream, boost::intrusive::base_hook<Http2NewsHook>,
                                        boost::intrusive::constant_time_size<false>>;

    /// Calls one of its functions after a while.
    class Alarm final : private Timer {
    public:
        Alarm(Http2Connection& connection, void (Http2Connection::*call)() noexcept) noexcept
            : connection_{connection}, call_{call} {}
        ~Alarm() override { cancel(); }

        using Timer::armed;
        /// nullopt: never. No effect if it is set.
        void set(Timespan after) noexcept {
            if (after && !armed()) get_hub().arm_after(*this, *after);
        }
        void cancel() noexcept { get_hub().cancel(*this); }

    private:
        void expired() noexcept override { (connection_.*call_)(); }

        Http2Connection& connection_;
        void (Http2Connection::*call_)() noexcept;
    };

    const Parts& parts_;
    WsgiConnection* connection_;  // nullptr: closed, or it lingers
    std::shared_ptr<const SharedPeer> peer_;
    FrameRules rules_;
    Http2Session session_;
    Streams streams_;          // that the session knows, or that are served
    Waiting waiting_;          // for room
    News news_;                // to be told
    std::string out_;          // made, and not taken by the socket
    std::size_t sent_ = 0;     // of it
    std::size_t owed_ = 0;     // by the streams: not made yet
    std::size_t serving_ = 0;  // requests that have not ended
    // Of http2.streams: taken by these, and by those that the session knows.
    std::size_t places_ = 0;
    std::int32_t open_head_ = 0;  // a stream whose head has not ended
    std::size_t stuck_ = 0;       // in the kernel, if its client has taken nothing since
    bool settled_ = false;        // the client's SETTINGS have come
    bool parked_ = false;
    bool retiring_ = false;
    bool goes_away_ = false;  // the last stream is known
    HubCall pump_;
    Alarm head_alarm_{*this, &Http2Connection::head_is_late};
    Alarm write_alarm_{*this, &Http2Connection::client_is_slow};
    Alarm notice_alarm_{*this, &Http2Connection::go_away};
};

}  // namespace grove::http
