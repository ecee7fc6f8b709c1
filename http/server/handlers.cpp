#include "handlers.h"

#include <algorithm>
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

// No guard: on its stack are handles alone.
__attribute__((no_stack_protector)) void Handlers::start(const AnyGreenlet& greenlet) {
    if (how_ != How::kRaw) {
        if (pool_ != nullptr) pool_->add(greenlet, false);
        if (own_ != nullptr) own_->add(greenlet);
    }
    greenlet.start();
}

bool Handlers::lose_slot() {
    if (pool_ == nullptr) return false;
    const AnyGreenlet caller = getcurrent();
    slotless_.add(caller);
    pool_->discard(caller);
    return true;
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

// While it lives, the calling handler counts as one that stops the server: two that do would wait for each other.
class Handlers::Stopping {
public:
    explicit Stopping(std::vector<AnyGreenlet>& stopping) : stopping_{stopping} {
        stopping_.push_back(getcurrent());
    }
    ~Stopping() { stopping_.erase(std::find(stopping_.begin(), stopping_.end(), caller_)); }
    Stopping(const Stopping&) = delete;
    Stopping& operator=(const Stopping&) = delete;

private:
    std::vector<AnyGreenlet>& stopping_;
    AnyGreenlet caller_ = getcurrent();
};

bool Handlers::stops(const AnyGreenlet& greenlet) const noexcept {
    return std::find(stopping_.begin(), stopping_.end(), greenlet) != stopping_.end();
}

bool Handlers::runs_one() const {
    const AnyGreenlet caller = getcurrent();
    return tracked().contains(caller) || slotless_.contains(caller);
}

bool Handlers::join(Timespan timeout) {
    const Deadline deadline{timeout};
    // From the one to the other they go, and never back.
    if (!runs_one()) return tracked().join(timeout) && slotless_.join(deadline.left());
    const Stopping stopping{stopping_};
    for (const Group* group : {&tracked(), &slotless_}) {
        for (const AnyGreenlet& greenlet : *group) {
            if (!stops(greenlet) && !greenlet.join(deadline.left())) return false;
        }
    }
    return true;
}

void Handlers::kill() {
    constexpr Duration kUnwindTime = std::chrono::seconds{1};
    const Deadline deadline{kUnwindTime};
    if (!runs_one()) {
        slotless_.kill(GreenletExit{}, false);
        tracked().kill(GreenletExit{}, true, kUnwindTime);
        slotless_.kill(GreenletExit{}, true, deadline.left());
        return;
    }
    const Stopping stopping{stopping_};
    std::vector<AnyGreenlet> others;
    for (const Group* group : {&tracked(), &slotless_}) {
        for (const AnyGreenlet& greenlet : *group) {
            if (stops(greenlet)) continue;
            greenlet.kill(GreenletExit{}, false);
            others.push_back(greenlet);
        }
    }
    for (const AnyGreenlet& greenlet : others) greenlet.join(deadline.left());
}

}  // namespace grove::http
