#include "thread_crew.h"

#include <chrono>
#include <system_error>
#include <utility>

#include <grove/core/detail/waiter.h>

namespace grove::detail {
namespace {

thread_local const ThreadCrew* this_crew = nullptr;

std::exception_ptr call_hook(const std::function<void()>& hook) noexcept {
    if (!hook) return nullptr;
    try {
        hook();
    } catch (...) {  // kept: it fails a task, or is reported in the hub
        return std::current_exception();
    }
    return nullptr;
}

}  // namespace

ThreadCrew::ThreadCrew(Hub& hub, std::size_t maxsize, const ThreadPoolOptions& options)
    : slots{maxsize}, hub_{hub}, options_{options}, limit_{maxsize} {}

bool ThreadCrew::runs_here() const noexcept { return this_crew == this; }

void ThreadCrew::hand_over(ThreadTask& task, Slot slot) {
    {
        const std::lock_guard lock{mutex_};
        if (pending_ + 1 > idle_) start_thread();
        task.slot = std::move(slot);
        task.next = nullptr;
        (last_ != nullptr ? last_->next : first_) = &task;
        last_ = &task;
        ++pending_;
    }
    ++unfinished_;
    hub_.keep();
    work_.notify_one();
}

// Those that run will take what none can be made for.
void ThreadCrew::start_thread() {
    const auto self = threads_.emplace(threads_.end());
    try {
        *self = std::thread{[crew = shared_from_this(), self] { crew->work(self); }};
    } catch (const std::system_error&) {
        threads_.erase(self);
        if (threads_.empty()) throw;
        return;
    }
    ++idle_;
    ++staying_;
}

void ThreadCrew::set_limit(std::size_t limit) {
    {
        const std::lock_guard lock{mutex_};
        limit_ = limit;
    }
    work_.notify_all();
}

std::size_t ThreadCrew::thread_count() const {
    const std::lock_guard lock{mutex_};
    return threads_.size();
}

bool ThreadCrew::wait_idle(Timespan timeout) {
    if (unfinished_ == 0) return true;
    Waiter waiter{WaitNode::Kind::kLooker, "the tasks of a ThreadPool"};
    joiners_.push_back(waiter);
    return waiter.block(timeout);
}

void ThreadCrew::wait_departed() {
    while (thread_count() != 0) {
        Waiter waiter{WaitNode::Kind::kLooker, "the threads of a ThreadPool to leave"};
        departure_.push_back(waiter);
        hub_.keep();  // the threads will post
        struct Unkeep {
            Hub& hub;
            ~Unkeep() { hub.unkeep(); }
        } const unkeep{hub_};
        waiter.block();
    }
}

void ThreadCrew::dismiss() {
    set_limit(0);
    Threads left;
    {
        std::unique_lock lock{mutex_};
        left_one_.wait(lock, [this] { return threads_.empty(); });
        left.swap(left_);
    }
    for (std::thread& thread : left) thread.join();
}

// ---- in the hub, when a thread has posted

void ThreadCrew::collect() noexcept {
    ThreadTask* newest = nullptr;
    Threads left;
    std::vector<std::exception_ptr> hook_errors;
    bool none_left = false;
    {
        const std::lock_guard lock{mutex_};
        newest = std::exchange(done_, nullptr);
        left.swap(left_);
        hook_errors.swap(hook_errors_);
        none_left = threads_.empty();
        posted_ = false;
    }
    ThreadTask* oldest = nullptr;
    while (newest != nullptr) {
        ThreadTask* const task = newest;
        newest = std::exchange(task->next, oldest);
        oldest = task;
    }
    while (oldest != nullptr) end(*std::exchange(oldest, oldest->next));
    for (std::thread& thread : left) thread.join();
    for (const std::exception_ptr& error : hook_errors)
        hub_.handle_error("a hook of a ThreadPool", error);
    if (none_left) {
        while (!departure_.empty()) departure_.notify_front();
    }
}

void ThreadCrew::end(ThreadTask& task) noexcept {
    hub_.unkeep();
    --unfinished_;
    task.slot.give_back();
    task.ended();
    if (unfinished_ != 0) return;
    while (!joiners_.empty()) joiners_.notify_front();
}

// ---- in the threads

void ThreadCrew::work(Threads::iterator self) noexcept {
    this_crew = this;
    std::exception_ptr bad_start = call_hook(options_.on_start);
    const bool started = bad_start == nullptr;
    std::unique_lock lock{mutex_};
    work_until_leaving(lock, std::move(bad_start));
    lock.unlock();
    std::exception_ptr bad_stop = started ? call_hook(options_.on_stop) : nullptr;
    lock.lock();
    if (bad_stop != nullptr) hook_errors_.push_back(std::move(bad_stop));
    left_.splice(left_.end(), threads_, self);
    left_one_.notify_one();
    post(lock);
}

void ThreadCrew::work_until_leaving(std::unique_lock<std::mutex>& lock,
                                    std::exception_ptr bad_start) {
    while (wait_for_task(lock)) {
        ThreadTask& task = take_task();
        lock.unlock();
        if (bad_start != nullptr) {
            task.fail(std::move(bad_start));
            lock.lock();
            --staying_;
            give_back_task(lock, task);
            return;
        }
        task.run();
        lock.lock();
        ++idle_;  // before its result is known: whoever spawns next finds this thread
        give_back_task(lock, task);
    }
    --idle_;
    --staying_;  // at once: on_stop may take its time, and no other is to leave in this one's place
    if (bad_start != nullptr) hook_errors_.push_back(std::move(bad_start));
}

bool ThreadCrew::wait_for_task(std::unique_lock<std::mutex>& lock) {
    const auto must_act = [this] { return first_ != nullptr || staying_ > limit_; };
    if (options_.idle) {
        work_.wait_for(lock, *options_.idle, must_act);
    } else {
        work_.wait(lock, must_act);
    }
    return first_ != nullptr;
}

ThreadTask& ThreadCrew::take_task() noexcept {
    ThreadTask& task = *first_;
    first_ = task.next;
    if (first_ == nullptr) last_ = nullptr;
    --pending_;
    --idle_;
    return task;
}

void ThreadCrew::give_back_task(std::unique_lock<std::mutex>& lock, ThreadTask& task) {
    task.next = done_;
    done_ = &task;
    post(lock);
}

void ThreadCrew::post(std::unique_lock<std::mutex>& lock) {
    if (std::exchange(posted_, true)) return;
    lock.unlock();
    hub_.run_threadsafe([crew = shared_from_this()] { crew->collect(); });
    lock.lock();
}

}  // namespace grove::detail
