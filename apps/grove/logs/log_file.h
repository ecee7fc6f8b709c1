// log_file.h - where lines go: a file, standard output or error, or nowhere. Nobody waits for them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <grove/core/file_descriptor.h>
#include <grove/http/metrics.h>

class LogWriter;

/// Lines are gathered in memory and written by a thread of the log's own, so neither a full pipe nor a slow
/// disk stops the hub: they cost lines instead. What is lost is counted and told at most once a minute.
///
/// The thread starts with the first line. A pipe without a reader raises SIGPIPE in it: the process is to have a
/// handler or an inbox for that. After fork() the child must use a log of its own making.
class LogFile {
public:
    using Format = std::function<std::string(std::string_view text)>;

    /// @param target    a path, which is appended to; "-" or "off".
    /// @param standard  the descriptor that "-" means.
    /// @param format    makes a line of this log's own troubles: "FILE: 3 lines lost: …". Any thread.
    /// @param told_to   the log for them; nullptr: this one, once it can be written again.
    /// @param handed    the path, opened by somebody else; none: it is opened here
    /// @param look      asks them for a reader of the pipe, which reopen() brings; called by its thread
    /// @param lost      counts all lines that are lost; outlives the process's threads. nullptr: nobody asks
    /// @throws ConfigError  it cannot be opened
    LogFile(const std::string& target, int standard, Format format,
            const LogFile* told_to = nullptr, grove::FileDescriptor handed = {},
            std::function<void()> look = {}, grove::http::Tally* lost = nullptr);
    /// Has written what is gathered, unless that takes longer than a second, or nobody reads it.
    ~LogFile();
    LogFile(const LogFile&) = delete;
    LogFile& operator=(const LogFile&) = delete;

    [[nodiscard]] bool enabled() const noexcept { return writer_ != nullptr; }

    /// Adds the line's end. Never blocks. Any thread.
    void write(std::string_view line) const noexcept;
    /// What is written from here on goes to the path as it is then, or to `next`, by which somebody else has opened it:
    /// the old file was moved away. Any thread.
    void reopen(grove::FileDescriptor next = {}) const noexcept;
    /// What the destructor does, in a process that is about to end without any. Nothing is written afterwards.
    void finish() const noexcept;

private:
    std::shared_ptr<LogWriter> writer_;  // shared with its thread; nullptr: "off"
};
