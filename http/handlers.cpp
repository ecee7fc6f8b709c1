#include "handlers.h"

#include <stdexcept>
#include <utility>

#include <grove/core/hub.h>

namespace grove::http {

Handlers::Handlers(const Spawn& spawn) {
    const Spawn::Form& form = spawn.form();
    if (const auto* shared = std::get_if<std::shared_ptr<Pool>>(&form)) {
        pool_ = *shared;
        foreign_ = true;
    } else if (const int* size = std::get_if<int>(&form)) {
        pool_ = std::make_shared<Pool>(*size);
    } else if (std::holds_alternative<Spawn::Raw>(form)) {
        how_ = How::kRaw;
    } else if (std::holds_alternative<Spawn::None>(form)) {
        how_ = How::kInHub;
    }
    if (pool_ == nullptr || foreign_) own_ = std::make_unique<Group>();
}

Handlers::~Handlers() { forget_when_not_full(); }

void Handlers::start(const AnyGreenlet& greenlet) {
    if (how_ != How::kRaw) {
        if (pool_ != nullptr) pool_->add(greenlet, false);
        if (own_ != nullptr) own_->add(greenlet);
    }
    greenlet.start();
}

void Handlers::when_not_full(std::function<void()> function) {
    if (pool_ == nullptr || linked_) return;
    linked_ = true;
    link_ = pool_->rawlink([this, function = std::move(function)] {
        linked_ = false;
        function();
    });
}

void Handlers::forget_when_not_full() noexcept {
    if (linked_) pool_->unlink(link_);
    linked_ = false;
}

bool Handlers::join(Timespan timeout) {
    Group& tracked = own_ != nullptr ? *own_ : *pool_;
    const AnyGreenlet caller = getcurrent();
    const bool itself = tracked.contains(caller);
    if (!itself) return tracked.join(timeout);
    const Deadline deadline{timeout};
    for (const AnyGreenlet& greenlet : tracked) {
        if (greenlet != caller && !greenlet.join(deadline.left())) return false;
    }
    return true;
}

void Handlers::kill() {
    constexpr Duration kUnwindTime = std::chrono::seconds{1};
    Group& tracked = own_ != nullptr ? *own_ : *pool_;
    const AnyGreenlet caller = getcurrent();
    if (!tracked.contains(caller)) {
        tracked.kill(GreenletExit{}, true, kUnwindTime);
        return;
    }
    std::vector<AnyGreenlet> others;
    for (const AnyGreenlet& greenlet : tracked) {
        if (greenlet == caller) continue;
        greenlet.kill(GreenletExit{}, false);
        others.push_back(greenlet);
    }
    const Deadline deadline{kUnwindTime};
    for (const AnyGreenlet& greenlet : others) greenlet.join(deadline.left());
}

}  // namespace grove::http
