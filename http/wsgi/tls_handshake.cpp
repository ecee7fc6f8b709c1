#include "tls_handshake.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

#include <grove/core/tls.h>

#include "multiplexing.h"
#include "open_connections.h"
#include "parking.h"
#include "proxy_header.h"
#include "service_log.h"

namespace grove::http {
namespace {

constexpr const char* kAlpn = "\x08http/1.1\x08http/1.0";
constexpr const char* kAlpnWithHttp2 = "\x02h2\x08http/1.1\x08http/1.0";
constexpr std::size_t kRecordHead = 5;  // RFC 8446 section 5.1
constexpr std::size_t kMostOfRecord = kRecordHead + 16384;
constexpr int kMostRecords = 16;  // of a first message that is waited for

std::size_t number(std::string_view bytes) noexcept {
    std::size_t number = 0;
    for (const char byte : bytes) number = number << 8U | static_cast<unsigned char>(byte);
    return number;
}

// The first message of the handshake is there, in one record or several, or what cannot become one: that TLS refuses.
bool holds_hello(std::string_view bytes) {
    constexpr std::string_view kHandshake = "\x16\x03";
    constexpr std::size_t kMessageHead = 4;
    if (bytes.size() >= kMostOfRecord) return true;
    std::string head;         // of the message
    std::size_t message = 0;  // bytes of it
    for (int records = 0; records < kMostRecords; ++records) {
        const std::string_view record = bytes.substr(0, kRecordHead);
        if (!kHandshake.starts_with(record.substr(0, 2))) return true;
        if (record.size() < kRecordHead) return false;
        const std::size_t length = number(record.substr(3));
        if (length == 0 || length > kMostOfRecord - kRecordHead) return true;
        bytes.remove_prefix(kRecordHead);
        if (bytes.size() < length) return false;
        head += bytes.substr(0, std::min(length, kMessageHead - head.size()));
        message += length;
        bytes.remove_prefix(length);
        if (head.size() == kMessageHead && message - kMessageHead >= number(head.substr(1)))
            return true;
    }
    return true;
}

bool has_finished(int socket) noexcept {
    pollfd asked{.fd = socket, .events = POLLRDHUP, .revents = 0};
    return ::poll(&asked, 1, 0) == 1;
}

}  // namespace

TlsHandshake::TlsHandshake(const Parts& parts, FileDescriptor fd, const Address& peer,
                           const std::shared_ptr<TlsContext>& context,
                           std::unique_ptr<const ProxiedClient> told)
    : parts_{&parts},
      peer_{peer},
      proxied_{std::move(told)},
      context_{context},
      socket_{std::move(fd)} {}

TlsHandshake::~TlsHandshake() { drop(); }

void TlsHandshake::run() {
    try {
        await_hello();
        const bool knows_http2 = parts_ != nullptr && parts_->http2 != nullptr;
        layer_ =
            std::make_unique<TlsLayer>(socket_, context_, knows_http2 ? kAlpnWithHttp2 : kAlpn);
        layer_->handshake();
    } catch (const std::system_error& error) {
        log(error.what());
        await_client_end();
        drop();
        return;
    }
    if (parts_ == nullptr) return;
    unlink();
    become_connection(*std::exchange(parts_, nullptr));
}

void TlsHandshake::become_connection(const Parts& parts) {
    parts.open.handshake_ended();
    std::unique_ptr<WsgiConnection> connection;
    const TlsInfo& agreed = layer_->info();  // the layer's, wherever that goes
    const bool speaks_http2 = parts.http2 != nullptr && agreed.alpn == "h2";
    try {
        connection = std::make_unique<WsgiConnection>(parts.connections, socket_.release(), peer_,
                                                      std::move(layer_), std::move(proxied_));
        speaks_http2 ? parts.http2->begin(*connection, &agreed) : parts.parking.park(*connection);
    } catch (...) {
        parts.open.leave(peer_);
        throw;
    }
    if (speaks_http2) return static_cast<void>(connection.release());  // the hub's
    connection.release()->look();  // its first request may have come with the handshake's end
}

void TlsHandshake::await_hello() {
    // Not on the stack, which would grow by it; nothing switches while it is used.
    thread_local std::array<char, kMostOfRecord> seen;
    for (;;) {
        const ssize_t have = ::recv(socket_.fd(), seen.data(), seen.size(), MSG_PEEK);
        if (have < 0 && errno == EINTR) continue;
        if (have < 0 && errno != EAGAIN)
            throw std::system_error{errno, std::generic_category(), "TLS handshake"};
        if (have == 0) return;  // what becomes of it TLS decides
        if (have > 0 && (holds_hello({seen.data(), static_cast<std::size_t>(have)}) ||
                         has_finished(socket_.fd())))
            return;
        socket_.expect_event();
        socket_.wait_readable();
    }
}

// A close with bytes unread is a reset, which may take the alert away from the client that is to be told.
void TlsHandshake::await_client_end() {
    constexpr int kMostReads = 64;
    constexpr Duration kQuiet = std::chrono::seconds{1};
    socket_.shutdown_write();
    try {
        char dropped[4096];
        for (int reads = 0; reads < kMostReads; ++reads) {
            if (socket_.recv(dropped, kQuiet) == 0) return;
        }
    } catch (const std::system_error&) {  // reset, quiet for too long, or dropped meanwhile
    }
}

void TlsHandshake::log(std::string_view why) noexcept {
    if (parts_ != nullptr && !std::exchange(told_, true)) parts_->log.handshake_failed(peer_, why);
}

void TlsHandshake::drop(std::string_view why) noexcept {
    unlink();
    socket_.close();
    if (parts_ == nullptr) return;
    if (!why.empty()) log(why);
    OpenConnections& open = std::exchange(parts_, nullptr)->open;
    open.handshake_ended();
    open.leave(peer_);
}

}  // namespace grove::http
