// fd_wait.h - waiting for any descriptor (gevent.socket.wait_read, wait_write).
//
// For a program's own descriptors and occasional waits; a Socket is registered with the loop once
// and costs less. Thread: any; the wait belongs to that thread's hub.
#pragma once

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>

namespace grove {

/// Blocks the greenlet until `fd` may be read (or written) without blocking, at most `timeout`. A
/// file that cannot be polled is always ready. The descriptor must stay open meanwhile; several
/// greenlets may wait for it.
/// @return false: `timeout` passed first. @throws std::system_error, such as EBADF
GROVE_EXPORT bool wait_readable(int fd, Timespan timeout = {});
GROVE_EXPORT bool wait_writable(int fd, Timespan timeout = {});

}  // namespace grove
