// stopping.h - tells whatever lasts that the servers of its hub are about to stop.
#pragma once

#include <grove/core/detail/export.h>
#include <grove/core/event.h>

namespace grove::http {

/// Of the calling thread's hub: set by the first stop() or retire() of a server, before anything is
/// cut, and in a worker of grove at TERM, at INT and when a reload has replaced it, before
/// timeouts.drain_delay. QUIT sets it, too: then who can end without waiting for anything else is
/// not cut. A server's start() clears it; close() alone does not set it. An event stream or a
/// background greenlet that waits for it ends by itself, and a stop need not wait for it. Never
/// switches. It lives until the thread's hub ends, which sets it.
[[nodiscard]] GROVE_EXPORT Event& stopping();

}  // namespace grove::http
