#include "tls_handshake.h"

#include <string>
#include <system_error>
#include <utility>

#include <grove/core/tls.h>

#include "wsgi_service.h"

namespace grove::http {

TlsHandshake::TlsHandshake(WsgiService& service, FileDescriptor fd, const Address& peer,
                           const std::shared_ptr<TlsContext>& context)
    : service_{&service},
      peer_{peer},
      socket_{std::move(fd)},
      layer_{std::make_unique<TlsLayer>(socket_, context)} {}

TlsHandshake::~TlsHandshake() { drop(); }

void TlsHandshake::run(Timespan timeout) {
    try {
        layer_->handshake(timeout);
    } catch (const std::system_error& error) {
        if (service_ != nullptr)
            service_->log(LogLevel::kDebug, "TLS with " + peer_.text() + ": " + error.what());
        return;
    }
    if (service_ == nullptr) return;
    unlink();
    std::exchange(service_, nullptr)->adopt(socket_.release(), peer_, std::move(layer_));
}

void TlsHandshake::drop() noexcept {
    unlink();
    socket_.close();
    if (service_ != nullptr) std::exchange(service_, nullptr)->leave_connections();
}

}  // namespace grove::http
