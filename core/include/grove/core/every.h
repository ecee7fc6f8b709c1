// every.h - a function that is called again and again. Thread: any; it runs in that thread's hub.
#pragma once

#include <functional>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/core/greenlet.h>

namespace grove {

/// Calls `function` after each `period`, the first time one period from now, in a greenlet of its
/// own; it may block. Calls do not overlap: while one runs, periods that end are dropped, and the
/// next call is at the end of a later one, so calls do not drift.
///
/// What `function` throws is reported to the hub's error handler, and the calls go on. Only
/// GreenletExit ends them: kill the greenlet, or throw GreenletExit in `function`. (Another
/// exception that kill() is given ends them only between two calls.) Until then the hub has a timer,
/// so that main does not get LoopExit.
/// @return the greenlet, which may be ignored: it runs on
/// @throws std::invalid_argument if `period` is 0 or less, or `function` is empty
GROVE_EXPORT Greenlet<void> every(Duration period, std::function<void()> function);

}  // namespace grove
