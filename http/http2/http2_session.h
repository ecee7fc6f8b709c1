// http2_session.h - one HTTP/2 session of a server (RFC 9113), without its socket: libnghttp2's, which frames and checks.
//
// Nothing here waits, and none of the calls switches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <nghttp2/nghttp2.h>

#include <grove/http/http2_options.h>

#include "shared_frame.h"
#include "urgency.h"

namespace grove::http {

class Http2Stream;

/// A frame whose head has come.
struct Http2Frame {
    std::uint8_t type = 0;
    std::uint8_t flags = 0;
    std::int32_t stream = 0;
    std::size_t bytes = 0;
};

/// Behind the bytes that a stream gives.
enum class DataEnd : std::uint8_t {
    kNone,
    kStream,
    kTrailers,  ///< They follow: trail() was called.
};

/// Is told what a session receives, and gives what it sends: within the session's calls, and may call none but
/// Http2Session::reset(), trail(), go_away(), terminate(), is_open() and attach(). What it throws ends the session with INTERNAL_ERROR.
class Http2Events {
public:
    /// Any frame, before what it holds is told of. @return 0, or the error code with which
    /// the session is over
    [[nodiscard]] virtual std::uint32_t on_frame(const Http2Frame& frame) = 0;
    /// A request's head begins: attach() names its stream, else what comes of it is dropped.
    virtual void on_head_begins(std::int32_t id) = 0;
    /// @param trailer  it came after the body
    virtual void on_field(Http2Stream& stream, std::string_view name, std::string_view value,
                          bool trailer) = 0;
    /// @param ends  there is no body
    virtual void on_head(Http2Stream& stream, bool ends) = 0;
    /// @param stream  nullptr: of none that is attached
    virtual void on_data(Http2Stream* stream, std::int32_t id, std::string_view bytes) = 0;
    /// @param well_formed  false: fields follow it that do not end it
    virtual void on_body_end(Http2Stream& stream, bool well_formed) = 0;
    virtual void on_stream_closed(Http2Stream& stream, std::uint32_t code) = 0;
    virtual void on_settings() = 0;
    /// What notice() has asked for came back.
    virtual void on_notice_taken() = 0;

    /// The next bytes of the answer. @return how many, at most `most`; 0 without an end: none now
    virtual std::size_t next_data(Http2Stream& stream, std::size_t most, DataEnd& end) = 0;
    /// The next `bytes`, which next_data() has promised.
    virtual void append_data(Http2Stream& stream, std::size_t bytes, std::string& out) = 0;
    /// A frame has gone into what make() gives. @param ends  the answer is over with it
    virtual void on_made(const Http2Frame& frame, Http2Stream* stream, bool ends) = 0;
    /// @param last  the stream up to which requests are served
    virtual void on_go_away_made(std::uint32_t code, std::int32_t last) = 0;
    /// PRIORITY_UPDATE has come for it.
    virtual void on_priority(Http2Stream& stream, std::string_view field) = 0;
    /// A request was reset for breaking the protocol (PROTOCOL_ERROR).
    virtual void on_malformed_request() = 0;

protected:
    ~Http2Events() = default;
};

/// How much of one stream's body may come.
class Http2BodyWindow {
public:
    Http2BodyWindow(nghttp2_session* session, std::int32_t id) noexcept
        : session_{session}, id_{id} {}

    /// The reader has taken them: the client may send as many again, of this body and of all.
    void consume(std::size_t bytes) const noexcept;
    /// The same of one of the two alone.
    void consume_of_stream(std::size_t bytes) const noexcept;
    void consume_of_all(std::size_t bytes) const noexcept;
    /// Bytes, with padding, that have come, and that the client may not send again yet.
    [[nodiscard]] std::int32_t used() const noexcept;
    [[nodiscard]] std::int32_t left() const noexcept;

private:
    nghttp2_session* session_;
    std::int32_t id_;
};

class Http2Session {
public:
    /// Its SETTINGS are due. @param frame, events  must outlive it
    /// @param header_list  SETTINGS_MAX_HEADER_LIST_SIZE @throws std::bad_alloc
    Http2Session(SharedFrame& frame, Http2Events& events, const Http2Options& options,
                 std::uint32_t header_list);
    Http2Session(const Http2Session&) = delete;
    Http2Session& operator=(const Http2Session&) = delete;

    /// Bytes that have come. If they end the session, GOAWAY is due, and over() once that was made.
    void receive(std::string_view bytes) noexcept;
    /// Appends all frames that are due. @return false: there was no memory, and the session is of no use any more
    [[nodiscard]] bool make(std::string& out) noexcept;
    /// The stream is, or is half-closed.
    [[nodiscard]] bool is_open(std::int32_t id) const noexcept;
    /// Nothing more is to come, or to go.
    [[nodiscard]] bool over() const noexcept;

    /// The stream's, until on_stream_closed().
    void attach(std::int32_t id, Http2Stream* stream) noexcept;
    /// The head of an answer. @param body  nullptr: it ends with the head @throws std::bad_alloc
    void respond(std::int32_t id, std::span<const nghttp2_nv> fields, Http2Stream* body);
    /// A head of 1xx. @throws std::bad_alloc
    void tell(std::int32_t id, std::span<const nghttp2_nv> fields);
    /// Fields behind the body of an answer, with which it ends. @throws std::bad_alloc
    void trail(std::int32_t id, std::span<const nghttp2_nv> fields);
    /// next_data() has bytes, or the end, again.
    void resume(std::int32_t id) noexcept;
    void reset(std::int32_t id, std::uint32_t code) noexcept;
    [[nodiscard]] Http2BodyWindow body(std::int32_t id) const noexcept {
        return {session_.get(), id};
    }
    /// Bytes that the client takes of this stream; 0: of all.
    [[nodiscard]] std::int32_t window(std::int32_t id) const noexcept;

    /// Says that no new stream will be taken soon, and asks for a sign that this has come.
    void notice() noexcept;
    /// No new stream is taken from here on; those that came are finished.
    void go_away() noexcept;
    /// All is over at once.
    void terminate(std::uint32_t code) noexcept;

private:
    struct Delete {
        void operator()(nghttp2_session* session) const noexcept { nghttp2_session_del(session); }
    };
    const std::uint32_t streams_;
    bool settings_made_ = false;
    SharedFrame& frame_;
    std::unique_ptr<nghttp2_session, Delete> session_;
};

}  // namespace grove::http
