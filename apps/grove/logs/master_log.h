// master_log.h - what the master says: on standard error, and in the error log of each configuration.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <grove/http/access_log.h>

#include "config.h"
#include "master_lines.h"
#include "run_master.h"

/// It may go without a reader, and with one that does not read: what cannot be written waits for run_master()
/// to call write(), or is lost, counted and told.
///
/// Thread: the master's. Must outlive what open() returned.
class MasterLog : public grove::http::MasterOutput {
public:
    MasterLog();
    ~MasterLog() override;

    /// On standard error, also where the error log is a file. Adds the end of the last line. Never blocks.
    void say(std::string_view lines);
    /// The error log of a configuration; open for as long as a copy of what it returns is kept. A file that is
    /// open for another one is opened anew.
    /// @throws ConfigError  it cannot be opened
    [[nodiscard]] grove::http::ErrorLog open(const grove::http::LogConfig& config);
    /// Waits until all is written: a second, and less if nobody reads.
    void finish();

    [[nodiscard]] Unwritten unwritten() const override;
    void write() override;
    void reopen() override;
    void leave() override;

private:
    struct File;

    [[nodiscard]] std::shared_ptr<MasterLines> lines_of(const std::string& target);
    [[nodiscard]] std::vector<std::shared_ptr<MasterLines>> all() const;
    void tell_elsewhere();

    std::shared_ptr<MasterLines> standard_error_;
    std::vector<File> files_;  // the newest last
};
