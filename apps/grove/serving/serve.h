// serve.h - from a configuration to processes that serve it until a signal ends them.
#pragma once

#include <functional>

#include <grove/http/sources.h>

#include "config.h"

/// Serves what `read` says, in worker processes; SIGHUP reads it anew. It is called in a process that may wait, with
/// sources that read, and in others with what was read. Tells on standard error where it listens, once requests are
/// answered there, or why nothing can be served; it waits for nobody to read that.
/// @param watch  a change of a file that was read, or of a plugin, is a SIGHUP
/// @return the exit code: kExitUsage if the configuration, a plugin, a certificate or a log cannot be used
int serve(const std::function<grove::http::Config(grove::http::Sources& sources)>& read,
          bool watch);
