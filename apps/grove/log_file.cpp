#include "log_file.h"

#include <cerrno>
#include <new>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include <grove/http/config.h>

LogFile::LogFile(const std::string& target, int standard) {
    if (target == "-") {
        fd_ = standard;
    } else if (target != "off") {
        fd_ = open(target.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
        owned_ = true;
        if (fd_ < 0) {
            throw grove::http::ConfigError{{target + ": cannot be opened for a log: " +
                                            std::generic_category().message(errno)}};
        }
    }
}

LogFile::~LogFile() {
    if (owned_) {
        close(fd_);
    }
}

void LogFile::write(std::string_view line) noexcept {
    if (fd_ < 0) {
        return;
    }
    try {
        buffer_.assign(line);
        buffer_ += '\n';
    } catch (const std::bad_alloc&) {
        return;
    }
    while (::write(fd_, buffer_.data(), buffer_.size()) < 0 && errno == EINTR) {
    }
}
