// refusal_lines.h - how many lines the error log gets of requests that are refused, or given up: clients could fill it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include <grove/core/detail/timer.h>

namespace grove::http {

/// The first hundred of a second are told; further ones are counted, and the next that is told says how many.
class RefusalLines {
public:
    static constexpr int kASecond = 100;

    /// @param what  the lines are about, in the plural; must outlive it
    explicit RefusalLines(const char* what = "refusals") noexcept : what_{what} {}

    /// Whether this one is told.
    [[nodiscard]] bool is_told(Timer::Instant now) noexcept {
        if (now - began_ >= std::chrono::seconds{1}) {
            began_ = now;
            told_ = 0;
        }
        if (told_ < kASecond) {
            ++told_;
            return true;
        }
        ++untold_;
        return false;
    }

    /// For the end of a line that is told: "", or " (and 512 more refusals)".
    [[nodiscard]] std::string untold() {
        const std::uint64_t count = std::exchange(untold_, 0);
        return count == 0 ? "" : " (and " + std::to_string(count) + " more " + what_ + ')';
    }

private:
    const char* what_;
    Timer::Instant began_{};
    int told_ = 0;
    std::uint64_t untold_ = 0;
};

}  // namespace grove::http
