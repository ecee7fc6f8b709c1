#include "served_root.h"

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "open_no_links.h"

namespace {

// Not blocking: a FIFO has no writer. It is found to be no file afterwards.
constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

int open_beneath(int root, const char* path) {
    open_how how{};
    how.flags = kFlags;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    constexpr int kTries = 8;  // EAGAIN: somebody renamed things on the way
    for (int i = 0; i < kTries; ++i) {
        const long fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) return static_cast<int>(fd);
    }
    return -1;
}

int open_folder(const std::string& path) noexcept {
    return ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

bool is_shortage(int error) {
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == EIO;
}

}  // namespace

ServedRoot::ServedRoot(const std::string& path)
    : path_{std::filesystem::absolute(path)}, root_{open_folder(path_)} {
    if (!root_) {
        throw std::invalid_argument{"\"root\": cannot open \"" + path +
                                    "\": " + std::generic_category().message(errno)};
    }
}

// What is open keeps its number: another folder has another one.
bool ServedRoot::look_again() noexcept {
    grove::FileDescriptor now{open_folder(path_)};
    struct stat status {};
    struct stat before {};
    if (!now || fstat(now.get(), &status) != 0) return false;
    const bool known = fstat(root_.get(), &before) == 0;
    root_ = std::move(now);
    return !known || status.st_dev != before.st_dev || status.st_ino != before.st_ino;
}

std::optional<ServedRoot::Opened> ServedRoot::open(const std::string& path) const {
    Opened opened;
    opened.descriptor.reset(open_beneath(root_.get(), path.c_str()));
    // EPERM: the filter of an old container engine, which does not know the call.
    if (!opened.descriptor && (errno == ENOSYS || errno == EPERM))
        opened.descriptor = open_no_links(root_.get(), path, kFlags);
    if (!opened.descriptor || fstat(opened.descriptor.get(), &opened.status) != 0) {
        if (is_shortage(errno))
            throw std::system_error{errno, std::generic_category(), "open " + path};
        return std::nullopt;
    }
    if (!S_ISREG(opened.status.st_mode) && !S_ISDIR(opened.status.st_mode)) return std::nullopt;
    return opened;
}
