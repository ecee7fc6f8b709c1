// tls_peer.h - what is told of the certificate that a peer has shown.
#pragma once

#include <string>

#include <openssl/ssl.h>

#include <grove/core/tls_info.h>

namespace grove {

/// After the handshake. Leaves `info` as it is if there is none.
void note_peer(SSL* ssl, TlsInfo& info);

/// In PEM; "" if there is none.
std::string peer_certificate(SSL* ssl);

}  // namespace grove
