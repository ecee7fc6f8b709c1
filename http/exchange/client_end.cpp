#include "client_end.h"

#include <memory>
#include <string>
#include <utility>

#include <sys/socket.h>

namespace grove::http {

bool ClientEnd::has_unread() noexcept {
    if (client_.drained()) return false;
    char one;  // is dropped, as all will be that comes
    return client_.tls_ != nullptr || client_.socket_.try_recv({&one, 1}) > 0;
}

void ClientEnd::finish() noexcept {
    if (client_.tls_ != nullptr) client_.tls_->finish();
}

void ClientEnd::close(bool resets) noexcept {
    if (ClientStream* const stream = client_.stream()) {
        if (resets) stream->reset();
        return stream->close();
    }
    if (resets) {
        const ::linger at_once{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(client_.socket_.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    } else {
        finish();
    }
    client_.socket_.close();
}

void ClientEnd::cut_off() noexcept {
    client_.broken_ = true;
    if (ClientStream* const stream = client_.stream()) return stream->reset();
    const int fd = client_.socket_.fd();
    const sockaddr nobody{.sa_family = AF_UNSPEC, .sa_data = {}};
    // TCP sends a reset, and the descriptor stays. A unix socket knows no such thing.
    if (::connect(fd, &nobody, sizeof nobody) != 0) ::shutdown(fd, SHUT_RDWR);
}

Stream ClientEnd::release() {
    std::string unread{client_.input_.bytes()};
    client_.input_.consume(unread.size());
    auto socket = std::make_unique<Socket>(client_.socket_.release());
    if (client_.tls_ == nullptr) return Stream{std::move(socket), std::move(unread)};
    Stream stream = client_.tls_->release(std::move(socket), std::move(unread));
    client_.tls_.reset();
    client_.over_ = ClientSocket::Over::kSocket;
    return stream;
}

}  // namespace grove::http
