// tls_authority.h - what a test needs to serve over TLS, and to be a client of it.
#pragma once

#include <memory>
#include <utility>

#include <grove/core/connect.h>
#include <grove/core/tls.h>
#include <grove/http/options.h>

#include "http_client.h"
#include "temporary_folder.h"
#include "test_certificates.h"

namespace grove::test {

/// A certificate of an authority that is trusted, a server's options with it, and clients of that server.
struct Tls {
    TemporaryFolder folder;
    Authority authority{folder.path()};
    TlsCertificate localhost = authority.issue("localhost", {"DNS:localhost"});
    std::shared_ptr<TlsContext> context =
        TlsContext::server({.certificates = {localhost}, .alpn = {"http/1.1"}});

    [[nodiscard]] http::WsgiOptions options() const {
        http::WsgiOptions options;
        options.tls = context;
        return options;
    }
    [[nodiscard]] Stream connect_tls(Stream plain, TlsClientOptions with = {}) const {
        with.ca_file = authority.file();
        return tls_connect(std::move(plain), TlsContext::client(std::move(with)), "localhost",
                           kPatience);
    }
    [[nodiscard]] Client client(const Address& server, TlsClientOptions with = {}) const {
        return Client{connect_tls(connect(server, kPatience), std::move(with))};
    }
};

}  // namespace grove::test
