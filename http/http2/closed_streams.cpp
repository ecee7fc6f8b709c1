#include "closed_streams.h"

#include <algorithm>

namespace grove::http {
namespace {

constexpr bool is_client_stream(std::uint32_t id) noexcept { return id % 2 == 1; }

}  // namespace

ClosedStreamFrame ClosedStreams::on_headers(std::uint32_t id) noexcept {
    if (!is_client_stream(id)) return ClosedStreamFrame::kProtocolError;
    if (id > highest_) {
        const std::uint32_t expected = highest_ == 0 ? 1 : highest_ + 2;
        if (id > expected) {
            gap_begin_ = expected;
            gap_end_ = id;
        }
        highest_ = id;
        return ClosedStreamFrame::kOpens;
    }
    if (was_reset(id)) return ClosedStreamFrame::kIgnored;
    const bool was_passed_over = gap_begin_ <= id && id < gap_end_;
    return was_passed_over ? ClosedStreamFrame::kProtocolError : ClosedStreamFrame::kStreamClosed;
}

ClosedStreamFrame ClosedStreams::on_data(std::uint32_t id) const noexcept {
    if (!is_client_stream(id) || id > highest_) return ClosedStreamFrame::kProtocolError;
    return was_reset(id) ? ClosedStreamFrame::kIgnored : ClosedStreamFrame::kStreamClosed;
}

void ClosedStreams::count_reset(std::uint32_t id) {
    if (resets_.size() < most_resets_) {
        resets_.push_back(id);
    } else if (most_resets_ > 0) {
        resets_[oldest_] = id;
        oldest_ = (oldest_ + 1) % most_resets_;
    }
}

bool ClosedStreams::was_reset(std::uint32_t id) const noexcept {
    return std::find(resets_.begin(), resets_.end(), id) != resets_.end();
}

}  // namespace grove::http
