// worker_logs.h - the logs of workers that may not open them: the master does, and hands the descriptors on.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <grove/core/file_descriptor.h>
#include <grove/http/access_log.h>

#include "config.h"
#include "worker_files.h"

/// Which of a configuration's logs are paths, and so which descriptors there are: the error log's first.
class LogPaths {
public:
    explicit LogPaths(const grove::http::LogConfig& config);

    /// In the order of their descriptors.
    [[nodiscard]] const std::vector<std::string>& all() const noexcept { return all_; }
    /// That of the error log, out of what was handed on; none: it is no path, or nothing was.
    [[nodiscard]] grove::FileDescriptor take_error(
        std::vector<grove::FileDescriptor>& handed) const noexcept;
    [[nodiscard]] grove::FileDescriptor take_access(
        std::vector<grove::FileDescriptor>& handed) const noexcept;

private:
    bool error_;
    bool access_;
    std::vector<std::string> all_;
};

/// Thread: the master's.
class WorkerLogs final : public grove::http::WorkerFiles {
public:
    /// @param log  for what cannot be opened anew
    /// @throws grove::http::ConfigError  one cannot be opened
    WorkerLogs(const grove::http::LogConfig& config, grove::http::ErrorLog log);

    void reopen() noexcept override;
    void look_for_readers() noexcept override;
    [[nodiscard]] std::size_t changes() const noexcept override { return changes_; }
    [[nodiscard]] std::vector<int> descriptors() const override;
    void close() noexcept override { files_.clear(); }
    /// In the worker, which was forked.
    [[nodiscard]] std::vector<grove::FileDescriptor> take() noexcept { return std::move(files_); }

private:
    LogPaths paths_;
    grove::http::ErrorLog log_;
    std::vector<grove::FileDescriptor> files_;  // of paths_.all()
    std::size_t changes_ = 0;
    std::chrono::steady_clock::time_point next_look_{};
};
