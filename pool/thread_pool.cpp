#include <grove/pool/thread_pool.h>

#include <stdexcept>
#include <string>

#include <grove/core/detail/assert.h>
#include <grove/core/hub.h>
#include <grove/core/shield.h>

#include "thread_crew.h"

namespace grove {

/// While kill() waits, no slot is handed out.
class ThreadPool::Closing {
public:
    explicit Closing(ThreadPool& pool) : pool_{pool}, crew_{pool.crew()} {
        ++pool_.closers_;
        crew_.slots.resize(0);
    }
    ~Closing() {
        if (--pool_.closers_ != 0) return;
        crew_.set_limit(pool_.maxsize_);
        crew_.slots.resize(pool_.maxsize_);
    }
    Closing(const Closing&) = delete;
    Closing& operator=(const Closing&) = delete;

private:
    ThreadPool& pool_;
    detail::ThreadCrew& crew_;
};

ThreadPool::ThreadPool(std::size_t maxsize, ThreadPoolOptions options)
    : hub_{get_hub()},
      maxsize_{maxsize},
      options_{std::move(options)},
      crew_{std::make_shared<detail::ThreadCrew>(hub_, maxsize_, options_)} {}

ThreadPool::~ThreadPool() {
    detail::ThreadCrew& threads = crew();
    if (!threads.idle()) {
        GROVE_ASSERT(!hub_.in_hub(), "a ThreadPool was destroyed in the hub while tasks run");
        const Shield shield;
        threads.wait_idle({});
    }
    threads.dismiss();
}

detail::ThreadCrew& ThreadPool::crew() const {
    if (crew_->left_by_fork()) {
        // Its threads and whoever held its mutex are in the parent: it can be neither used nor
        // destroyed here.
        new std::shared_ptr<detail::ThreadCrew>{std::move(crew_)};
        crew_ = std::make_shared<detail::ThreadCrew>(hub_, maxsize_, options_);
    }
    return *crew_;
}

void ThreadPool::check_thread(const char* call) const {
    if (!crew_->runs_here() && &get_hub() == &hub_) return;
    throw std::logic_error{std::string{call} +
                           " was called from a thread other than the ThreadPool's"};
}

detail::Slots* ThreadPool::slots() { return &crew().slots; }

bool ThreadPool::called_by_member() const noexcept { return crew_->runs_here(); }

void ThreadPool::start(detail::ThreadOutcome& task) {
    detail::ThreadCrew& threads = crew();
    try {
        detail::Slot slot = threads.slots.try_take();
        if (!slot) slot = threads.slots.take({});
        threads.hand_over(task, std::move(slot));
    } catch (...) {
        task.release();  // the pool's share
        throw;
    }
}

void ThreadPool::launch(NewTask task, detail::Slot slot) {
    crew().hand_over(*task.thread, std::move(slot));
    task.mapped->launched();
    [[maybe_unused]] const auto* its_own_now = task.thread.release();
}

std::size_t ThreadPool::size() const { return crew().thread_count(); }

bool ThreadPool::full() const { return crew().slots.free() == 0; }

void ThreadPool::set_maxsize(std::size_t maxsize) {
    check_thread("ThreadPool::set_maxsize()");
    maxsize_ = maxsize;
    if (closers_ != 0) return;
    crew().set_limit(maxsize);
    crew().slots.resize(maxsize);
}

bool ThreadPool::join(Timespan timeout) {
    check_thread("ThreadPool::join()");
    return crew().wait_idle(timeout);
}

void ThreadPool::kill() {
    check_thread("ThreadPool::kill()");
    jobs_.stop_all();
    detail::ThreadCrew& threads = crew();
    const Closing closing{*this};
    while (!threads.idle()) threads.wait_idle({});
    threads.set_limit(0);
    threads.wait_departed();
}

}  // namespace grove
