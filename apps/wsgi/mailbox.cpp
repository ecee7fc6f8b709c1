#include "mailbox.h"

#include <utility>

#include "job.h"

namespace grove::wsgi {

void Mailbox::post(std::shared_ptr<Job> job) {
    const std::lock_guard lock{mutex_};
    if (closed_) return;
    jobs_.push_back(std::move(job));
    if (jobs_.size() == 1) hub_.run_threadsafe([self = shared_from_this()] { self->deliver(); });
}

void Mailbox::run(std::function<void()> function) {
    const std::lock_guard lock{mutex_};
    if (closed_) return;
    hub_.run_threadsafe(std::move(function));
}

void Mailbox::close() noexcept {
    const std::lock_guard lock{mutex_};
    closed_ = true;
}

void Mailbox::deliver() {
    std::vector<std::shared_ptr<Job>> jobs;
    {
        const std::lock_guard lock{mutex_};
        jobs.swap(jobs_);
    }
    for (const std::shared_ptr<Job>& job : jobs) job->wake();
}

}  // namespace grove::wsgi
