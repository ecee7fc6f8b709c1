#include <grove/http/file.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace grove::http {

OpenFile OpenFile::open(const File& file) {
    OpenFile result;
    // Not blocking: without a writer a FIFO would stop the thread before it is found to be no file.
    result.descriptor.reset(
        ::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    struct stat status {};
    if (!result.descriptor || fstat(result.descriptor.get(), &status) != 0)
        throw std::system_error{errno, std::generic_category(), "open " + file.path};
    if (!S_ISREG(status.st_mode)) {
        throw std::system_error{EINVAL, std::generic_category(),
                                file.path + " is not a regular file"};
    }
    const auto bytes = static_cast<std::uint64_t>(status.st_size);
    constexpr std::uint64_t kMost = std::numeric_limits<off_t>::max();
    result.offset = std::min(file.offset, kMost);
    result.length = file.length.value_or(bytes - std::min(file.offset, bytes));
    return result;
}

}  // namespace grove::http
