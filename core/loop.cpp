#include <grove/core/detail/loop.h>

#include <utility>

namespace grove {

Loop::~Loop() = default;

void Loop::show(Heartbeat* heartbeat, std::function<void()> asked) {
    heartbeat_->rest();
    heartbeat_ = heartbeat != nullptr ? heartbeat : &own_;
    asked_ = std::move(asked);
    heartbeat_->go_on(tick());
}

void Loop::tell_who_asked() noexcept {
    if (asked_) asked_();
}

}  // namespace grove
