// tls_tickets.h - session tickets of a server's SSL_CTX: what seals them, and where they are good.
#pragma once

#include <chrono>
#include <string_view>

#include <openssl/ssl.h>

namespace grove {

class TlsTicketKeys;

/// Tickets of `ctx` are sealed with `keys`, which must outlive it. One of a client whose certificate has expired is not
/// good. @param lifetime  0: there are none
void seal_tickets(SSL_CTX* ctx, TlsTicketKeys& keys, std::chrono::seconds lifetime);

/// A session is resumed only where the same is asked of clients: one without a certificate must not open
/// the door where one is wanted, though the keys are the same.
/// @param scope  all that is asked of them; "": nothing
void bind_sessions(SSL_CTX* ctx, std::string_view scope);

}  // namespace grove
