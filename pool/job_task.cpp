#include <grove/pool/detail/job_task.h>

namespace grove::detail {

JobTask::~JobTask() = default;

}  // namespace grove::detail
