// stopping.h - tells whatever runs for long that the servers of its hub are about to stop.
#pragma once

#include <grove/core/detail/export.h>
#include <grove/core/event.h>

namespace grove::http {

/// The event of the calling thread's hub. The first stop() or retire() of a server sets it, before
/// anything is cut. In a worker of grove it is set at TERM, at INT and when a reload has replaced
/// the worker, before timeouts.drain_delay. QUIT sets it, too: a greenlet that can then end without
/// waiting for anything else is not cut. A server's start() clears the event; close() alone does
/// not set it. An event stream or a background greenlet that waits for the event ends by itself, so
/// that a stop need not wait for it. Never switches. The event lives until the thread's hub ends;
/// that end sets it.
[[nodiscard]] GROVE_EXPORT Event& stopping();

}  // namespace grove::http
