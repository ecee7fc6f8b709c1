// frame_rules.h - what the head of a frame alone tells of a client: that it breaks the protocol where nghttp2 lets it,
// or sends too much of what asks for nothing.
#pragma once

#include <cstdint>

#include <grove/core/detail/timer.h>
#include <grove/http/http2_options.h>

#include "abuse_bucket.h"
#include "closed_streams.h"
#include "http2_session.h"

namespace grove::http {

/// One connection's. Never switches. Each check returns 0, or the error code with which the connection should end.
class FrameRules {
public:
    using Instant = Timer::Instant;

    /// @param options  must outlive it
    explicit FrameRules(const Http2Options& options) noexcept;

    /// A frame comes. @param is_open  its stream is: in the session's view
    [[nodiscard]] std::uint32_t on_frame(const Http2Frame& frame, bool is_open,
                                         Instant now) noexcept;
    /// A stream was refused for being one too many.
    [[nodiscard]] std::uint32_t on_refused_stream(Instant now) noexcept;
    /// A request was refused for its head, or reset for what it broke.
    [[nodiscard]] std::uint32_t on_refused_request(Instant now) noexcept;
    /// GOAWAY told the last stream that is served: what comes on later ones is no error (RFC 9113, section 6.8).
    void take_no_more() noexcept { takes_more_ = false; }
    /// A frame was sent. @throws std::bad_alloc
    void on_sent(const Http2Frame& frame);

private:
    [[nodiscard]] std::uint32_t on_closed(const Http2Frame& frame) noexcept;
    [[nodiscard]] bool fits(const Http2Frame& frame, Instant now) noexcept;

    AbuseBucket bucket_;
    AbuseBucket resets_;
    ClosedStreams closed_;
    bool takes_more_ = true;
};

}  // namespace grove::http
