#include "client_pace.h"

#include <chrono>
#include <utility>

#include "service_terms.h"

namespace grove::http {

bool ClientPace::took_since(std::size_t& unsent_before, std::size_t unsent) noexcept {
    if (unsent >= unsent_before) return false;
    const std::size_t took = std::exchange(unsent_before, unsent) - unsent;
    taken += took;
    taken_ahead += took;
    return true;
}

bool ClientPace::takes_too_little(Duration waited, const ServiceTerms& terms) const noexcept {
    const Timespan timeout = terms.timeouts.write;
    if (!timeout || waited < *timeout) return false;
    const auto seconds = std::chrono::duration<double>{waited}.count();
    return static_cast<double>(taken) < static_cast<double>(terms.limits.write_rate) * seconds;
}

}  // namespace grove::http
