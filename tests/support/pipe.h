// pipe.h - a pipe whose reader reads when the test says so.
#pragma once

#include <cerrno>
#include <cstddef>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <grove/core/file_descriptor.h>

namespace grove {

struct TestPipe {
    TestPipe() {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error{"pipe2"};
        reader.reset(ends[0]);
        writer.reset(ends[1]);
    }

    /// Everything that comes until the writers are gone.
    std::string read_all() {
        std::string all;
        char bytes[65536];
        for (;;) {
            const ssize_t got = read(reader.get(), bytes, sizeof bytes);
            if (got <= 0) return all;
            all.append(bytes, static_cast<std::size_t>(got));
        }
    }

    FileDescriptor reader;
    FileDescriptor writer;
};

/// What has come, without waiting for more.
inline std::string read_what_is_there(int fd) {
    std::string all;
    pollfd there{.fd = fd, .events = POLLIN, .revents = 0};
    char bytes[65536];
    while (poll(&there, 1, 0) == 1) {
        const ssize_t got = read(fd, bytes, sizeof bytes);
        if (got <= 0) break;
        all.append(bytes, static_cast<std::size_t>(got));
    }
    return all;
}

/// Fills a pipe or a terminal with "xxx…" until it takes no byte more. @param path  of /proc/PID/fd, of its writer
inline void fill(const std::string& path) {
    const FileDescriptor own{open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)};
    if (!own) throw std::runtime_error{"cannot open " + path};
    const std::string page(4096, 'x');
    for (std::size_t bytes = page.size(); bytes != 0; bytes /= 2) {
        while (write(own.get(), page.data(), bytes) > 0) {
        }
    }
    if (errno != EAGAIN) throw std::runtime_error{"cannot fill " + path};
}

inline std::string path_of(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

}  // namespace grove
