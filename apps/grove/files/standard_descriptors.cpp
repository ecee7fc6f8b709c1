#include "standard_descriptors.h"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

#include "exit_codes.h"

void open_standard_descriptors() {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
        // The lowest that is free: those below are open by now. Children inherit it.
        if (::open("/dev/null", O_RDWR) != fd) std::_Exit(kExitFailure);
    }
}
