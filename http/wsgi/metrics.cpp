#include <grove/http/metrics.h>

#include <algorithm>

namespace grove::http {

void ServerMetrics::count_request(int status) noexcept {
    const auto index = static_cast<std::size_t>(status);
    requests[index < kStatuses ? index : 0].add();
}

void ServerMetrics::count_close(int code) noexcept {
    constexpr int kFirst = 1000;
    const std::size_t other = websocket_closes.size() - 1;
    const auto index = static_cast<std::size_t>(code - kFirst);  // of a smaller one: a huge number
    websocket_closes[std::min(index, other)].add();
}

void ServerMetrics::count_goaway(std::uint32_t code) noexcept {
    http2_goaways[std::min<std::size_t>(code, http2_goaways.size() - 1)].add();
}

void ServerMetrics::count_duration(Duration duration) noexcept {
    // Most are short: from the front.
    const auto* const bound =
        std::find_if(kDurationBounds.begin(), kDurationBounds.end(),
                     [duration](Duration upper) { return duration <= upper; });
    durations[static_cast<std::size_t>(bound - kDurationBounds.begin())].add();
    duration_nanoseconds.add(
        static_cast<std::uint64_t>(std::max<Duration::rep>(duration.count(), 0)));
}

}  // namespace grove::http
