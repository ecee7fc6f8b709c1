// tunnel.h - two connections joined: what comes over one goes out over the other.
#pragma once

#include <grove/core/duration.h>
#include <grove/core/stream.h>

/// Blocks until both have finished sending, one is broken, or nothing came over either for `idle` (nullopt: any time),
/// or was taken. The end of one is told to the other, which may go on. A kill ends it.
void tunnel(grove::Stream& client, grove::Stream& upstream, grove::Timespan idle);
