// spare_headers.h - memory for the fields of an answer that was handed from start_response to start_response.
#pragma once

#include <grove/http/headers.h>

namespace grove::http {

/// Empty, with the memory of such as were given back in this thread, if any were. Any thread.
[[nodiscard]] Headers take_spare_headers() noexcept;

/// Keeps the memory for the next who asks in this thread, unless there is some, or it is large. The fields end.
void give_spare_headers(Headers&& headers) noexcept;

}  // namespace grove::http
