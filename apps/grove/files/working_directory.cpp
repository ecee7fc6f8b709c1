#include "working_directory.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

WorkingDirectory::WorkingDirectory(const std::string& path) {
    if (path.empty()) return;
    before_.reset(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!before_ || chdir(path.c_str()) != 0)
        throw std::system_error{errno, std::generic_category(), path};
}

WorkingDirectory::~WorkingDirectory() {
    if (before_ && fchdir(before_.get()) != 0) {
        // It was removed under us, or may not be entered any more: the new one is as good as any.
        return;
    }
}
