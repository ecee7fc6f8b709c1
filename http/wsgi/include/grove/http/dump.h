// dump.h - what an application adds to a dump of its worker: USR2, and /greenlets of the admin.
#pragma once

#include <functional>
#include <iosfwd>

#include <grove/core/detail/export.h>

namespace grove::http {

/// From here on `write` is called whenever somebody asks a worker for its greenlets; what it writes
/// follows them, line by line. It runs in a greenlet of its own of the worker's main thread, and
/// stays until the worker has destroyed its applications. All of these together write 1 MiB at most:
/// what is more is cut, which one line tells. What one throws is told by a line; one that blocks is
/// ended after a second. Dumps do not wait for each other: one that blocks may be called once more
/// meanwhile. Any thread; never blocks. In a program nobody asks.
/// @throws std::invalid_argument if it is empty
GROVE_EXPORT void on_dump(std::function<void(std::ostream&)> write);

}  // namespace grove::http
