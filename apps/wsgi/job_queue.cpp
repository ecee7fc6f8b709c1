#include "job_queue.h"

#include <algorithm>
#include <utility>

#include "job.h"
#include "python.h"

namespace grove::wsgi {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kLongWait = std::chrono::microseconds{200};
constexpr int kAveraged = 8;

}  // namespace

JobQueue::JobQueue(std::size_t most, std::function<void()> later)
    : most_{most}, later_{std::move(later)} {}

bool JobQueue::push(std::shared_ptr<Job> job) {
    const std::lock_guard lock{mutex_};
    if (jobs_.size() >= most_ + idle_.size()) return false;
    jobs_.push_back(std::move(job));
    wake_one();
    return true;
}

bool JobQueue::remove(const Job& job) noexcept {
    const std::lock_guard lock{mutex_};
    return std::erase_if(jobs_, [&job](const auto& one) { return one.get() == &job; }) != 0;
}

void JobQueue::look() {
    const std::lock_guard lock{mutex_};
    asked_later_ = false;
    if (jobs_.empty() || idle_.empty() || waking_) return;
    gil_wait_ = {};  // this one is woken, whatever it costs
    wake_one();
}

void JobQueue::close() noexcept {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    for (Idle* const one : idle_) {
        one->woken = true;
        one->woken_up.notify_one();
    }
    idle_.clear();
}

std::size_t JobQueue::waiting() const {
    const std::lock_guard lock{mutex_};
    return jobs_.size();
}

void JobQueue::wake_one() {
    if (idle_.empty() || waking_) return;
    if (gil_wait_ > kLongWait && working_ != 0) {
        if (!std::exchange(asked_later_, true)) later_();
        return;
    }
    waking_ = true;
    Idle* const last = idle_.back();
    idle_.pop_back();
    last->woken = true;
    last->woken_up.notify_one();
}

std::shared_ptr<Job> JobQueue::pop() {
    std::unique_lock lock{mutex_};
    while (!closed_ && jobs_.empty()) wait(lock);
    if (closed_) return nullptr;
    std::shared_ptr<Job> job = std::move(jobs_.front());
    jobs_.pop_front();
    ++working_;
    if (!jobs_.empty()) wake_one();
    return job;
}

void JobQueue::done() noexcept {
    const std::lock_guard lock{mutex_};
    --working_;
}

void JobQueue::wait(std::unique_lock<std::mutex>& lock) {
    Idle self;
    idle_.push_back(&self);
    Clock::time_point woken;
    lock.unlock();
    {
        const WithoutGil without_gil;
        lock.lock();
        self.woken_up.wait(lock, [&self] { return self.woken; });
        lock.unlock();
        woken = Clock::now();
    }
    const Duration waited = Clock::now() - woken;
    lock.lock();
    gil_wait_ += (waited - gil_wait_) / kAveraged;
    waking_ = false;
}

}  // namespace grove::wsgi
