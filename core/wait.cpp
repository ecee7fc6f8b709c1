#include <grove/core/wait.h>

#include <algorithm>
#include <deque>
#include <stdexcept>

#include <grove/core/detail/wait_list.h>
#include <grove/core/detail/waiter.h>
#include <grove/core/errors.h>

#include "hub_access.h"
#include "this_hub.h"

namespace grove {

struct IWait::Watch {
    // Stands among the links of one greenlet that is not dead yet.
    class Place final : public WaitNode {
    public:
        Place(Watch& watch, AnyGreenlet greenlet)
            : WaitNode{Kind::kInternal}, watch_{watch}, greenlet_{std::move(greenlet)} {
            greenlet_.attach(*this);
        }
        void notify() noexcept override { watch_.ended(greenlet_); }

    private:
        Watch& watch_;
        AnyGreenlet greenlet_;
    };

    void ended(const AnyGreenlet& greenlet) noexcept {
        ready.push_back(greenlet);
        if (waiter != nullptr) waiter->wake();
    }

    Deadline deadline;
    std::size_t wanted;
    bool out_of_time = false;
    Waiter* waiter = nullptr;
    std::deque<AnyGreenlet> ready{};
    std::deque<Place> places{};  // last: gone before `ready`
};

IWait::IWait(std::vector<AnyGreenlet> greenlets, Timespan timeout, std::optional<std::size_t> count)
    : watch_{new Watch{Deadline{timeout},
                       std::min(count.value_or(greenlets.size()), greenlets.size())}} {
    for (AnyGreenlet& greenlet : greenlets) {
        if (!greenlet.valid()) throw std::logic_error{"wait: one of the handles is null"};
        if (greenlet.dead()) {
            watch_->ready.push_back(std::move(greenlet));
        } else {
            watch_->places.emplace_back(*watch_, std::move(greenlet));
        }
    }
}

IWait::IWait(IWait&&) noexcept = default;
IWait& IWait::operator=(IWait&&) noexcept = default;
IWait::~IWait() = default;

std::optional<AnyGreenlet> IWait::next() {
    if (watch_ == nullptr || watch_->wanted == 0) return std::nullopt;
    if (watch_->ready.empty()) {
        if (watch_->out_of_time) return std::nullopt;
        Waiter waiter{WaitNode::Kind::kLooker, "the end of several greenlets"};
        struct Waiting {
            Waiter*& slot;
            ~Waiting() { slot = nullptr; }
        } const waiting{watch_->waiter};
        watch_->waiter = &waiter;
        const bool woken = waiter.block(watch_->deadline.left());
        watch_->out_of_time = !woken || watch_->deadline.passed();
        if (!woken) return std::nullopt;
    }
    AnyGreenlet greenlet = std::move(watch_->ready.front());
    watch_->ready.pop_front();
    if (--watch_->wanted == 0) watch_->places.clear();
    return greenlet;
}

std::vector<AnyGreenlet> wait(const std::vector<AnyGreenlet>& greenlets, Timespan timeout,
                              std::optional<std::size_t> count) {
    std::vector<AnyGreenlet> ended;
    for (const AnyGreenlet& greenlet : iwait(greenlets, timeout, count)) ended.push_back(greenlet);
    return ended;
}

void joinall(const std::vector<AnyGreenlet>& greenlets, Timespan timeout, bool raise_error) {
    if (!raise_error) {  // then their order does not matter
        const Deadline deadline{timeout};
        for (const AnyGreenlet& greenlet : greenlets) {
            if (!greenlet.join(deadline.left())) return;
        }
        return;
    }
    for (const AnyGreenlet& greenlet : iwait(greenlets, timeout)) {
        if (greenlet.exception() != nullptr) std::rethrow_exception(greenlet.exception());
    }
}

void detail::kill_all(const std::vector<AnyGreenlet>& greenlets, std::exception_ptr exception,
                      bool block, Timespan timeout) {
    if (exception == nullptr) throw std::invalid_argument{"killall(): the exception_ptr is null"};
    const Deadline deadline{timeout};
    const AnyGreenlet self = getcurrent();
    const std::uint32_t mark = HubAccess::next_killall(current_hub());
    bool kills_itself = false;
    for (const AnyGreenlet& greenlet : greenlets) {
        if (greenlet == self) {
            kills_itself = true;
        } else if (!greenlet.valid() || greenlet.mark_once(mark)) {
            greenlet.kill(exception, false);
        }
    }
    if (block) {
        for (const AnyGreenlet& greenlet : greenlets) {
            if (greenlet == self || greenlet.is_main() || greenlet.join(deadline.left())) continue;
            throw Timeout{0, timeout.value_or(Duration::zero())};
        }
    }
    if (kills_itself) self.kill(exception, block);
}

}  // namespace grove
