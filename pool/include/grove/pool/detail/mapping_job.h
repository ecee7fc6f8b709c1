// mapping_job.h - one map or imap in flight: its feeder, its running tasks, its results.
//
// Nothing here is for users; it is public because mapping is a template. Thread: its hub's.
//
// A job has one feeder, which takes items from the range, waits for slots and starts tasks: the
// caller of map(), or the greenlet behind an imap. Stopping the job (by a kill of the pool, a
// failed task of a map, an iterator that is dropped) takes the feeder out of the pool's line at
// once and gives back a slot that it had been handed, so a stopped feeder never touches the pool
// again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <utility>

#include <grove/core/detail/export.h>
#include <grove/core/detail/wait_list.h>
#include <grove/core/greenlet.h>
#include <grove/pool/detail/job_task.h>
#include <grove/pool/detail/place.h>
#include <grove/pool/detail/slot.h>

namespace grove {
class Waiter;
}

namespace grove::detail {

class MappingJob;

/// The jobs that still start tasks in one pool.
class GROVE_EXPORT JobList {
public:
    JobList() noexcept = default;
    ~JobList();  ///< @pre no job is left (asserted): a pool outlives its feeders
    JobList(const JobList&) = delete;
    JobList& operator=(const JobList&) = delete;

    void stop_all() noexcept;  ///< For the kill of their pool.

private:
    friend class MappingJob;
    MappingJob* first_ = nullptr;
};

class GROVE_EXPORT MappingJob {
public:
    enum class Order : std::uint8_t { kOfInput, kOfCompletion };
    enum class OnFailure : std::uint8_t { kGoOn, kStop };
    enum class Stop : std::uint8_t { kNot, kFailed, kInterrupted, kDropped, kKilled };

    /// @param budget how many tasks may be started and not consumed; 0: any number
    MappingJob(JobList& jobs, Slots* slots, Order order, OnFailure on_failure, std::size_t budget);
    MappingJob(const MappingJob&) = delete;
    MappingJob& operator=(const MappingJob&) = delete;
    virtual ~MappingJob();

    void retain() noexcept { ++references_; }
    void release() noexcept {
        if (--references_ == 0) delete this;
    }

    // ---- for the feeder

    /// Switches until one more task may be started. @return false: the job was stopped
    bool wait_for_budget();
    /// Switches until there is a slot in `slot`, which stays empty where there is no limit.
    /// @return false: the job was stopped
    bool wait_for_slot(Slot& slot);
    /// Switches until no task runs.
    void wait_idle();
    /// No slot is free, so a member of the pool that waited for a slot might wait for ever.
    [[nodiscard]] bool starved() const noexcept { return slots_ != nullptr && slots_->free() == 0; }
    void feed_failed(std::exception_ptr error) noexcept;  ///< The range threw.
    void feed_exhausted() noexcept;                       ///< The range has no more items.
    void feed_over() noexcept;  ///< No task will be started any more, for whatever cause.

    /// While it lives, the feeder is in the range's own code, where only an exception can stop it.
    class GROVE_EXPORT RangeScope {
    public:
        explicit RangeScope(MappingJob& job) noexcept;
        ~RangeScope();
        RangeScope(const RangeScope&) = delete;
        RangeScope& operator=(const RangeScope&) = delete;

    private:
        MappingJob& job_;
        GreenletState& feeder_;
    };

    // ---- for tasks

    void started(JobTask& task) noexcept;
    void ended(JobTask& task) noexcept;
    void add_place(std::unique_ptr<Place> place) noexcept;  ///< For an item that ran in the feeder.

    // ---- for those that stop the job

    [[nodiscard]] bool stopped() const noexcept { return stop_ != Stop::kNot; }
    void stop(Stop why) noexcept;  ///< No further task starts. Never switches.
    void kill_tasks() noexcept;    ///< Throws GreenletExit into running tasks.

    // ---- for the consumer

    /// Switches until a result is there, or no further result can come.
    /// @return null: no further result @throws what the range threw, or Killed, once at the end
    std::unique_ptr<Place> next();

    /// The exception that map() throws: of the lowest index that failed, else of the range; null:
    /// none.
    [[nodiscard]] std::exception_ptr failure() const;
    /// The exception that map() would throw is the consequence of a kill.
    [[nodiscard]] bool killed() const noexcept;
    [[nodiscard]] std::size_t place_count() const noexcept { return place_count_; }
    std::unique_ptr<Place> take_first() noexcept;  ///< @pre place_count() > 0

private:
    friend class JobList;
    class Request;

    template <class Condition>
    void wait_until(const Condition& met);
    void wake_feeder() noexcept;
    void tell_consumers() noexcept;
    void leave_pool() noexcept;
    [[nodiscard]] bool deliverable() const noexcept { return first_ != nullptr && first_->ended(); }
    [[nodiscard]] bool finished() const noexcept {
        return over_ && running_ == nullptr && first_ == nullptr;
    }
    std::unique_ptr<Place> finish();
    [[nodiscard]] const Place* first_failed() const noexcept;
    [[nodiscard]] bool cut_short() const noexcept;  // by a kill of the pool

    JobList* jobs_;  // null: left it
    MappingJob* prev_ = nullptr;
    MappingJob* next_ = nullptr;
    Slots* slots_;
    const Order order_;
    const OnFailure on_failure_;
    const bool bounded_;
    Stop stop_ = Stop::kNot;
    bool exhausted_ = false;
    bool over_ = false;
    bool killed_told_ = false;
    bool awaited_ = false;  // somebody waits in next()
    std::size_t budget_;
    std::size_t references_ = 0;
    Waiter* feeder_ = nullptr;               // while it waits
    Request* request_ = nullptr;             // while it stands in the pool's line
    GreenletState* range_feeder_ = nullptr;  // while it is in the range's code
    Interrupt interrupt_;
    std::exception_ptr feed_error_;
    JobTask* running_ = nullptr;
    Place* first_ = nullptr;  // those to deliver; in order of input they may still run
    Place* last_ = nullptr;
    std::size_t place_count_ = 0;
    WaitList consumers_;
};

}  // namespace grove::detail
