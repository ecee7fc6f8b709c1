#include "client_pace.h"

#include <chrono>
#include <utility>

namespace grove::http {

bool ClientPace::took_since(std::size_t& unsent_before, std::size_t unsent) noexcept {
    if (unsent >= unsent_before) return false;
    const std::size_t took = std::exchange(unsent_before, unsent) - unsent;
    taken += took;
    taken_ahead += took;
    return true;
}

bool ClientPace::takes_too_little(Duration waited, Timespan timeout,
                                  std::uint64_t rate) const noexcept {
    if (!timeout || waited < *timeout) return false;
    const auto seconds = std::chrono::duration<double>{waited}.count();
    return static_cast<double>(taken) < static_cast<double>(rate) * seconds;
}

}  // namespace grove::http
