#include "python_threads.h"

#include <string>
#include <utility>

#include "interpreter.h"
#include "large_thread.h"
#include "python_text.h"
#include "running_request.h"
#include "shim.h"

namespace grove::wsgi {
namespace {

// Of the process, for names. Guarded by the GIL.
std::size_t next_number = 1;

}  // namespace

PythonThreads::PythonThreads(PyRef application, std::size_t count, std::size_t waiting,
                             std::function<void()> later)
    : objects_{*new Objects{.application = std::move(application),
                            .environ = BaseEnviron{count > 1}}},
      count_{count},
      queue_{waiting, std::move(later)} {}

void PythonThreads::start() {
    for (std::size_t made = 0; made < count_; ++made) {
        const std::size_t number = next_number++;
        {
            const std::lock_guard lock{mutex_};
            ++living_;
        }
        try {
            start_large_thread("grove-" + std::to_string(number),
                               [self = shared_from_this(), number] { self->work(number); });
        } catch (...) {
            const std::lock_guard lock{mutex_};
            --living_;
            throw;
        }
    }
}

void PythonThreads::work(std::size_t number) noexcept {
    const PyGILState_STATE state = PyGILState_Ensure();
    try {
        Shim::begin_thread("grove-" + std::to_string(number));
    } catch (const PythonError&) {  // without a name, then
        PyErr_Clear();
    }
    while (const std::shared_ptr<Job> job = queue_.pop()) {
        run(job);
        queue_.done();
    }
    PyGILState_Release(state);
    const std::lock_guard lock{mutex_};
    --living_;
    left_.notify_all();
}

void PythonThreads::run(const std::shared_ptr<Job>& job) noexcept {
    tallies_.job_waited(std::chrono::steady_clock::now() - job->made);
    if (!job->begin()) return;
    tallies_.thread_began();
    {
        RunningRequest request{job};
        tallies_.answered(request.run(objects_.application.get(), objects_.environ));
    }
    if (job->finish()) {
        tallies_.thread_came_back();
        --abandoned_;
    }
    tallies_.thread_ended();
}

bool PythonThreads::take(std::shared_ptr<Job> job) {
    tallies_.job_waits();  // before a thread says that it has it
    const auto made = job->made;
    if (queue_.push(std::move(job))) return true;
    tallies_.job_waited(std::chrono::steady_clock::now() - made);
    tallies_.refused();
    return false;
}

Job::Abandoned PythonThreads::abandon(const std::shared_ptr<Job>& job, Interpreter& interpreter) {
    if (queue_.remove(*job)) tallies_.job_waited(std::chrono::steady_clock::now() - job->made);
    const Job::Abandoned how = job->abandon();
    if (how == Job::Abandoned::kEnded || how == Job::Abandoned::kNotBegun) return how;
    tallies_.thread_abandoned();
    ++abandoned_;
    if (how == Job::Abandoned::kRuns) interpreter.post([job] { RunningRequest::kill(*job); });
    return how;
}

bool PythonThreads::end(std::chrono::milliseconds time) noexcept {
    queue_.close();
    std::unique_lock lock{mutex_};
    return left_.wait_for(lock, time, [this] { return living_ == 0; });
}

}  // namespace grove::wsgi
