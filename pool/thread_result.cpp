#include <grove/pool/thread_result.h>

#include <grove/core/detail/waiter.h>
#include <grove/core/errors.h>

namespace grove::detail {

ThreadTask::~ThreadTask() = default;

void ThreadTask::run() noexcept {
    try {
        call();
        returned = true;
    } catch (const GreenletExit&) {  // the root of the task: a successful end without a value
    } catch (...) {                  // kept for whoever asks
        error = std::current_exception();
    }
    drop_function();
}

void ThreadTask::fail(std::exception_ptr reason) noexcept {
    error = std::move(reason);
    drop_function();
}

void ThreadTask::report() const noexcept {
    if (error != nullptr) get_hub().handle_error("a task of a ThreadPool failed", error);
}

class ThreadOutcome::Link final : public WaitNode {
public:
    Link(Hub& hub, LinkId id, std::function<void()> function)
        : WaitNode{Kind::kLink}, hub_{hub}, id_{id}, function_{std::move(function)} {}

    [[nodiscard]] LinkId id() const noexcept { return id_; }

    void notify() noexcept override {
        try {
            function_();
        } catch (...) {
            hub_.handle_error("a link of a ThreadResult", std::current_exception());
        }
        delete this;
    }

private:
    Hub& hub_;
    LinkId id_;
    std::function<void()> function_;
};

ThreadOutcome::ThreadOutcome() : hub_{get_hub()} {}

ThreadOutcome::~ThreadOutcome() {
    while (auto* link = dynamic_cast<Link*>(links_.front())) delete link;
}

void ThreadOutcome::ended() noexcept {
    ready_ = true;
    report();
    notify_links();
    release();
}

void ThreadOutcome::notify_links() noexcept {
    while (!links_.empty()) links_.notify_front();
}

bool ThreadOutcome::wait(Timespan timeout) {
    if (ready_) return true;
    Waiter waiter{WaitNode::Kind::kLooker, "a task of a ThreadPool"};
    links_.push_back(waiter);
    return waiter.block(timeout);
}

LinkId ThreadOutcome::rawlink(std::function<void()> link) {
    links_.push_back(*new Link{hub_, ++last_link_, std::move(link)});
    if (ready_) {
        if (late_links_ == nullptr) {
            late_links_ = std::make_unique<HubCall>(hub_, [this] {
                notify_links();
                release();
            });
        }
        if (!late_links_->scheduled()) retain();
        late_links_->schedule();
    }
    return last_link_;
}

void ThreadOutcome::unlink(LinkId id) noexcept {
    for (WaitNode* node = links_.front(); node != nullptr; node = node->next()) {
        auto* link = dynamic_cast<Link*>(node);
        if (link == nullptr || link->id() != id) continue;
        delete link;
        return;
    }
}

ThreadOutcome& AnyThreadResult::checked() const {
    if (outcome_ == nullptr) throw std::logic_error{"a call on a null ThreadResult"};
    return *outcome_;
}

void AnyThreadResult::wait_for_value(bool block, Timespan timeout) const {
    const AnyThreadResult kept = *this;  // whoever owns this handle may drop it meanwhile
    ThreadOutcome& outcome = checked();
    if (!outcome.is_ready() && (!block || !outcome.wait(timeout)))
        throw Timeout{0, timeout.value_or(Duration::zero())};
    if (outcome.error != nullptr) std::rethrow_exception(outcome.error);
    if (!outcome.returned) throw Killed{"the task of a ThreadPool ended by GreenletExit"};
}

}  // namespace grove::detail
