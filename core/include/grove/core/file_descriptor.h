// file_descriptor.h - the owner of an open file descriptor. Any thread, one at a time.
#pragma once

#include <utility>

#include <grove/core/detail/export.h>

namespace grove {

/// Closes its descriptor when it is destroyed. Movable; with -1 it owns nothing.
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

    [[nodiscard]] int get() const noexcept { return fd_; }        ///< -1: none. Still the owner.
    explicit operator bool() const noexcept { return fd_ >= 0; }  ///< Owns a descriptor.
    /// Gives the descriptor away, still open.
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
    void reset(int fd = -1) noexcept;  ///< Closes the old descriptor; errno stays.

private:
    int fd_ = -1;
};

}  // namespace grove
