// dump.h - the text that an application adds to a dump of its worker: USR2, and /greenlets of the
// admin.
#pragma once

#include <functional>
#include <iosfwd>

#include <grove/core/detail/export.h>

namespace grove::http {

/// From now on, `write` is called whenever somebody asks a worker for its greenlets; its text
/// follows the greenlets, line by line. It runs in a greenlet of its own on the worker's main
/// thread, and stays until the worker has destroyed its applications. All such functions together
/// write 1 MiB at most: the rest is cut, and one line tells of the cut. If a function throws, a
/// line tells what it threw; a function that blocks is ended after a second. Dumps do not wait for
/// each other: a function that blocks may be called once more meanwhile. Any thread; never blocks.
/// In a program other than `grove serve`, nobody asks.
/// @throws std::invalid_argument if it is empty
GROVE_EXPORT void on_dump(std::function<void(std::ostream&)> write);

}  // namespace grove::http
