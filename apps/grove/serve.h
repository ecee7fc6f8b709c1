// serve.h - from a configuration to processes that serve it until a signal ends them.
#pragma once

#include <functional>

#include <grove/http/config.h>

/// Serves what `read` says, in worker processes; SIGHUP reads it anew. Tells on standard error where it
/// listens, once requests are answered there.
/// @return the exit code: kExitUsage if a plugin, a certificate or a log cannot be used
/// @throws ConfigError        of the first reading; nothing was started
/// @throws std::system_error  an address cannot be listened on
int serve(const std::function<grove::http::Config()>& read);
