// worker.h - what an application may ask of the server that serves it.
#pragma once

#include <string_view>

#include <grove/core/detail/export.h>

namespace grove::http {

/// Asks for another worker in place of this worker, for example when this worker has grown too
/// large. The master starts the other worker. When the other worker is ready, this worker finishes
/// what it has, as after a reload, and ends: no request is lost. Workers are replaced one at a
/// time, whoever asks; a line of the error log has the reason, cut at 1000 bytes. A worker is
/// replaced once: further calls do nothing. Any thread; never blocks.
/// @throws std::logic_error if the process is not a worker of `grove serve`, or still loads: if a
///         factory could ask, the next worker's factory would ask, too, and so on for ever
GROVE_EXPORT void replace_worker(std::string_view reason);

}  // namespace grove::http
