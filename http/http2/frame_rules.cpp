#include "frame_rules.h"

#include <algorithm>
#include <cstddef>

#include <nghttp2/nghttp2.h>

namespace grove::http {
namespace {

constexpr std::size_t kLeastResets = 64;  // that are remembered

bool has(const Http2Frame& frame, std::uint8_t flag) noexcept { return (frame.flags & flag) != 0; }

std::uint32_t calm_if(bool fits) noexcept {
    return fits ? NGHTTP2_NO_ERROR : NGHTTP2_ENHANCE_YOUR_CALM;
}

}  // namespace

FrameRules::FrameRules(const Http2Options& options) noexcept
    : bucket_{options.abuse},
      resets_{options.resets},
      closed_{std::max<std::size_t>(kLeastResets, options.streams)} {}

std::uint32_t FrameRules::on_frame(const Http2Frame& frame, bool is_open, Instant now) noexcept {
    const bool of_stream = frame.type == NGHTTP2_HEADERS || frame.type == NGHTTP2_DATA;
    if (of_stream && !is_open && takes_more_) {
        if (const std::uint32_t error = on_closed(frame)) return error;
    }
    if (frame.type == NGHTTP2_PRIORITY && frame.stream == 0) return NGHTTP2_PROTOCOL_ERROR;
    return calm_if(fits(frame, now));
}

std::uint32_t FrameRules::on_refused_stream(Instant now) noexcept {
    return calm_if(bucket_.add(AbuseBucket::kRefusedStream, now));
}

std::uint32_t FrameRules::on_refused_request(Instant now) noexcept {
    return calm_if(bucket_.add(AbuseBucket::kRefusedHead, now));
}

void FrameRules::on_sent(const Http2Frame& frame) {
    if (frame.type == NGHTTP2_DATA) bucket_.count_sent_data();
    if (frame.type == NGHTTP2_RST_STREAM)
        closed_.count_reset(static_cast<std::uint32_t>(frame.stream));
}

std::uint32_t FrameRules::on_closed(const Http2Frame& frame) noexcept {
    const auto id = static_cast<std::uint32_t>(frame.stream);
    switch (frame.type == NGHTTP2_DATA ? closed_.on_data(id) : closed_.on_headers(id)) {
        case ClosedStreamFrame::kStreamClosed:
            return NGHTTP2_STREAM_CLOSED;
        case ClosedStreamFrame::kProtocolError:
            return NGHTTP2_PROTOCOL_ERROR;
        case ClosedStreamFrame::kOpens:
        case ClosedStreamFrame::kIgnored:
            break;
    }
    return NGHTTP2_NO_ERROR;
}

bool FrameRules::fits(const Http2Frame& frame, Instant now) noexcept {
    switch (frame.type) {
        case NGHTTP2_DATA:
            return frame.bytes != 0 || has(frame, NGHTTP2_FLAG_END_STREAM) ||
                   bucket_.add(AbuseBucket::kEmptyData, now);
        case NGHTTP2_PRIORITY:
        case NGHTTP2_PRIORITY_UPDATE:
            return bucket_.add(AbuseBucket::kPriority, now);
        case NGHTTP2_SETTINGS:
            return has(frame, NGHTTP2_FLAG_ACK) || bucket_.add(AbuseBucket::kSettings, now);
        case NGHTTP2_PING:
            return has(frame, NGHTTP2_FLAG_ACK) || bucket_.add(AbuseBucket::kPing, now);
        case NGHTTP2_RST_STREAM:
            return resets_.add(1, now);
        case NGHTTP2_WINDOW_UPDATE:
            return bucket_.add_window_update(now);
        default:
            return true;
    }
}

}  // namespace grove::http
