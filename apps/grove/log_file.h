// log_file.h - where lines go: a file, standard output or error, or nowhere.
#pragma once

#include <string>
#include <string_view>

/// Thread: one. Each line is one write, so that lines of several processes do not mix.
class LogFile {
public:
    /// @param target    a path, which is appended to; "-" or "off".
    /// @param standard  the descriptor that "-" means.
    /// @throws ConfigError  it cannot be opened
    LogFile(const std::string& target, int standard);
    ~LogFile();
    LogFile(const LogFile&) = delete;
    LogFile& operator=(const LogFile&) = delete;

    [[nodiscard]] bool enabled() const noexcept { return fd_ >= 0; }

    /// Adds the line's end. What cannot be written is dropped.
    void write(std::string_view line) noexcept;

private:
    int fd_ = -1;
    bool owned_ = false;
    std::string buffer_;
};
