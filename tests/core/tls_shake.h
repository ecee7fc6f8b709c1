// tls_shake.h - two ends of a TLS connection in one hub, with certificates of an authority of their own.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <grove/core/stream.h>
#include <grove/core/tls.h>

#include "temporary_folder.h"
#include "test_certificates.h"

namespace grove::test {

using TlsContextPtr = std::shared_ptr<TlsContext>;

/// Some bytes; "" at the end.
std::string recv_some(Stream& stream);

struct TlsFiles {
    TemporaryFolder folder;
    Authority authority{folder.path()};
    TlsCertificate localhost = authority.issue("localhost", {"DNS:localhost", "IP:127.0.0.1"});

    /// With the certificate of localhost, unless the options have one.
    TlsContextPtr server(TlsServerOptions options = {});
    /// That trusts the authority.
    TlsContextPtr client(TlsClientOptions options = {}) const;
};

struct Handshake {
    std::optional<Stream> client;
    std::optional<Stream> server;
    std::string client_error;
    std::string server_error;
};

Handshake shake(const TlsContextPtr& server, const TlsContextPtr& client,
                const std::string& name = "localhost");

/// Shakes hands, and gives the client one byte and with it the ticket. @return it resumed a session
bool resumes(const TlsContextPtr& server, const TlsContextPtr& client,
             const std::string& name = "localhost");

/// What the refusal of an option says, which is of that option and that certificate; "taken": there is none
std::string refusal_of(const std::function<void()>& make, TlsOptionError::Option option,
                       std::size_t certificate);

}  // namespace grove::test
