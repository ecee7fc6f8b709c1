#include "tls_session.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <grove/core/errors.h>

#include "tls_error.h"
#include "tls_peer.h"

namespace grove {
namespace {

Socket& socket_of(BIO* bio) { return *static_cast<Socket*>(::BIO_get_data(bio)); }

int answer(BIO* bio, Socket::Outcome outcome, int retry_flag, std::size_t* done) {
    BIO_clear_retry_flags(bio);
    *done = 0;
    if (outcome > 0) {
        *done = static_cast<std::size_t>(outcome);
        return 1;
    }
    if (outcome == -EAGAIN) BIO_set_flags(bio, retry_flag | BIO_FLAGS_SHOULD_RETRY);
    errno = outcome < 0 ? static_cast<int>(-outcome) : 0;
    return 0;
}

int bio_read(BIO* bio, char* into, std::size_t bytes, std::size_t* done) {
    Socket& socket = socket_of(bio);
    const bool worth_a_call = !socket.drained() || socket.closed();
    return answer(bio, worth_a_call ? socket.try_recv({into, bytes}) : -EAGAIN, BIO_FLAGS_READ,
                  done);
}

int bio_write(BIO* bio, const char* from, std::size_t bytes, std::size_t* done) {
    return answer(bio, socket_of(bio).try_send(std::string_view{from, bytes}), BIO_FLAGS_WRITE,
                  done);
}

long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

int bio_create(BIO* bio) {
    ::BIO_set_init(bio, 1);
    return 1;
}

const BIO_METHOD* socket_bio() {
    static const BIO_METHOD* const method = [] {
        BIO_METHOD* made = ::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "grove");
        if (made == nullptr) throw std::bad_alloc{};
        ::BIO_meth_set_read_ex(made, &bio_read);
        ::BIO_meth_set_write_ex(made, &bio_write);
        ::BIO_meth_set_ctrl(made, &bio_control);
        ::BIO_meth_set_create(made, &bio_create);
        return made;
    }();
    return method;
}

std::string text_of(const char* text) { return text != nullptr ? text : ""; }

}  // namespace

TlsSession::TlsSession(Socket& socket, SslPtr ssl, std::shared_ptr<const void> keeps_alive)
    : socket_{&socket}, keeps_alive_{std::move(keeps_alive)}, ssl_{std::move(ssl)} {
    BIO* const bio = ::BIO_new(socket_bio());
    if (bio == nullptr) throw_tls_error("BIO_new");
    ::BIO_set_data(bio, &socket);
    ::SSL_set_bio(ssl_.get(), bio, bio);
}

TlsSession::~TlsSession() = default;

void TlsSession::wait(int want, const char* what, const Deadline& deadline) {
    const bool in_time = want == SSL_ERROR_WANT_READ ? socket_->wait_readable(deadline.left())
                                                     : socket_->wait_writable(deadline.left());
    if (!in_time) throw SocketTimeout{what};
}

void TlsSession::fail(int error, const char* what) {
    const int system_error = errno;
    broken_ = true;
    const unsigned long code = ::ERR_peek_last_error();
    if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING ||
        (error == SSL_ERROR_SYSCALL && system_error == 0))
        throw_tls_error(ECONNRESET, std::string{what} + ": the peer ended without close_notify");
    if (error == SSL_ERROR_SYSCALL) throw_tls_error(system_error, what);
    const long verdict = ::SSL_get_verify_result(ssl_.get());
    if (ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED && verdict != X509_V_OK) {
        throw_tls_error(std::string{what} +
                        ": the peer's certificate: " + ::X509_verify_cert_error_string(verdict));
    }
    throw_tls_error(what);
}

// Makes the call until it is done. False: the peer has sent close_notify.
template <class Call>
bool TlsSession::complete(const char* what, const Deadline& deadline, Call call) {
    if (socket_->closed()) throw std::system_error{EBADF, std::generic_category(), what};
    for (;;) {
        ::ERR_clear_error();
        errno = 0;
        const int result = call();
        if (result == 1) return true;
        const int error = ::SSL_get_error(ssl_.get(), result);
        if (error == SSL_ERROR_ZERO_RETURN) return false;
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) fail(error, what);
        wait(error, what, deadline);
    }
}

void TlsSession::handshake(Timespan timeout) {
    const Deadline deadline{timeout};
    if (!complete("TLS handshake", deadline, [this] { return ::SSL_do_handshake(ssl_.get()); }))
        throw_tls_error(ECONNRESET, "TLS handshake: the peer closed");
    note_info();
}

std::size_t TlsSession::recv(std::span<char> into, Timespan timeout) {
    std::size_t got = 0;
    complete("TLS recv", Deadline{timeout},
             [&] { return ::SSL_read_ex(ssl_.get(), into.data(), into.size(), &got); });
    return got;
}

void TlsSession::sendall(std::string_view bytes, Timespan timeout) {
    const Deadline deadline{timeout};
    while (!bytes.empty()) {
        std::size_t sent = 0;
        if (!complete("TLS send", deadline, [&] {
                return ::SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
            }))
            throw_tls_error(EPIPE, "TLS send");
        bytes.remove_prefix(sent);
    }
}

void TlsSession::finish(Timespan timeout) {
    if (broken_ || finished_ || socket_->closed()) return;
    finished_ = true;
    complete("TLS shutdown", Deadline{timeout}, [this] {
        const int result = ::SSL_shutdown(ssl_.get());
        return result == 0 ? 1 : result;  // 0: sent, and the peer's has not come
    });
}

void TlsSession::abandon() noexcept {
    if (broken_ || finished_ || socket_->closed() || ::SSL_in_init(ssl_.get()) != 0) return;
    finished_ = true;
    ::SSL_shutdown(ssl_.get());
    ::ERR_clear_error();
}

void TlsSession::move_to(Socket& socket) noexcept {
    socket_ = &socket;
    ::BIO_set_data(::SSL_get_rbio(ssl_.get()), &socket);
}

// What a call that failed comes to. A read that would have to send first, or the other way round, is refused:
// it takes a client that asks for new keys and reads nothing.
Socket::Outcome TlsSession::refusal(int result, int would_block) noexcept {
    const int system_error = errno;
    const int error = ::SSL_get_error(ssl_.get(), result);
    if (error == would_block) return -EAGAIN;
    if (error == SSL_ERROR_ZERO_RETURN) return 0;
    broken_ = true;
    const int reason = ERR_GET_REASON(::ERR_peek_last_error());
    ::ERR_clear_error();
    if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) return -ECONNRESET;
    if (error != SSL_ERROR_SYSCALL) return -EPROTO;
    return system_error != 0 ? -system_error : -ECONNRESET;
}

Socket::Outcome TlsSession::try_recv(std::span<char> into) noexcept {
    if (socket_->closed()) return -EBADF;
    ::ERR_clear_error();
    errno = 0;
    std::size_t got = 0;
    const int result = ::SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
    if (result == 1) {
        dry_ = ::SSL_has_pending(ssl_.get()) == 0;
        return static_cast<Socket::Outcome>(got);
    }
    const Socket::Outcome outcome = refusal(result, SSL_ERROR_WANT_READ);
    dry_ = outcome == -EAGAIN;
    return outcome;
}

Socket::Outcome TlsSession::try_send(std::string_view bytes) noexcept {
    if (socket_->closed()) return -EBADF;
    if (broken_ || finished_) return -EPIPE;
    if (bytes.empty()) return 0;
    ::ERR_clear_error();
    errno = 0;
    std::size_t sent = 0;
    const int result = ::SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
    if (result == 1) return static_cast<Socket::Outcome>(sent);
    const Socket::Outcome outcome = refusal(result, SSL_ERROR_WANT_WRITE);
    return outcome == 0 ? -EPIPE : outcome;
}

Socket::Outcome TlsSession::try_send_file(int file, std::uint64_t offset,
                                          std::size_t bytes) noexcept {
    // The most that a record holds (RFC 8446 section 5.1). Not on the stack, which may be small; nothing switches while it is used.
    thread_local std::array<char, 16384> record;
    const ssize_t got =
        ::pread(file, record.data(), std::min(bytes, record.size()), static_cast<off_t>(offset));
    if (got <= 0) return got < 0 ? -EIO : 0;
    return try_send({record.data(), static_cast<std::size_t>(got)});
}

void TlsSession::note_info() {
    SSL* const ssl = ssl_.get();
    info_.version = text_of(::SSL_get_version(ssl));
    info_.cipher = text_of(::SSL_get_cipher_name(ssl));
    info_.server_name = text_of(::SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    info_.resumed = ::SSL_session_reused(ssl) == 1;
    const unsigned char* protocol = nullptr;
    unsigned bytes = 0;
    ::SSL_get0_alpn_selected(ssl, &protocol, &bytes);
    if (protocol != nullptr) info_.alpn.assign(reinterpret_cast<const char*>(protocol), bytes);
    note_peer(ssl, info_);
}

const std::string& TlsSession::peer_certificate() {
    if (peer_certificate_.empty()) peer_certificate_ = grove::peer_certificate(ssl_.get());
    return peer_certificate_;
}

}  // namespace grove
