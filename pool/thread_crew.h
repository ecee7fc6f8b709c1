// thread_crew.h - the threads of a ThreadPool, what they have to do, and the way back to the hub.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <unistd.h>

#include <grove/core/detail/wait_list.h>
#include <grove/core/duration.h>
#include <grove/core/hub.h>
#include <grove/pool/detail/slot.h>
#include <grove/pool/detail/thread_task.h>
#include <grove/pool/thread_pool_options.h>

namespace grove::detail {

/// Shared by the pool, its threads and what they post to the hub. All but work() is called in the
/// hub's thread.
class ThreadCrew : public std::enable_shared_from_this<ThreadCrew> {
public:
    ThreadCrew(Hub& hub, std::size_t maxsize, const ThreadPoolOptions& options);
    ThreadCrew(const ThreadCrew&) = delete;
    ThreadCrew& operator=(const ThreadCrew&) = delete;

    /// The running thread is one of this crew's.
    [[nodiscard]] bool runs_here() const noexcept;
    /// fork() has left its threads behind.
    [[nodiscard]] bool left_by_fork() const noexcept { return process_ != ::getpid(); }

    /// Has a thread run the task. @throws std::system_error if there can be none; the slot is back
    void hand_over(ThreadTask& task, Slot slot);
    /// How many threads may stay when there is nothing to do.
    void set_limit(std::size_t limit);
    [[nodiscard]] std::size_t thread_count() const;

    /// Switches until nothing is unfinished. @return false: `timeout` passed first
    bool wait_idle(Timespan timeout);
    [[nodiscard]] bool idle() const noexcept { return unfinished_ == 0; }
    /// Switches until all threads have left. @pre set_limit(0)
    void wait_departed();
    /// Ends and joins all threads, stopping this one meanwhile. @pre nothing is unfinished
    void dismiss();

    Slots slots;

private:
    using Threads = std::list<std::thread>;

    void start_thread();
    void work(Threads::iterator self) noexcept;
    void work_until_leaving(std::unique_lock<std::mutex>& lock, std::exception_ptr bad_start);
    [[nodiscard]] bool wait_for_task(std::unique_lock<std::mutex>& lock);
    [[nodiscard]] ThreadTask& take_task() noexcept;
    void give_back_task(std::unique_lock<std::mutex>& lock, ThreadTask& task);
    void post(std::unique_lock<std::mutex>& lock);
    void collect() noexcept;
    void end(ThreadTask& task) noexcept;

    Hub& hub_;
    const ThreadPoolOptions options_;
    const pid_t process_ = ::getpid();

    // The hub's thread only.
    std::size_t unfinished_ = 0;
    WaitList joiners_;
    WaitList departure_;

    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable work_;
    std::condition_variable left_one_;
    ThreadTask* first_ = nullptr;  // to be run
    ThreadTask* last_ = nullptr;
    std::size_t pending_ = 0;
    std::size_t idle_ = 0;     // threads that will take the next task, those just made included
    std::size_t staying_ = 0;  // threads that have not made up their mind to leave
    std::size_t limit_;
    Threads threads_;
    Threads left_;                // to be joined
    ThreadTask* done_ = nullptr;  // newest first
    std::vector<std::exception_ptr> hook_errors_;
    bool posted_ = false;
};

}  // namespace grove::detail
