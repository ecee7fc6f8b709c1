// master_lines.h - lines for one target, written without a thread by a process that must not wait.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "log_losses.h"
#include "log_target.h"

/// Lines leave at once if the target takes them, else when write() is called; those that find too many waiting
/// are lost. What is lost is counted, and told at most once a minute by the target itself, once it can be
/// written again.
///
/// Thread: the only one of its process. After fork() the child calls close().
class MasterLines {
public:
    static constexpr std::size_t kMostWaiting = 262'144;  ///< Bytes, unless one add() brings more.

    /// @param path, standard  as LogTarget has them
    /// @throws ConfigError  it cannot be opened
    MasterLines(std::string path, int standard);

    /// Adds the end of the last line. Never blocks.
    void add(std::string_view lines) noexcept;
    /// Writes what waits, as far as the target takes it, and tells what was lost. Never blocks.
    void write() noexcept;
    /// The same, and tells all that was lost: it is the end.
    void finish() noexcept;
    /// What comes from here on goes to the path as it is then: the old file was moved away.
    void reopen() noexcept;
    /// Forgets what waits, and writes nothing any more.
    void close() noexcept;

    /// What to poll for POLLOUT before the next write(); -1: nothing waits.
    [[nodiscard]] int wanted() const noexcept {
        return waiting_.empty() ? -1 : target_.descriptor();
    }
    /// When write() has losses to tell; never, if there are none or it could not.
    [[nodiscard]] LogLosses::Clock::time_point due() const;
    /// What is lost, if it cannot tell so itself: somebody else may.
    [[nodiscard]] std::optional<std::string> take_losses();

private:
    void append(std::string_view lines);
    void write_waiting();
    [[nodiscard]] std::string about_it(const std::string& text) const;

    LogTarget target_;
    std::string waiting_;
    LogLosses losses_;
    bool writable_ = true;  // the last write lost nothing
};
