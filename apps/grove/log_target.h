// log_target.h - the descriptor behind a log: a file, standard output or error.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <grove/core/file_descriptor.h>

/// Thread: one at a time; calls may block it.
class LogTarget {
public:
    /// What became of a write.
    struct Outcome {
        std::size_t lost_lines = 0;
        int error = 0;  ///< errno, if lines were lost.
    };

    /// @param path      appended to; relative: to the working directory of now. "": the descriptor
    ///                  `standard`, which is not closed.
    /// @throws ConfigError  it cannot be opened
    LogTarget(std::string path, int standard);
    ~LogTarget();
    LogTarget(const LogTarget&) = delete;
    LogTarget& operator=(const LogTarget&) = delete;

    /// What messages call it: the path, "standard output" or "standard error".
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// Writes whole lines, so that those of several processes do not mix: a file takes all of them in one
    /// write, a pipe as many as it takes at once (PIPE_BUF). What an error stops is lost.
    Outcome write(std::string_view lines) noexcept;

    /// Opens the path anew: the old file was moved away. If that fails the old one stays.
    /// @return errno, or 0
    [[nodiscard]] int reopen() noexcept;

private:
    [[nodiscard]] int fd() const noexcept { return path_.empty() ? standard_ : file_.get(); }
    [[nodiscard]] std::string_view next_piece(std::string_view lines) const noexcept;
    void look_at_kind() noexcept;

    std::string name_;
    std::string path_;  // absolute
    int standard_;
    grove::FileDescriptor file_;
    bool regular_ = false;
    bool torn_ = false;  // the last byte written is not a line's end
};
