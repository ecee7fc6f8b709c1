// pipe_write.h - writing to a pipe whose reader may be gone.
#pragma once

#include <cstddef>
#include <string_view>

namespace grove {

/// write(2), without the SIGPIPE that it may bring: the signal is held back in this thread
/// meanwhile. A pipe has no MSG_NOSIGNAL.
/// @return bytes, or a negative errno
std::ptrdiff_t write_to_pipe(int fd, std::string_view bytes) noexcept;

}  // namespace grove
