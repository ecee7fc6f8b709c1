#include <grove/pool/detail/place.h>

#include <grove/core/errors.h>

namespace grove::detail {

Place::~Place() = default;

std::exception_ptr Place::failure() const {
    if (state == State::kFailed) return error;
    return std::make_exception_ptr(Killed{"the task was killed"});
}

}  // namespace grove::detail
