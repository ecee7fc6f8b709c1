#include "parking.h"

#include "closing.h"
#include "refusal.h"
#include "service_terms.h"

namespace grove::http {

Parking::Parking(const ServiceTerms& terms, ConnectionLimit& limit, Closing& closing)
    : limit_{limit},
      idle_{terms.timeouts.idle, [](Connection& idle) { idle.close(); }},
      heads_{terms.timeouts.header, [&closing](Connection& late) {
                 closing.refuse(late, {408, "the request head did not arrive in time"});
             }} {}

std::size_t Parking::newcomers(Timer::Instant since) const noexcept {
    std::size_t count = 0;
    for (const auto* line : {&idle_, &heads_}) {
        for (auto next = line->end(); next != line->begin() && (--next)->since >= since;)
            count += next->requests == 0 ? 1 : 0;
    }
    return count;
}

void Parking::close_oldest_silent() noexcept {
    Connection& oldest = idle_.front();
    oldest.look();
    const bool waits = !idle_.empty() && &idle_.front() == &oldest;  // of HTTP/2
    if (oldest.state() == Connection::State::kIdle || waits) oldest.close();
}

void Parking::close_all() noexcept {
    for (auto* line : {&idle_, &heads_}) {
        while (!line->empty()) line->front().close();
    }
}

}  // namespace grove::http
