// leave_pool.h - a request that will last runs on without its slot of the pool, and counts in a bound of its own.
#pragma once

#include <cstdint>

namespace grove::http {

class Environ;

/// What lasts, and so what bounds it and counts it.
enum class Lasting : std::uint8_t {
    kRequest,      // Environ::release_slot(): limits.detached
    kEventStream,  // limits.event_streams
    kWebSocket     // limits.websockets
};

/// The caller, which serves the request of this environ, gives back its slot of the server's pool and that of its
/// mount's, if it has them, and runs on. The server still knows it: stops, kills and requests() find it. It counts
/// as `as`, in place of what it counted as before, until its turn ends: the application has returned, its body is
/// closed and the access line is written. A request that is neither an event stream nor a WebSocket counts only if
/// there was a slot to give back; the two others count in any case. No effect the second time. Never blocks.
/// @throws HttpError of status 503: there are as many of them as the limit says, and nothing has changed. The log
///         names the limit. std::logic_error: the caller does not serve the request
void leave_pool(const Environ& environ, Lasting as);

}  // namespace grove::http
