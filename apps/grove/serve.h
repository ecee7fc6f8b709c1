// serve.h - from a configuration to servers that run until a signal ends them.
#pragma once

#include <grove/http/application.h>
#include <grove/http/config.h>

/// Serves `application` on every configured address. Tells on standard error where it listens. On SIGTERM
/// or SIGINT the listeners are closed and what runs is awaited, then killed, as the configuration says; SIGUSR1 reopens the logs.
/// @throws ConfigError        a log cannot be opened; nothing was started.
/// @throws std::system_error  an address cannot be listened on, or a listener failed later.
void serve(const grove::http::Config& config, const grove::http::Application& application);
