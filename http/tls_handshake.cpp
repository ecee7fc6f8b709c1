#include "tls_handshake.h"

#include <chrono>
#include <string>
#include <system_error>
#include <utility>

#include <grove/core/tls.h>

#include "wsgi_service.h"

namespace grove::http {
namespace {

constexpr const char* kAlpn = "\x08http/1.1\x08http/1.0";

}  // namespace

TlsHandshake::TlsHandshake(WsgiService& service, FileDescriptor fd, const Address& peer,
                           const std::shared_ptr<TlsContext>& context)
    : service_{&service},
      peer_{peer},
      socket_{std::move(fd)},
      layer_{std::make_unique<TlsLayer>(socket_, context, kAlpn)} {}

TlsHandshake::~TlsHandshake() { drop(); }

void TlsHandshake::run() {
    try {
        layer_->handshake();
    } catch (const std::system_error& error) {
        log(error.what());
        await_client_end();
        drop();
        return;
    }
    if (service_ == nullptr) return;
    unlink();
    std::exchange(service_, nullptr)->adopt(socket_.release(), peer_, std::move(layer_));
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
    if (service_ != nullptr && !std::exchange(told_, true)) service_->log_handshake(peer_, why);
}

void TlsHandshake::drop(std::string_view why) noexcept {
    unlink();
    socket_.close();
    if (service_ == nullptr) return;
    if (!why.empty()) log(why);
    std::exchange(service_, nullptr)->give_up_handshake(peer_);
}

}  // namespace grove::http
