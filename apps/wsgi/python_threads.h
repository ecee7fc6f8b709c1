// python_threads.h - the Python threads of one application.
//
// They are made once, and keep what Python has for a thread (threading.local, connections of Django's) for life.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>

#include "base_environ.h"
#include "job.h"
#include "job_queue.h"
#include "python.h"
#include "tallies.h"

namespace grove::wsgi {

class Interpreter;

/// Shared with its threads, of which some may outlive everything else.
class PythonThreads : public std::enable_shared_from_this<PythonThreads> {
public:
    /// With the GIL. @param waiting  how many jobs may wait @param later  as JobQueue's
    PythonThreads(PyRef application, std::size_t count, std::size_t waiting,
                  std::function<void()> later);
    PythonThreads(const PythonThreads&) = delete;
    PythonThreads& operator=(const PythonThreads&) = delete;

    /// Once, with the GIL. @throws std::system_error
    void start();

    [[nodiscard]] JobQueue& queue() noexcept { return queue_; }

    /// In the hub's thread. @return false: too many wait
    [[nodiscard]] bool take(std::shared_ptr<Job> job);
    /// Nobody waits for the job any more: RequestKilled is thrown into its thread, if it has one. In the hub's thread.
    Job::Abandoned abandon(const std::shared_ptr<Job>& job, Interpreter& interpreter);
    /// All threads run requests for which nobody waits.
    [[nodiscard]] bool all_abandoned() const noexcept { return abandoned_ == count_; }

    /// No further job is run; blocks the thread until all threads have left. @return false: `time` passed first
    bool end(std::chrono::milliseconds time) noexcept;

private:
    void work(std::size_t number) noexcept;
    void run(const std::shared_ptr<Job>& job) noexcept;

    /// Left to Python's end: whoever lets go of the threads has no GIL.
    struct Objects {
        PyRef application;
        BaseEnviron environ;
    };

    const Objects& objects_;
    const std::size_t count_;
    Tallies tallies_;
    JobQueue queue_;
    std::atomic<std::size_t> abandoned_ = 0;

    std::mutex mutex_;  // guards what follows
    std::condition_variable left_;
    std::size_t living_ = 0;
};

}  // namespace grove::wsgi
