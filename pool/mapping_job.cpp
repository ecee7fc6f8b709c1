#include <grove/pool/detail/mapping_job.h>

#include <stdexcept>

#include <grove/core/detail/assert.h>
#include <grove/core/detail/waiter.h>
#include <grove/core/errors.h>

namespace grove::detail {
namespace {

// A handle that shows what it stands for.
struct OpenHandle : AnyGreenlet {
    explicit OpenHandle(AnyGreenlet greenlet) noexcept : AnyGreenlet{std::move(greenlet)} {}
    using AnyGreenlet::state;
};

/// Sets a variable for a scope.
template <class T>
class ScopedValue {
public:
    ScopedValue(T& variable, T inside, T after = {}) noexcept : variable_{variable}, after_{after} {
        variable_ = inside;
    }
    ~ScopedValue() { variable_ = after_; }
    ScopedValue(const ScopedValue&) = delete;
    ScopedValue& operator=(const ScopedValue&) = delete;

private:
    T& variable_;
    T after_;
};

Killed cut_short_error() { return Killed{"the pool was killed before all items were started"}; }

}  // namespace

/// The feeder's place in the pool's line. Only this leaves the line when the job is stopped; the
/// feeder itself waits in none.
class MappingJob::Request final : public SlotRequest {
public:
    Request(MappingJob& job, Slots& slots) noexcept : SlotRequest{slots}, job_{job} { enqueue(); }

    void granted() noexcept override {
        granted_ = true;
        job_.wake_feeder();
    }
    [[nodiscard]] bool was_granted() const noexcept { return granted_; }

private:
    MappingJob& job_;
    bool granted_ = false;
};

JobList::~JobList() {
    GROVE_ASSERT(first_ == nullptr,
                 "a pool was destroyed while a map or an imap was still taking items for it");
}

void JobList::stop_all() noexcept {
    while (first_ != nullptr) first_->stop(MappingJob::Stop::kKilled);
}

MappingJob::MappingJob(JobList& jobs, Slots* slots, Order order, OnFailure on_failure,
                       std::size_t budget)
    : jobs_{&jobs},
      next_{jobs.first_},
      slots_{slots},
      order_{order},
      on_failure_{on_failure},
      bounded_{budget != 0},
      budget_{budget} {
    if (next_ != nullptr) next_->prev_ = this;
    jobs.first_ = this;
}

MappingJob::~MappingJob() {
    leave_pool();
    while (first_ != nullptr) take_first();
}

void MappingJob::leave_pool() noexcept {
    if (jobs_ == nullptr) return;
    (prev_ != nullptr ? prev_->next_ : jobs_->first_) = next_;
    if (next_ != nullptr) next_->prev_ = prev_;
    jobs_ = nullptr;
    slots_ = nullptr;
}

template <class Condition>
void MappingJob::wait_until(const Condition& met) {
    while (!met()) {
        Waiter waiter{WaitNode::Kind::kLooker, "a slot for a map, or its tasks"};
        const ScopedValue<Waiter*> here{feeder_, &waiter};
        waiter.block();
    }
}

void MappingJob::wake_feeder() noexcept {
    if (feeder_ != nullptr) feeder_->wake();
}

bool MappingJob::wait_for_budget() {
    if (bounded_) wait_until([this] { return budget_ > 0 || stopped(); });
    return !stopped();
}

bool MappingJob::wait_for_slot(Slot& slot) {
    if (stopped() || slots_ == nullptr) return !stopped();
    slot = slots_->try_take();
    if (slot) return true;
    Request request{*this, *slots_};
    const ScopedValue<Request*> here{request_, &request};
    wait_until([&] { return request.was_granted() || stopped(); });
    slot = request.take();
    return !stopped();
}

void MappingJob::wait_idle() {
    wait_until([this] { return running_ == nullptr; });
}

void MappingJob::feed_failed(std::exception_ptr error) noexcept {
    if (feed_error_ == nullptr) feed_error_ = std::move(error);
    feed_over();
}

void MappingJob::feed_exhausted() noexcept {
    exhausted_ = true;
    feed_over();
}

void MappingJob::feed_over() noexcept {
    over_ = true;
    leave_pool();
    tell_consumers();
}

MappingJob::RangeScope::RangeScope(MappingJob& job) noexcept
    : job_{job}, feeder_{*OpenHandle{getcurrent()}.state()} {
    job_.range_feeder_ = &feeder_;
}

MappingJob::RangeScope::~RangeScope() {
    job_.range_feeder_ = nullptr;
    if (job_.interrupt_.state != Interrupt::State::kIdle) feeder_.withdraw(job_.interrupt_);
}

void MappingJob::started(JobTask& task) noexcept {
    if (bounded_) --budget_;
    task.started_ = true;
    task.next_ = running_;
    if (running_ != nullptr) running_->prev_ = &task;
    running_ = &task;
    if (order_ == Order::kOfInput) add_place(std::move(task.owned_place_));
}

void MappingJob::ended(JobTask& task) noexcept {
    (task.prev_ != nullptr ? task.prev_->next_ : running_) = task.next_;
    if (task.next_ != nullptr) task.next_->prev_ = task.prev_;
    const bool failed = task.place_->state != Place::State::kValue;
    if (order_ == Order::kOfCompletion) add_place(std::move(task.owned_place_));
    if (failed && on_failure_ == OnFailure::kStop) stop(Stop::kFailed);
    if (running_ == nullptr) wake_feeder();
    tell_consumers();
}

void MappingJob::add_place(std::unique_ptr<Place> place) noexcept {
    ++place_count_;
    (last_ != nullptr ? last_->next : first_) = place.get();
    last_ = place.release();
}

std::unique_ptr<Place> MappingJob::take_first() noexcept {
    std::unique_ptr<Place> place{first_};
    first_ = first_->next;
    if (first_ == nullptr) last_ = nullptr;
    --place_count_;
    return place;
}

void MappingJob::stop(Stop why) noexcept {
    if (!stopped()) stop_ = why;
    leave_pool();
    if (request_ != nullptr) {
        request_->leave();
        const Slot handed_over = request_->take();  // goes on to the next in line
    }
    if (range_feeder_ != nullptr && interrupt_.state == Interrupt::State::kIdle) {
        if (interrupt_.error == nullptr) interrupt_.error = std::make_exception_ptr(GreenletExit{});
        range_feeder_->interrupt(interrupt_);
    }
    wake_feeder();
}

void MappingJob::kill_tasks() noexcept {
    // One that never ran dies here and now, and leaves the list.
    for (JobTask* task = running_; task != nullptr;) {
        JobTask* next = task->next_;
        task->kill();
        task = next;
    }
}

void MappingJob::tell_consumers() noexcept {
    if (consumers_.empty()) return;
    if (finished()) {
        while (!consumers_.empty()) consumers_.notify_front();
    } else if (deliverable()) {
        consumers_.notify_front();
    }
}

std::unique_ptr<Place> MappingJob::next() {
    if (order_ == Order::kOfInput && awaited_)
        throw std::logic_error{"IMap::next() was called while another greenlet waits in it"};
    while (!deliverable()) {
        if (finished()) return finish();
        Waiter waiter{WaitNode::Kind::kLooker, "a result of an imap"};
        const ScopedValue<bool> here{awaited_, true};
        consumers_.push_back(waiter);
        waiter.block();
    }
    std::unique_ptr<Place> place = take_first();
    if (place->state == Place::State::kKilled) killed_told_ = true;
    if (bounded_) {
        ++budget_;
        wake_feeder();
    }
    if (finished()) tell_consumers();
    return place;
}

std::unique_ptr<Place> MappingJob::finish() {
    if (feed_error_ != nullptr) std::rethrow_exception(std::exchange(feed_error_, nullptr));
    if (cut_short() && !std::exchange(killed_told_, true)) throw cut_short_error();
    return nullptr;
}

const Place* MappingJob::first_failed() const noexcept {
    const Place* place = first_;
    while (place != nullptr && place->state == Place::State::kValue) place = place->next;
    return place;
}

bool MappingJob::cut_short() const noexcept { return stop_ == Stop::kKilled && !exhausted_; }

std::exception_ptr MappingJob::failure() const {
    if (const Place* place = first_failed()) return place->failure();
    if (feed_error_ != nullptr) return feed_error_;
    return cut_short() ? std::make_exception_ptr(cut_short_error()) : nullptr;
}

bool MappingJob::killed() const noexcept {
    if (const Place* place = first_failed()) return place->state == Place::State::kKilled;
    return feed_error_ == nullptr && cut_short();
}

}  // namespace grove::detail
