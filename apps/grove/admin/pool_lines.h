// pool_lines.h - how full a worker's pools are.
#pragma once

#include <string>
#include <vector>

#include <grove/http/metrics.h>
#include <grove/http/mount_options.h>

#include "config.h"

/// `requests: 2 of 1000 slots in use, 3 in flight, 1 slow, 0 detached`; a line of connections, of what lasts, and one for
/// each application with a pool of its own.
/// @param mounts  of the applications, as the servers have them; {}: none has a pool
std::vector<std::string> pool_lines(const grove::http::ServerMetrics& metrics,
                                    const grove::http::Config& config,
                                    const std::vector<grove::http::MountOptions>& mounts);
