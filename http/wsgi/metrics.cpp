#include <grove/http/metrics.h>

#include <algorithm>

namespace grove::http {

void ServerMetrics::count_request(int status) noexcept {
    const auto index = static_cast<std::size_t>(status);
    requests[index < kStatuses ? index : 0].add();
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
