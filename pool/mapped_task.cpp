#include <grove/pool/detail/mapped_task.h>

#include <grove/core/errors.h>
#include <grove/pool/detail/mapping_job.h>

namespace grove::detail {

Place::~Place() = default;

std::exception_ptr Place::failure() const {
    if (state == State::kFailed) return error;
    return std::make_exception_ptr(Killed{"the task was killed"});
}

MappedTask::MappedTask(MappingJob& its_job, std::unique_ptr<Place> its_place)
    : job_{&its_job}, owned_place_{std::move(its_place)}, place_{owned_place_.get()} {
    job_->retain();
}

MappedTask::~MappedTask() {
    if (job_ != nullptr) job_->release();
}

void MappedTask::launched() noexcept { job_->started(*this); }

void MappedTask::conclude(std::exception_ptr error, bool returned) noexcept {
    if (!started_) return;  // its hub went while the feeder had it in hand
    if (error != nullptr) {
        place_->error = std::move(error);
        place_->state = Place::State::kFailed;
    } else {
        place_->state = returned ? Place::State::kValue : Place::State::kKilled;
    }
    MappingJob& job = *std::exchange(job_, nullptr);
    job.ended(*this);
    job.release();  // the function goes with the last of its tasks, whoever keeps handles
}

}  // namespace grove::detail
