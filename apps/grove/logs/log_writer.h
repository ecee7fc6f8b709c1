// log_writer.h - lines gathered in memory, and the thread that writes them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "log_losses.h"
#include "log_target.h"

/// Shared by its LogFile and its thread, which may outlive that: blocked by a reader that does not read.
class LogWriter : public std::enable_shared_from_this<LogWriter> {
public:
    static constexpr std::size_t kMostGathered = 4'194'304;  ///< Bytes; then lines are lost.

    /// Makes the line, without its end, that tells of `text`: "FILE: 3 lines lost: No space left on device".
    /// Any thread.
    using Format = std::function<std::string(std::string_view text)>;

    /// @param told_to  which log tells what was lost here; nullptr: this one, once it can.
    /// @param format   {}: nobody is told.
    /// @param handed, look  as LogTarget has them
    /// @param lost     as LogLosses has it
    /// @throws ConfigError  the target cannot be opened
    LogWriter(std::string path, int standard, std::shared_ptr<LogWriter> told_to, Format format,
              grove::FileDescriptor handed = {}, std::function<void()> look = {},
              grove::http::Tally* lost = nullptr);
    ~LogWriter();
    LogWriter(const LogWriter&) = delete;
    LogWriter& operator=(const LogWriter&) = delete;

    /// Gathers the line. Starts the thread if there is none; if none can be started it waits for a later line, or for
    /// finish(). Never blocks. Any thread.
    void add(std::string_view line) noexcept;
    /// Lines added from here on go to the path as it is then, or to `next`, by which somebody else has opened it.
    /// Any thread.
    void reopen(grove::FileDescriptor next = {}) noexcept;
    /// Ends the thread when it has written all, or when the time is over, or sooner if the reader does
    /// not read; then the rest is lost. Without a thread it writes by itself, what is taken at once.
    /// What was lost until then is told.
    void finish(std::chrono::milliseconds patience) noexcept;

private:
    using Lock = std::unique_lock<std::mutex>;

    void start_thread();
    void wake() noexcept;
    // The thread's.
    void run() noexcept;
    void wait_for_work(Lock& lock);
    void write_gathered(Lock& lock);
    void write_some(std::string_view lines);
    bool goes_on(int looks_in_vain);
    void lose(std::size_t lines, std::string why);
    void reopen_target();
    void tell_losses(Lock& lock);
    void tell_last(Lock& lock);
    void tell(const std::string& text);
    /// Not of a log that cannot be written, to itself: that waits for the next line that can be.
    [[nodiscard]] bool can_tell() const noexcept { return told_to_ != nullptr || writable_; }

    const std::shared_ptr<LogWriter> told_to_;
    const Format format_;

    std::mutex mutex_;  // guards what follows
    std::condition_variable work_;
    std::condition_variable ended_;
    std::string gathered_;
    std::optional<std::size_t> reopen_at_;  // bytes of gathered_ that belong to the old file
    grove::FileDescriptor next_;            // what the rest belongs to; none: the path
    LogLosses losses_;
    bool has_thread_ = false;
    bool idle_ = false;  // the thread waits for the first line
    bool finishing_ = false;
    bool given_up_ = false;  // nobody waits for the thread any more
    bool on_disk_ = false;   // where the thread writes: that may take its time

    // The thread's alone, but for what others may ask the target.
    LogTarget target_;
    std::string batch_;
    bool writable_ = true;        // the last write lost nothing
    bool leaves_target_ = false;  // what it writes belongs to the old file
};
