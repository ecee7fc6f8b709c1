#include <grove/core/file_descriptor.h>

#include <cerrno>

#include <unistd.h>

namespace grove {

void FileDescriptor::reset(int fd) noexcept {
    const int old = std::exchange(fd_, fd);
    if (old < 0) return;
    const int saved = errno;
    ::close(old);
    errno = saved;
}

}  // namespace grove
