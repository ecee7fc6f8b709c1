// thread_pool.h - functions that block a thread, run by operating-system threads (gevent's
// threadpool.ThreadPool).
//
// Thread: all calls belong to the thread (hub) that made the pool; other threads get
// std::logic_error. The pool's own tasks may call apply() alone: it runs inline.
// Order: callers that find it full stand in one line, first come, first served. No task is queued
// behind a thread: at most maxsize() tasks are unfinished.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/core/greenlet.h>
#include <grove/pool/detail/mapping_job.h>
#include <grove/pool/detail/slot.h>
#include <grove/pool/detail/thread_task.h>
#include <grove/pool/greenlet_class.h>
#include <grove/pool/mapping.h>
#include <grove/pool/thread_pool_options.h>  // IWYU pragma: export
#include <grove/pool/thread_result.h>

namespace grove {

class Hub;

namespace detail {
class ThreadCrew;
}

/// Threads are made on demand, up to maxsize. A function runs in one of them and is destroyed
/// there. Its result comes back to the hub, which runs other greenlets meanwhile and waits for the
/// result rather than throw LoopExit. A thread cannot be killed. A greenlet that waits for a task
/// can be killed: it leaves at once, the task runs on, and the result is dropped. But map() waits
/// for the tasks that it has started.
///
/// The threads block no signal, so that programs they execute have an empty mask. So the signals of
/// a SignalHandler may interrupt the threads: then nanosleep(2), poll(2) and other calls that
/// signal(7) names end with EINTR.
///
/// After fork(), in the child, the pool is empty and usable; tasks of the parent never end there.
class GROVE_EXPORT ThreadPool : public GroupMapping<ThreadPool> {
public:
    /// At most `maxsize` threads, made when needed; with 0, tasks wait for set_maxsize().
    explicit ThreadPool(std::size_t maxsize, ThreadPoolOptions options = {});
    /// Switches, under a Shield, until the running tasks have ended, and ends the threads. @pre no
    /// greenlet is blocked in a call of this pool (asserted)
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    /// Calls `function` in a thread. Blocks the greenlet while maxsize() tasks are unfinished.
    /// @throws std::system_error if there is no thread and none can be made
    template <class F, class... A>
    requires detail::Spawnable<F, A...>
    auto spawn(F&& function, A&&... arguments) {
        using R = detail::SpawnResult<F, A...>;
        check_thread("ThreadPool::spawn()");
        auto* task = new detail::ThreadCall<R, std::decay_t<F>, std::decay_t<A>...>{
            std::forward<F>(function), std::forward<A>(arguments)...};
        ThreadResult<R> result{task};
        start(*task);
        return result;
    }

    [[nodiscard]] std::size_t size() const;                                  ///< Threads now.
    [[nodiscard]] std::size_t maxsize() const noexcept { return maxsize_; }  ///< Threads at most.
    /// More: callers that wait go on. Fewer: no task is interrupted; surplus threads leave when
    /// idle.
    void set_maxsize(std::size_t maxsize);
    [[nodiscard]] bool full() const;  ///< spawn() would have to wait.

    /// Blocks until no task is unfinished. @return false: `timeout` passed first
    bool join(Timespan timeout = {});
    /// Starts no further task, blocks until the running tasks have finished, and ends all threads.
    /// Calls blocked in spawn() go on afterwards, on new threads; so do later calls of spawn().
    void kill();

private:
    friend class GroupMapping<ThreadPool>;
    template <class R, class P, class F, class Z>
    friend void detail::feed(P&, detail::JobOf<F>&, Z&, bool);
    class Closing;

    struct NewTask {
        detail::MappedTask* mapped;
        std::unique_ptr<detail::ThreadTask, void (*)(detail::ThreadTask*)> thread;
    };

    // For GroupMapping.
    void check_thread(const char* call) const;
    [[nodiscard]] detail::JobList& jobs() noexcept { return jobs_; }
    [[nodiscard]] detail::Slots* slots();
    [[nodiscard]] bool called_by_member() const noexcept;
    template <class R, class F, class Items>
    NewTask make_task(detail::MappingJob& job, F& function, Items&& items) {
        using Task = detail::MappedThreadTask<R, F, Items>;
        auto* task = new Task{job, function, std::move(items)};
        return {task, {task, [](detail::ThreadTask* made) { delete static_cast<Task*>(made); }}};
    }
    void launch(NewTask task, detail::Slot slot);
    template <class Call>
    auto run_and_wait(Call&& call) {
        return spawn(std::forward<Call>(call)).get();
    }
    template <class Call>
    auto spawn_async(Call&& call) {
        return grove::spawn(
            [this, call = std::forward<Call>(call)]() mutable { return apply(std::move(call)); });
    }
    template <class Callback, class... Result>
    static void after_apply(Callback&& callback, const Result&... result) {
        detail::call_back(callback, result...);
    }

    void start(detail::ThreadOutcome& task);
    [[nodiscard]] detail::ThreadCrew& crew() const;

    Hub& hub_;
    std::size_t maxsize_;
    ThreadPoolOptions options_;
    mutable std::shared_ptr<detail::ThreadCrew> crew_;  // shared with its threads
    std::size_t closers_ = 0;                           // in kill()
    detail::JobList jobs_;
};

}  // namespace grove
