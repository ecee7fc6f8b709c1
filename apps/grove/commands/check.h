// check.h - `grove check`: everything that can be known of a configuration without serving it.
#pragma once

#include <string>
#include <vector>

#include "config.h"

/// Opens plugins, certificates and keys, calls the plugins' factories, all in one process, as a worker does, and within
/// timeouts.load; those that come after one which has ended that process, in another. Binds nothing, writes no log.
/// @return a line a fault
std::vector<std::string> find_faults(const grove::http::Config& config);

/// What may be meant so, but is likely to be regretted: certificates that have ended or will within a week,
/// more connections than files may be open, and find_exposures().
std::vector<std::string> find_warnings(const grove::http::Config& config, const std::string& file);
