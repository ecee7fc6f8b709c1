// once_a_minute.h - keeps what would be said again and again from being said more than once a minute.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

namespace grove::http {

class OnceAMinute {
public:
    using Clock = std::chrono::steady_clock;

    /// @param most  different ones in a minute
    explicit OnceAMinute(std::size_t most) noexcept : most_{most} {}

    /// @return false: it was there within the last minute, or so many others were
    bool is_new(const std::string& what, Clock::time_point now) {
        std::erase_if(
            known_, [now](const auto& one) { return now - one.second >= std::chrono::minutes{1}; });
        return known_.size() < most_ && known_.emplace(what, now).second;
    }

private:
    std::size_t most_;
    std::map<std::string, Clock::time_point> known_;
};

}  // namespace grove::http
