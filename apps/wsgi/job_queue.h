// job_queue.h - the jobs of one application that wait for a Python thread, and the threads that wait for jobs.
//
// Whoever ends a job takes the next one without letting go of the GIL. One thread at most is woken at a time, the one
// that began to wait last, and it has the GIL before it looks for a job: to wake more would make a convoy of threads that
// pass the GIL on to each other. Where a woken thread must wait long for the GIL, Python is busy: the next wake comes a
// little later, when a thread that has the GIL may have taken the job.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace grove::wsgi {

class Job;

class JobQueue {
public:
    using Duration = std::chrono::steady_clock::duration;

    /// @param most  that may wait
    /// @param later  called, by any thread, when look() is to be called a little later
    JobQueue(std::size_t most, std::function<void()> later);
    JobQueue(const JobQueue&) = delete;
    JobQueue& operator=(const JobQueue&) = delete;

    // ---- in the hub's thread, which never has the GIL

    /// @return false: too many wait
    [[nodiscard]] bool push(std::shared_ptr<Job> job);
    /// It is not to be run any more. @return false: it does not wait
    bool remove(const Job& job) noexcept;
    /// What `later` has asked for.
    void look();
    /// Threads that wait, and those that want the next job, leave.
    void close() noexcept;
    [[nodiscard]] std::size_t waiting() const;

    // ---- in a Python thread, which has the GIL

    /// Blocks, without the GIL, until there is a job. @return null: the thread is to end
    std::shared_ptr<Job> pop();
    /// The job that pop() gave is done.
    void done() noexcept;

private:
    struct Idle {
        std::condition_variable woken_up{};
        bool woken = false;
    };

    void wake_one();
    void wait(std::unique_lock<std::mutex>& lock);

    const std::size_t most_;
    const std::function<void()> later_;
    mutable std::mutex mutex_;  // guards what follows; nobody waits for the GIL with it
    std::deque<std::shared_ptr<Job>> jobs_;
    std::vector<Idle*> idle_;  // the last one began to wait last
    std::size_t working_ = 0;  // threads that run a job
    bool waking_ = false;      // one is on its way to the GIL
    bool asked_later_ = false;
    bool closed_ = false;
    Duration gil_wait_{};  // of those that were woken, averaged
};

}  // namespace grove::wsgi
