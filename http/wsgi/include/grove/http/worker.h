// worker.h - what an application may ask of the server that it is served by.
#pragma once

#include <string_view>

#include <grove/core/detail/export.h>

namespace grove::http {

/// Asks for another worker in place of this one, such as when it has grown too large. The master
/// starts the other, and when that is ready this one finishes what it has, as after a reload, and
/// ends: no request is lost. Workers are replaced one at a time, whoever asks; a line of the error
/// log has the reason, cut at 1000 bytes. A worker is replaced once: further calls do nothing. Any
/// thread; never blocks.
/// @throws std::logic_error if the process is no worker of `grove serve`, or still loads: what a
///         factory asks for the next worker would ask for, too, and so for ever
GROVE_EXPORT void replace_worker(std::string_view reason);

}  // namespace grove::http
