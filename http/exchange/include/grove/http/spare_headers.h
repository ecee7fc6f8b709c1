// spare_headers.h - memory for the fields of an answer, which would be allocated for each answer otherwise.
//
// Never switches. Any thread: each has memory of its own.
#pragma once

#include <grove/core/detail/export.h>
#include <grove/http/headers.h>

namespace grove::http {

/// Empty, with the memory of such as were given back in this thread, if any were. start_response
/// gives back what it has no more use for.
[[nodiscard]] GROVE_EXPORT Headers take_spare_headers() noexcept;

/// Keeps the memory for the next who asks in this thread, unless there is some, or it is large. The fields end.
GROVE_EXPORT void give_spare_headers(Headers&& headers) noexcept;

}  // namespace grove::http
