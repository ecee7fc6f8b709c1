// health.h - `grove health`: whether the server that a configuration describes answers, or is ready to.
#pragma once

#include "config.h"

/// Asks its admin's /healthz for three seconds at most, or if `ready` its /readyz for two. Says on standard error
/// why not.
/// @return the exit code: 0 for 200, 1 for anything else, 2 if the configuration has no admin
int health(const grove::http::Config& config, bool ready);
