// job_task.h - what a job knows of a task that it has started.
//
// Nothing here is for users; it is public because mapping is a template. Thread: its hub's.
#pragma once

#include <memory>
#include <utility>

#include <grove/core/detail/export.h>
#include <grove/pool/detail/place.h>

namespace grove::detail {

/// A task; its job lists it while it runs.
class GROVE_EXPORT JobTask {
public:
    explicit JobTask(std::unique_ptr<Place> its_place) noexcept
        : owned_place_{std::move(its_place)}, place_{owned_place_.get()} {}
    JobTask(const JobTask&) = delete;
    JobTask& operator=(const JobTask&) = delete;

    virtual void kill() noexcept = 0;  ///< No effect if it cannot be killed.

protected:
    virtual ~JobTask();
    [[nodiscard]] Place& place() noexcept { return *place_; }
    /// Its job has listed it.
    [[nodiscard]] bool started() const noexcept { return started_; }

private:
    friend class MappingJob;

    bool started_ = false;
    std::unique_ptr<Place> owned_place_;  // until the job has it
    Place* place_;
    JobTask* prev_ = nullptr;
    JobTask* next_ = nullptr;
};

}  // namespace grove::detail
