// watched_files.h - the files whose change makes another configuration.
#pragma once

#include <string>
#include <vector>

#include "config.h"

/// The configuration itself, the files of plugins, certificates, keys and what else TLS reads; also where there is none
/// yet. Touches no file.
std::vector<std::string> watched_files(const grove::http::Config& config);
