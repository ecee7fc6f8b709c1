#include "too_many_detached.h"

namespace grove::http {

TooManyDetached::TooManyDetached(std::size_t most)
    : HttpError{503},
      why_{"limits.detached: " + std::to_string(most) +
           " requests run without their slots already"} {}

}  // namespace grove::http
