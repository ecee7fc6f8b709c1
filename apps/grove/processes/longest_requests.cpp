#include "longest_requests.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string_view>
#include <tuple>

#include "log_text.h"

namespace grove::http {
namespace {

template <std::size_t N>
void put(std::array<char, N>& place, std::string_view text) noexcept {
    place[text.copy(place.data(), N - 1)] = '\0';
}

// It was escaped by the worker, whose backslashes stay. Anything else that is not printable was never written by one in
// its right mind.
template <std::size_t N>
std::string text_in(const std::array<char, N>& place) {
    std::string text;
    for (const char byte : std::string_view{place.data(), ::strnlen(place.data(), N)})
        text += byte == '\\' ? std::string{byte} : escaped({&byte, 1});
    return text;
}

}  // namespace

void LongestRequests::answer(std::vector<RequestInfo> requests,
                             const std::function<std::string(std::uint64_t greenlet)>& id_of) {
    const std::uint32_t number = asked.load(std::memory_order_acquire);
    if (number == answered.load(std::memory_order_relaxed)) return;  // the master may be reading
    const Timer::Instant now = std::chrono::steady_clock::now().time_since_epoch();
    std::erase_if(requests, [](const RequestInfo& one) { return one.greenlet == 0; });
    const std::size_t told = std::min(requests.size(), kMost);
    std::partial_sort(
        requests.begin(), requests.begin() + static_cast<std::ptrdiff_t>(told), requests.end(),
        [](const RequestInfo& one, const RequestInfo& other) { return one.age > other.age; });
    for (std::size_t i = 0; i < told; ++i) {
        const RequestInfo& request = requests[i];
        Entry& entry = entries[i];
        entry.began = (now - request.age).count();
        put(entry.method, request.method);
        put(entry.path, request.path);
        put(entry.id, id_of(request.greenlet));
    }
    count = static_cast<std::uint32_t>(told);
    noted = now.count();
    answered.store(number, std::memory_order_release);
}

std::vector<RunningRequest> LongestRequests::read(pid_t worker, Timer::Instant now) const {
    std::vector<RunningRequest> all;
    const std::size_t told = std::min<std::size_t>(count, kMost);
    for (std::size_t i = 0; i < told; ++i) {
        const Entry entry = entries[i];
        all.push_back(
            {.worker = worker,
             .began = Timer::Instant{std::clamp<std::int64_t>(entry.began, 0, now.count())},
             .method = text_in(entry.method),
             .path = text_in(entry.path),
             .id = text_in(entry.id)});
    }
    return all;
}

std::vector<RunningRequest> longest_of(std::vector<RunningRequest> all) {
    std::sort(all.begin(), all.end(), [](const RunningRequest& one, const RunningRequest& other) {
        return std::tie(one.began, one.worker) < std::tie(other.began, other.worker);
    });
    if (all.size() > LongestRequests::kTold)
        all.erase(all.begin() + LongestRequests::kTold, all.end());
    return all;
}

}  // namespace grove::http
