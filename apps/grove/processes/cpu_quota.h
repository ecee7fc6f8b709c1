// cpu_quota.h - how much of the processors' time the control groups of this process may use.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

/// So much time of processors in each period, both in microseconds.
struct CpuQuota {
    std::int64_t time;    ///< > 0
    std::int64_t period;  ///< > 0

    /// As processors.
    [[nodiscard]] double processors() const noexcept {
        return static_cast<double>(time) / static_cast<double>(period);
    }
    /// As whole processors, the last of them perhaps in part.
    [[nodiscard]] std::int64_t whole_processors() const noexcept {
        return time / period + (time % period != 0 ? 1 : 0);
    }
};

/// The least one that binds this process: of its cgroups of version 1 or 2, or of any that they are in.
/// @param root  where /proc and /sys/fs/cgroup are looked for
/// @return nullopt: none, or nothing that could be read as one
std::optional<CpuQuota> cpu_quota(const std::filesystem::path& root = "/");
