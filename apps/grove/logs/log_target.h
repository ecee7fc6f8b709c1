// log_target.h - the descriptor behind a log: a file, a pipe, a terminal, a socket.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include <grove/core/file_descriptor.h>

/// Nobody waits in here for a reader who does not come, or does not read for longer than the caller wants to; only
/// a disk may take its time. The flags of a descriptor that was handed down stay as they are: others share them.
///
/// A pipe in the file system needs no reader to be opened. Without one lines are lost, and it is opened anew
/// at most once a second, or whoever opened it is asked to.
///
/// Thread: one at a time.
class LogTarget {
public:
    /// What became of a write.
    struct Outcome {
        std::string_view rest{};  ///< There is no room for it now: poll descriptor() for POLLOUT.
        std::size_t lost_lines = 0;  ///< Then there is no rest.
        int error = 0;               ///< errno, if lines were lost.
    };

    /// @param path      appended to; relative: to the working directory of now. "": the descriptor
    ///                  `standard`, which is not closed.
    /// @param handed    the path was opened by somebody else, as open_to_hand_on() does; none: it is opened here.
    /// @param look      asks them for a reader of the pipe, which take_over() brings; must not throw.
    /// @throws ConfigError  it cannot be opened
    LogTarget(std::string path, int standard, grove::FileDescriptor handed = {},
              std::function<void()> look = {});
    ~LogTarget();
    LogTarget(const LogTarget&) = delete;
    LogTarget& operator=(const LogTarget&) = delete;

    /// What messages call it: the path, "standard output" or "standard error".
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] bool has_path() const noexcept { return !path_.empty(); }  ///< Any thread.
    /// A file, which has no reader.
    [[nodiscard]] bool on_disk() const noexcept { return kind_ == Kind::kFile; }
    /// Bytes, so far. Any thread.
    [[nodiscard]] std::size_t written() const noexcept { return written_; }
    /// To be polled for POLLOUT if there was no room. -1: none reads the pipe.
    [[nodiscard]] int descriptor() const noexcept {
        return path_.empty() ? standard_ : file_.get();
    }

    /// Writes whole lines, so that those of several processes do not mix: a file takes all of them in one
    /// write, a pipe as many as it takes at once (PIPE_BUF). What an error stops is lost. A descriptor that was
    /// handed down and that others write to may block it all the same: until there is room, or a signal comes.
    /// @param wait  for room, each time that there is none
    Outcome write(std::string_view lines, std::chrono::milliseconds wait = {}) noexcept;

    /// Opens the path anew: the old file was moved away. If that fails the old one stays.
    /// @return errno, or 0
    [[nodiscard]] int reopen() noexcept;
    /// Goes on with that one: the old file was moved away.
    void take_over(grove::FileDescriptor handed) noexcept;
    /// Closes what it has opened. Lines are lost from here on.
    void close() noexcept;

private:
    enum class Kind { kFile, kSocket, kOther };
    using Clock = std::chrono::steady_clock;

    void take(int fd) noexcept;
    int find_reader() noexcept;
    [[nodiscard]] std::string_view next_piece(std::string_view lines) const noexcept;
    [[nodiscard]] ssize_t put(std::string_view piece,
                              std::chrono::milliseconds wait) const noexcept;

    std::string name_;
    std::string path_;  // absolute
    int standard_;
    std::function<void()> look_;
    grove::FileDescriptor file_;
    Kind kind_ = Kind::kOther;
    Clock::time_point next_try_ = Clock::time_point::min();  // to find a reader
    std::atomic<std::size_t> written_{0};
    bool mid_line_ = false;  // the last byte written is not a line's end
    bool torn_ = false;      // and the rest of that line is lost
};

/// The log at a path, for processes that may not open it. A pipe that nobody reads is there by its name alone (O_PATH):
/// who had it for reading would be a reader for ever.
/// @return none: errno says why
grove::FileDescriptor open_to_hand_on(const std::string& path) noexcept;
/// If that was for a pipe which nobody reads now: what is there by now, if it can be written.
/// @return false: nothing has changed
bool find_reader(const std::string& path, grove::FileDescriptor& handed) noexcept;
/// As open_to_hand_on(). @throws ConfigError  it cannot be opened
grove::FileDescriptor require_to_hand_on(const std::string& path);

/// What an errno of an Outcome means.
std::string why_lost(int error);
/// How many lines end in `text`.
std::size_t count_lines(std::string_view text) noexcept;
