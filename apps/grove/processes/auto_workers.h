// auto_workers.h - how many processes "workers": "auto" means here.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

struct AutoWorkers {
    std::size_t count = 1;  ///< At least 1.
    std::string reason{};   ///< "1.50 of 8 processors by the cgroup's quota"
};

/// Processors that this thread may run on, of a machine of any size. At least 1.
std::size_t allowed_processors();

/// As many as `processors`, or as the cgroup's quota lets run if that is fewer.
/// @param root  as cpu_quota() takes it
AutoWorkers auto_workers(const std::filesystem::path& root = "/",
                         std::size_t processors = allowed_processors());
