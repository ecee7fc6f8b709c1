// load_apps.h - from the configured applications to those that can be called.
#pragma once

#include <filesystem>
#include <vector>

#include <grove/http/config.h>
#include <grove/http/mounts.h>

/// Loads the plugins and calls their factories.
/// @param default_path  where plugins are looked for if the configuration does not say.
/// @throws ConfigError  with a line for each application that cannot be had.
std::vector<grove::http::Mount> load_apps(const grove::http::Config& config,
                                          const std::filesystem::path& default_path);
