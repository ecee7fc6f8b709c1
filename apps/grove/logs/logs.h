// logs.h - the access log and the error log that the configuration asks for.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include <grove/core/file_descriptor.h>
#include <grove/http/access_log.h>

#include "config.h"
#include "log_file.h"
#include "worker_logs.h"
#include "worker_notes.h"

/// While it lives, what the hub has to report goes to the error log, and so does grove::http::log().
/// Thread: the hub's. Must outlive what access() and error() returned.
class Logs {
public:
    /// @param handed  as WorkerLogs has them; {}: they are opened here
    /// @param look    asks for readers of those that are pipes, which reopen() brings; called by threads of the logs'
    ///                own, that may outlive them
    /// @param lost    as LogFile has it; nullptr: nobody asks
    /// @throws ConfigError  one cannot be opened
    explicit Logs(const grove::http::LogConfig& config,
                  std::vector<grove::FileDescriptor> handed = {},
                  const std::function<void()>& look = {}, grove::http::LostLines* lost = nullptr);
    ~Logs();
    Logs(const Logs&) = delete;
    Logs& operator=(const Logs&) = delete;

    /// {} if it is off.
    [[nodiscard]] grove::http::AccessLog access() const;
    /// Takes what is at least as grave as level().
    [[nodiscard]] grove::http::ErrorLog error() const;

    /// The configuration's, until it is set.
    [[nodiscard]] grove::http::LogLevel level() const noexcept { return least_; }
    void set_level(grove::http::LogLevel least) noexcept { least_ = least; }

    /// Takes all: for what somebody has asked for just now.
    [[nodiscard]] grove::http::ErrorLog asked_for() const;

    /// Both, as LogFile. @param handed  as above
    void reopen(std::vector<grove::FileDescriptor> handed = {}) const noexcept;
    void finish() const noexcept;

private:
    void report(grove::http::LogLevel level, std::string_view text) const;
    void write(grove::http::LogLevel level, std::string_view text) const;

    std::atomic<grove::http::LogLevel> least_;  // other threads report, too
    bool json_;
    LogPaths paths_;
    LogFile error_;  // before the access log, whose losses it tells
    LogFile access_;
};
