#include <grove/http/listener.h>

#include <cerrno>
#include <stdexcept>
#include <utility>

#include <sys/socket.h>

#include <grove/core/detail/datagram_socket.h>

#include "listen_address.h"

namespace grove::http {

Listener::Listener(std::string text) : text_{std::move(text)} {
    static_cast<void>(parse_listen_address(text_));
}

Listener::Listener(int listening_fd) : fd_{listening_fd} {
    int listening = 0;
    socklen_t bytes = sizeof listening;
    const bool listens =
        ::getsockopt(fd_, SOL_SOCKET, SO_ACCEPTCONN, &listening, &bytes) == 0 && listening != 0;
    if (!listens && !is_datagram_socket(fd_)) {
        throw std::invalid_argument{"descriptor " + std::to_string(fd_) +
                                    " is not a socket that listens or receives datagrams (write a "
                                    "port as text: \":8000\")"};
    }
}

Listener Listener::bound(int fd) noexcept {
    Listener listener;
    listener.fd_ = fd;
    return listener;
}

Spawn::Spawn(std::shared_ptr<Pool> pool) : form_{std::move(pool)} {
    if (std::get<std::shared_ptr<Pool>>(form_) == nullptr)
        throw std::invalid_argument{"Spawn: the pool is null"};
}

Spawn::Spawn(int size) : form_{size} {
    if (size < 0) throw std::invalid_argument{"Spawn: the pool's size must not be negative"};
}

Spawn Spawn::raw() noexcept {
    Spawn spawn;
    spawn.form_ = Raw{};
    return spawn;
}

Spawn Spawn::none() noexcept {
    Spawn spawn;
    spawn.form_ = None{};
    return spawn;
}

}  // namespace grove::http
