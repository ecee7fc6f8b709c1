// feeding.h - how the items of a map or imap become tasks.
//
// Nothing here is for users. Thread: its hub's.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <grove/core/errors.h>
#include <grove/core/shield.h>
#include <grove/core/timeout.h>
#include <grove/pool/detail/mapping_job.h>
#include <grove/pool/detail/place.h>
#include <grove/pool/detail/slot.h>

namespace grove::detail {

/// A job with its function. Kept alive by the feeder, the tasks and the iterator.
template <class F>
class JobOf final : public MappingJob {
public:
    template <class G, class... Rest>
    explicit JobOf(G&& its_function, Rest&&... rest)
        : MappingJob{std::forward<Rest>(rest)...}, function{std::forward<G>(its_function)} {}
    F function;
};

/// A share in a job.
template <class Job>
class JobPtr {
public:
    JobPtr() noexcept = default;
    explicit JobPtr(Job* job) noexcept : job_{job} { job_->retain(); }
    JobPtr(JobPtr&& other) noexcept : job_{std::exchange(other.job_, nullptr)} {}
    JobPtr& operator=(JobPtr&& other) noexcept {
        std::swap(job_, other.job_);
        return *this;
    }
    ~JobPtr() {
        if (job_ != nullptr) job_->release();
    }

    [[nodiscard]] explicit operator bool() const noexcept { return job_ != nullptr; }
    Job& operator*() const noexcept { return *job_; }
    Job* operator->() const noexcept { return job_; }

private:
    Job* job_ = nullptr;
};

/// The feeder's own share: when it goes, whether the feeder ran or not, feeding is over.
template <class F>
class FeederShare {
public:
    explicit FeederShare(JobOf<F>& job) noexcept : job_{&job} {}
    FeederShare(FeederShare&&) noexcept = default;
    FeederShare& operator=(FeederShare&&) = delete;
    ~FeederShare() {
        if (!job_) return;
        if (!over_) job_->stop(MappingJob::Stop::kKilled);
        job_->feed_over();
    }
    void over() noexcept { over_ = true; }
    JobOf<F>& operator*() const noexcept { return *job_; }
    JobOf<F>* operator->() const noexcept { return &*job_; }

private:
    JobPtr<JobOf<F>> job_;
    bool over_ = false;
};

/// The next items; nullopt: the range has ended or failed, which the job is told, or the job was
/// stopped.
/// @throws a kill or a timeout that came while the range blocked
template <class Walk>
auto pull(MappingJob& job, Walk& walk) -> decltype(walk.next()) {
    try {
        const MappingJob::RangeScope in_range{job};
        auto items = walk.next();
        if (!items) job.feed_exhausted();
        return items;
    } catch (const GreenletExit&) {
        if (!job.stopped()) throw;
    } catch (const Timeout&) {
        throw;
    } catch (...) {  // the job keeps it for whoever wants the results
        job.feed_failed(std::current_exception());
    }
    return std::nullopt;
}

/// One call in the feeder itself. @throws a kill or a timeout that came meanwhile
template <class R, class F, class Items>
void run_inline(JobOf<F>& job, Items&& items) {
    auto place = std::make_unique<PlaceOf<Kept<R>>>();
    try {
        if constexpr (std::is_void_v<R>) {
            std::apply(job.function, std::move(items));
            place->value.emplace();
        } else {
            place->value.emplace(std::apply(job.function, std::move(items)));
        }
        place->state = Place::State::kValue;
    } catch (const GreenletExit&) {
        throw;
    } catch (const Timeout&) {
        throw;
    } catch (...) {  // kept in the item's place
        place->error = std::current_exception();
        place->state = Place::State::kFailed;
    }
    const bool failed = place->state == Place::State::kFailed;
    job.add_place(std::move(place));
    if (failed) job.stop(MappingJob::Stop::kFailed);
}

/// Starts a task for each item until the ranges end or the job is stopped. Items are taken lazily:
/// at most one is held in hand.
/// @param may_run_inline the feeder holds a slot of the pool itself, so it could wait for another
/// slot for ever
/// @throws what interrupted it
template <class R, class Pool, class F, class ZipOfRanges>
void feed(Pool& pool, JobOf<F>& job, ZipOfRanges& zip, bool may_run_inline) {
    typename ZipOfRanges::Walk walk{zip};
    while (job.wait_for_budget()) {
        auto items = pull(job, walk);
        if (!items) return;
        if (may_run_inline && job.starved()) {
            run_inline<R>(job, std::move(*items));
            continue;
        }
        auto task = pool.template make_task<R>(job, job.function, std::move(*items));
        Slot slot;
        if (!job.wait_for_slot(slot)) return;
        pool.launch(std::move(task), std::move(slot));
    }
}

/// Feeds, and waits for all tasks that were started: it ends only after them.
/// @throws what interrupted it; running tasks were killed then, and have ended
template <class R, class Pool, class F, class ZipOfRanges>
void feed_and_wait(Pool& pool, FeederShare<F>& job, ZipOfRanges& zip, bool may_run_inline) {
    std::exception_ptr interruption;
    try {
        feed<R>(pool, *job, zip, may_run_inline);
        job->feed_over();
        job->wait_idle();
    } catch (...) {  // rethrown below, outside of the handler, once the tasks have ended
        interruption = std::current_exception();
    }
    job.over();
    if (interruption == nullptr) return;
    job->stop(MappingJob::Stop::kInterrupted);
    job->feed_over();
    job->kill_tasks();
    {
        const Shield shield;
        job->wait_idle();
    }
    std::rethrow_exception(interruption);
}

/// An imap's feeder greenlet.
template <class R, class Pool, class F, class ZipOfRanges>
class ImapFeeder {
public:
    ImapFeeder(Pool& pool, FeederShare<F> job, ZipOfRanges zip)
        : pool_{pool}, job_{std::move(job)}, zip_{std::move(zip)} {}

    void operator()() {
        try {
            feed<R>(pool_, *job_, zip_, false);
            job_.over();
        } catch (const GreenletExit&) {  // the root of the greenlet: its share says Killed
        } catch (...) {
            job_->feed_failed(std::current_exception());
            job_.over();
        }
    }

private:
    Pool& pool_;
    FeederShare<F> job_;
    ZipOfRanges zip_;
};

}  // namespace grove::detail
