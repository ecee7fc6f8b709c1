#include "log_losses.h"

#include <utility>

namespace {

constexpr auto kBetween = std::chrono::minutes{1};

}  // namespace

void LogLosses::add(std::size_t lines, std::string why) {
    if (lines == 0) return;
    lines_ += lines;
    if (all_ != nullptr) all_->add(lines);
    why_ = std::move(why);
}

std::optional<std::string> LogLosses::take(Clock::time_point now) {
    if (lines_ == 0 || now < not_before_) return std::nullopt;
    not_before_ = now + kBetween;
    const std::size_t lines = std::exchange(lines_, 0);
    return std::to_string(lines) + (lines == 1 ? " line lost: " : " lines lost: ") + why_;
}

std::optional<LogLosses::Clock::time_point> LogLosses::due() const {
    return lines_ == 0 ? std::nullopt : std::optional{not_before_};
}
