#include <grove/pool/detail/mapped_task.h>

#include <utility>

namespace grove::detail {

MappedTask::MappedTask(MappingJob& its_job, std::unique_ptr<Place> its_place)
    : JobTask{std::move(its_place)}, job_{&its_job} {
    job_->retain();
}

MappedTask::~MappedTask() {
    if (job_ != nullptr) job_->release();
}

void MappedTask::launched() noexcept { job_->started(*this); }

void MappedTask::conclude(std::exception_ptr error, bool returned) noexcept {
    if (!started()) return;  // its hub went while the feeder had it in hand
    Place& outcome = place();
    if (error != nullptr) {
        outcome.error = std::move(error);
        outcome.state = Place::State::kFailed;
    } else {
        outcome.state = returned ? Place::State::kValue : Place::State::kKilled;
    }
    MappingJob& job = *std::exchange(job_, nullptr);
    job.ended(*this);
    job.release();  // the function goes with the last of its tasks, whoever keeps handles
}

}  // namespace grove::detail
