// file_descriptor.h - the owner of an open file descriptor. Any thread, one at a time.
#pragma once

#include <utility>

#include <grove/core/detail/export.h>

namespace grove {

/// Closes what it owns when it goes. Movable; -1 owns nothing.
class GROVE_EXPORT FileDescriptor {
public:
    FileDescriptor() noexcept = default;
    explicit FileDescriptor(int fd) noexcept : fd_{fd} {}  ///< Takes over `fd`.
    FileDescriptor(FileDescriptor&& other) noexcept : fd_{other.release()} {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        reset(other.release());
        return *this;
    }
    ~FileDescriptor() { reset(); }

    [[nodiscard]] int get() const noexcept { return fd_; }        ///< -1: none. It stays the owner.
    explicit operator bool() const noexcept { return fd_ >= 0; }  ///< Owns one.
    /// Gives it away, unclosed.
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
    void reset(int fd = -1) noexcept;  ///< Closes the old one; errno stays.

private:
    int fd_ = -1;
};

}  // namespace grove
