#include <grove/core/detail/tls_layer.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <grove/core/tls.h>

#include "tls_files.h"
#include "tls_session.h"

namespace grove {
namespace {

constexpr std::size_t kGathered = 4096;  // pieces shorter than this together go out as one record

}  // namespace

TlsLayer::TlsLayer(Socket& socket, const std::shared_ptr<TlsContext>& context, const char* alpn)
    : session_{std::make_unique<TlsSession>(socket, context->files_->new_server(alpn),
                                            context->files_)} {
    session_->read_ahead();
}

TlsLayer::~TlsLayer() = default;

void TlsLayer::handshake(Timespan timeout) { session_->handshake(timeout); }
void TlsLayer::move_to(Socket& socket) noexcept { session_->move_to(socket); }
Socket::Outcome TlsLayer::try_recv(std::span<char> into) noexcept {
    return session_->try_recv(into);
}

Socket::Outcome TlsLayer::try_send(std::span<const iovec> pieces) noexcept {
    const auto text = [](const iovec& piece) {
        return std::string_view{static_cast<const char*>(piece.iov_base), piece.iov_len};
    };
    while (!pieces.empty() && pieces.front().iov_len == 0) pieces = pieces.subspan(1);
    if (pieces.empty()) return 0;
    if (pieces.size() == 1 || pieces.front().iov_len >= kGathered)
        return session_->try_send(text(pieces.front()));
    std::array<char, kGathered> gathered;
    std::size_t bytes = 0;
    for (const iovec& piece : pieces) {
        const std::size_t taken = std::min(piece.iov_len, gathered.size() - bytes);
        if (taken != 0) std::memcpy(gathered.data() + bytes, piece.iov_base, taken);
        bytes += taken;
    }
    return session_->try_send({gathered.data(), bytes});
}

Socket::Outcome TlsLayer::try_send_file(int file, std::uint64_t offset,
                                        std::size_t bytes) noexcept {
    return session_->try_send_file(file, offset, bytes);
}

bool TlsLayer::drained() const noexcept { return session_->drained(); }
void TlsLayer::finish() noexcept { session_->abandon(); }

Stream TlsLayer::release(std::unique_ptr<Socket> socket, std::string unread) noexcept {
    session_->move_to(*socket);
    Stream stream{std::move(socket), std::move(unread)};
    stream.tls_ = std::move(session_);
    return stream;
}

const TlsInfo& TlsLayer::info() const noexcept { return session_->info(); }
const std::string& TlsLayer::peer_certificate() { return session_->peer_certificate(); }

}  // namespace grove
