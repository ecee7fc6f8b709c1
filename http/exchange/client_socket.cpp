#include "client_socket.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "proxy_header.h"
#include "service_terms.h"

namespace grove::http {

ClientSocket::ClientSocket(const ServiceTerms& terms, BlockPool& blocks, FileDescriptor fd,
                           const Address& peer, std::unique_ptr<TlsLayer> tls,
                           std::unique_ptr<const ProxiedClient> told, SocketHook& hook)
    : socket_{std::move(fd)},
      tls_{std::move(tls)},
      input_{blocks},
      over_{tls_ != nullptr ? Over::kTls : Over::kSocket},
      peer_trust_{terms.trusted.empty() || (told != nullptr && told->nameless) ? Trust::kNone
                                                                               : Trust::kUnknown},
      peer_{} {
    if (!peer.is_unix()) std::memcpy(peer_.data(), peer.data(), std::min(peer.bytes(), kPeerBytes));
    if (told != nullptr) facts_ = std::make_unique<Facts>(Facts{.told = std::move(told)});
    if (tls_ != nullptr) {
        tls_->move_to(socket_);
        socket_.watch();
        // A request read with the handshake would leave the socket in doubt, and its close lingering.
        socket_.expect_event();
    }
    socket_.set_hook(&hook);
}

ClientSocket::ClientSocket(BlockPool& blocks, const ClientSocket& carrier, ClientStream& stream,
                           std::shared_ptr<const SharedPeer> peer)
    : socket_{FileDescriptor{}},
      facts_{std::make_unique<Facts>()},
      input_{blocks},
      over_{Over::kStream},
      peer_trust_{carrier.peer_trust_},
      peer_{carrier.peer_} {
    facts_->local = peer->local;
    facts_->peer = std::move(peer);
    facts_->stream = &stream;
}

ClientSocket::~ClientSocket() {
    if (ClientStream* const over = stream()) over->let_go();
}

Socket::Outcome ClientSocket::receive_over(std::span<char> room) noexcept {
    return over_ == Over::kTls ? tls_->try_recv(room) : facts_->stream->try_receive(room);
}

bool ClientSocket::drained_over() const noexcept {
    return over_ == Over::kTls ? tls_->drained() : facts_->stream->drained();
}

Socket::Outcome ClientSocket::send_over(std::span<const iovec> pieces) noexcept {
    return over_ == Over::kTls ? tls_->try_send(pieces) : facts_->stream->try_send(pieces);
}

Socket::Outcome ClientSocket::try_receive() {
    const Socket::Outcome got = try_receive(input_.room());
    if (got > 0) input_.commit(static_cast<std::size_t>(got));
    return got;
}

std::size_t ClientSocket::unsent() const noexcept {
    if (over_ == Over::kStream) return facts_->stream->unsent();
    int bytes = 0;
    return ::ioctl(socket_.fd(), SIOCOUTQ, &bytes) == 0 ? static_cast<std::size_t>(bytes) : 0;
}

void ClientSocket::watch_writable() {
    if (over_ == Over::kStream) return facts_->stream->watch_writable();
    socket_.watch();
    socket_.watch_writable();
}

std::size_t ClientSocket::send_some(std::string_view bytes) noexcept {
    if (bytes.empty() || broken_) return 0;
    const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    const Socket::Outcome sent = try_send({&piece, 1});
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

Socket::Outcome ClientSocket::try_send_file(int file, std::uint64_t offset,
                                            std::size_t bytes) noexcept {
    constexpr std::size_t kFilePiece = 131072;  // of one sendfile
    if (over_ == Over::kStream) return facts_->stream->try_send_file(file, offset, bytes);
    return tls_ != nullptr ? tls_->try_send_file(file, offset, bytes)
                           : socket_.try_send_file(file, offset, std::min(bytes, kFilePiece));
}

}  // namespace grove::http
