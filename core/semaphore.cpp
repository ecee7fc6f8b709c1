#include <grove/core/semaphore.h>

#include <memory>
#include <stdexcept>
#include <utility>

#include <grove/core/detail/assert.h>
#include <grove/core/detail/waiter.h>

#include "block_here.h"
#include "hub_access.h"
#include "thread_check.h"

namespace grove {

class Semaphore::Link final : public WaitNode {
public:
    Link(Semaphore& semaphore, LinkId id, std::function<void()> function)
        : WaitNode{Kind::kLink}, semaphore_{semaphore}, id_{id}, function_{std::move(function)} {}

    [[nodiscard]] LinkId id() const noexcept { return id_; }

    /// Its function may destroy the semaphore, and with it this.
    void notify() noexcept override {
        Hub& hub = semaphore_.hub_;
        const std::unique_ptr<Link> self{this};
        try {
            function_();
        } catch (...) {
            hub.handle_error("a link of a Semaphore", std::current_exception());
        }
    }

private:
    Semaphore& semaphore_;
    LinkId id_;
    std::function<void()> function_;
};

Semaphore::Semaphore(int value)
    : hub_{get_hub()}, counter_{value}, notification_{hub_, [this] { serve_line(); }} {
    if (value < 0) throw std::invalid_argument{"Semaphore: the value must not be negative"};
}

Semaphore::~Semaphore() {
    if (gone_ != nullptr) *gone_ = true;
    while (auto* link = dynamic_cast<Link*>(waiters_.front())) delete link;
    GROVE_ASSERT(waiters_.empty(), "a Semaphore was destroyed under its waiters");
}

bool Semaphore::acquire(bool blocking, Timespan timeout) {
    check_thread(hub_, "Semaphore::acquire()");
    if (may_take()) {
        --counter_;
        return true;
    }
    return blocking && wait_in_line(timeout);
}

// Apart, so that a free permit pays for none of its registers.
[[gnu::noinline]] bool Semaphore::wait_in_line(Timespan timeout) {
    return HubAccess::wait_in(waiters_, WaitNode::Kind::kTaker, "a Semaphore", timeout);
}

void Semaphore::release() {
    check_thread(hub_, "Semaphore::release()");
    if (waiters_.hand_over()) return;
    ++counter_;
    if (!waiters_.empty()) notification_.schedule();
}

// Those who take nothing are served one after another; then acquirers are given what is left. A
// link that links again waits for the next round, or it would be called for ever.
void Semaphore::serve_line() {
    const LinkId newest = last_link_;
    bool gone = false;
    gone_ = &gone;
    while (counter_ > 0 && !waiters_.empty()) {
        const WaitNode& head = *waiters_.front();
        const bool is_link = head.kind() == WaitNode::Kind::kLink;
        if (is_link && static_cast<const Link&>(head).id() > newest) {
            notification_.schedule();
            break;
        }
        if (head.kind() == WaitNode::Kind::kTaker) --counter_;
        serving_link_ = is_link;
        waiters_.notify_front();
        if (gone) return;
        serving_link_ = false;
    }
    gone_ = nullptr;
}

int Semaphore::wait(Timespan timeout) {
    check_thread(hub_, "Semaphore::wait()");
    if (may_take()) return counter_;
    if (!HubAccess::wait_in(waiters_, WaitNode::Kind::kLooker, "a Semaphore", timeout)) return 0;
    return counter_;
}

LinkId Semaphore::rawlink(std::function<void()> link) {
    check_thread(hub_, "Semaphore::rawlink()");
    waiters_.push_back(*new Link{*this, ++last_link_, std::move(link)});
    if (counter_ > 0) notification_.schedule();
    return last_link_;
}

void Semaphore::unlink(LinkId id) noexcept {
    for (WaitNode* node = waiters_.front(); node != nullptr; node = node->next()) {
        auto* link = dynamic_cast<Link*>(node);
        if (link == nullptr || link->id() != id) continue;
        delete link;
        return;
    }
}

void BoundedSemaphore::release() {
    if (counter() >= initial_)
        throw std::logic_error{"BoundedSemaphore: released more often than acquired"};
    Semaphore::release();
}

}  // namespace grove
