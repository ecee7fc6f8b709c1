#include "forked_children.h"

#include <cerrno>
#include <system_error>

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <grove/core/detail/assert.h>

namespace grove::http {
namespace {

// A descriptor's number may be another file's by then, its inode is not.
struct Kept {
    int fd;
    dev_t device;
    ino_t inode;
};

const std::vector<Kept>* kept_listeners = nullptr;  // to the end of the process

// As much as a child of a process with threads may do.
void close_all() {
    const int before = errno;
    for (const Kept& kept : *kept_listeners) {
        struct stat status {};
        if (::fstat(kept.fd, &status) == 0 && status.st_dev == kept.device &&
            status.st_ino == kept.inode)
            ::close(kept.fd);
    }
    errno = before;
}

}  // namespace

void close_in_forked_children(const std::vector<std::vector<int>>& listeners) {
    GROVE_ASSERT(kept_listeners == nullptr, "close_in_forked_children: called twice");
    auto* const made = new std::vector<Kept>;
    kept_listeners = made;
    for (const std::vector<int>& each : listeners) {
        for (const int fd : each) {
            struct stat status {};
            if (::fstat(fd, &status) != 0)
                throw std::system_error{errno, std::generic_category(), "fstat of a listener"};
            made->push_back({.fd = fd, .device = status.st_dev, .inode = status.st_ino});
        }
    }
    const int error = ::pthread_atfork(nullptr, nullptr, &close_all);
    if (error != 0) throw std::system_error{error, std::generic_category(), "pthread_atfork"};
}

}  // namespace grove::http
