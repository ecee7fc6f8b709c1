#include "tls_handshake.h"

#include <string>
#include <system_error>
#include <utility>

#include <grove/core/tls.h>

#include "wsgi_service.h"

namespace grove::http {
namespace {

constexpr const char* kAlpn = "\x08http/1.1";

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
        drop(error.what());
        return;
    }
    if (service_ == nullptr) return;
    unlink();
    std::exchange(service_, nullptr)->adopt(socket_.release(), peer_, std::move(layer_));
}

void TlsHandshake::drop(std::string_view why) noexcept {
    unlink();
    socket_.close();
    if (service_ == nullptr) return;
    if (!why.empty()) service_->log_handshake(peer_, why);
    std::exchange(service_, nullptr)->give_up_handshake();
}

}  // namespace grove::http
