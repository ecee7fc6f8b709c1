// client_socket.h - a client's socket, plain or TLS, or one stream of many over such a socket: what the client has sent,
// and what it is sent.
//
// Nothing here waits, and all may be called in the hub: where a greenlet waits for its client, client_waits.h; how it ends,
// client_end.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <sys/uio.h>

#include <grove/core/address.h>
#include <grove/core/detail/socket.h>
#include <grove/core/detail/tls_layer.h>
#include <grove/core/duration.h>
#include <grove/core/file_descriptor.h>

#include "client_stream.h"
#include "input_buffer.h"

namespace grove::http {

enum class Lasting : std::uint8_t;
struct ProxiedClient;
struct ServiceTerms;

/// Drives a client's socket while no greenlet waits for it, and knows of the slot of the one that does.
class ClientHook : public SocketHook {
public:
    /// The caller serves the request with a slot.
    [[nodiscard]] virtual bool has_slot() const = 0;
    /// It goes on without, as its client is slow. @return false: so many do already that it keeps it for now
    /// @pre has_slot()
    [[nodiscard]] virtual bool lose_slot() = 0;
    /// leave_pool().
    virtual void leave_pool(Lasting as) = 0;
    /// Environ::set_timeout().
    virtual void set_timeout(Timespan timeout) = 0;

protected:
    ~ClientHook() = default;
};

class ClientSocket {
public:
    /// @param peer  or the client that the peer told of by the PROXY protocol
    /// @param tls of a socket whose handshake is done; nullptr: plain
    /// @param told  what else it told; nullptr: nothing
    /// @param hook  must outlive it
    ClientSocket(const ServiceTerms& terms, BlockPool& blocks, FileDescriptor fd,
                 const Address& peer, std::unique_ptr<TlsLayer> tls,
                 std::unique_ptr<const ProxiedClient> told, SocketHook& hook);
    /// Over a stream, in which it has a share from now on. Its socket() is closed.
    /// @param carrier  has the socket that carries it, and knows whether its peer is trusted; need not outlive it
    ClientSocket(BlockPool& blocks, const ClientSocket& carrier, ClientStream& stream,
                 std::shared_ptr<const SharedPeer> peer);
    ~ClientSocket();
    ClientSocket(const ClientSocket&) = delete;
    ClientSocket& operator=(const ClientSocket&) = delete;

    /// What it stands over in place of its socket; nullptr: it has that for itself.
    [[nodiscard]] ClientStream* stream() const noexcept {
        return over_ == Over::kStream ? facts_->stream : nullptr;
    }

    /// What was received and is not consumed.
    [[nodiscard]] InputBuffer& input() noexcept { return input_; }
    /// Receives more into input(). @return bytes; 0: the client finished; a negative errno, -EAGAIN: nothing there
    Socket::Outcome try_receive();
    /// The same into `room`. @pre input() is empty
    Socket::Outcome try_receive(std::span<char> room) {
        return over_ == Over::kSocket ? socket_.try_recv(room) : receive_over(room);
    }
    [[nodiscard]] bool drained() const noexcept {
        return over_ == Over::kSocket ? socket_.drained() : drained_over();
    }

    /// Sends what goes without waiting. @return bytes
    std::size_t send_some(std::string_view bytes) noexcept;
    /// The same. @return bytes, or a negative errno
    Socket::Outcome try_send(std::span<const iovec> pieces) noexcept {
        return over_ == Over::kSocket ? socket_.try_send(pieces) : send_over(pieces);
    }
    /// The same of a file. 0: it ends at `offset`. Errors of the file are returned, too.
    Socket::Outcome try_send_file(int file, std::uint64_t offset, std::size_t bytes) noexcept;
    /// Bytes that the kernel has and the client has not taken.
    [[nodiscard]] std::size_t unsent() const noexcept;
    /// After -EAGAIN of a send: the hook is told when it may be tried again. @throws std::system_error
    void watch_writable();
    /// An answer was left in pieces: nothing more can be told to this client.
    [[nodiscard]] bool broken() const noexcept { return broken_; }

    // ---- for who drives it
    [[nodiscard]] Socket& socket() noexcept { return socket_; }
    /// Nothing is left to read: the hook is told of more from here on. @throws std::system_error
    void park() {
        socket_.watch();
        calls_in_a_row_ = 0;
    }
    [[nodiscard]] bool closed() const noexcept {
        return over_ == Over::kStream ? facts_->stream->closed() : socket_.closed();
    }

private:
    friend class AnswerOutput;
    friend class ClientEnd;
    friend class ClientPeer;
    friend class ClientWaits;
    friend class ClientWatch;

    enum class Trust : std::uint8_t { kUnknown, kNone, kTrusted };
    enum class Over : std::uint8_t { kSocket, kTls, kStream };

    /// What is known of few clients.
    struct Facts {
        std::unique_ptr<const ProxiedClient> told{};  // null: nothing
        std::optional<Address> local{};               // once it was asked for
        ClientStream* stream = nullptr;               // that it stands over
        std::shared_ptr<const SharedPeer> peer{};     // of its connection
    };

    [[nodiscard]] Socket::Outcome receive_over(std::span<char> room) noexcept;
    [[nodiscard]] bool drained_over() const noexcept;
    [[nodiscard]] Socket::Outcome send_over(std::span<const iovec> pieces) noexcept;

    Socket socket_;
    std::unique_ptr<TlsLayer> tls_;  // of Over::kTls. Goes before the socket.
    std::unique_ptr<Facts> facts_;   // null: none; idle connections are many
    InputBuffer input_;
    Over over_;
    bool broken_ = false;
    std::uint8_t calls_in_a_row_ = 0;
    static constexpr std::size_t kPeerBytes =
        28;  // a sockaddr_in6; a unix peer has no address worth keeping
    Trust peer_trust_;
    std::array<unsigned char, kPeerBytes> peer_{};
};

}  // namespace grove::http
