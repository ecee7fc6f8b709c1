// exposure.h - what a configuration lays open that is seldom meant so.
#pragma once

#include <string>
#include <vector>

#include "config.h"

/// Looks at what is configured, at who asks, and at the keys' files; reads none of them.
/// @param file  the configuration's, for messages
/// @return a line each: workers that are root, keys that others may read, an admin that other machines reach, unix
///         sockets over which nobody is believed who the client was
std::vector<std::string> find_exposures(const grove::http::Config& config, const std::string& file);
