// tls.h - TLS 1.2 and 1.3 over a Stream, on OpenSSL 3.
//
// A TlsContext holds certificates and rules. tls_accept() and tls_connect() turn a plain Stream
// into a Stream that speaks TLS, and block their greenlet for the handshake. On such a Stream:
//  - recv() gives 0 only after the peer's close_notify; an end without it throws TlsError.
//  - shutdown_write() and close() send close_notify. close() waits at most 1 s until that is sent,
//    and never for the peer's; a Stream that is destroyed without close() tries once.
//  - one greenlet may read while another writes.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/core/errors.h>  // IWYU pragma: export
#include <grove/core/stream.h>
#include <grove/core/tls_info.h>     // IWYU pragma: export
#include <grove/core/tls_options.h>  // IWYU pragma: export

namespace grove {

class TlsFiles;

/// Certificates and rules. Thread: one hub's at a time. Connections keep what they need of a
/// context, so it may be destroyed before them.
class GROVE_EXPORT TlsContext {
public:
    /// Makes a server's context; reads the files.
    /// @throws TlsOptionError that names the file; std::invalid_argument: no certificate, a host
    ///         twice, a lifetime that the options do not allow
    static std::shared_ptr<TlsContext> server(TlsServerOptions options);
    /// The same, with the files' text from `text`, here and for reload().
    static std::shared_ptr<TlsContext> server(TlsServerOptions options, TlsFileText text);
    /// Makes a client's context, likewise.
    static std::shared_ptr<TlsContext> client(TlsClientOptions options = {});
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    /// Reads the files again, for later handshakes; sessions can still be resumed.
    /// @throws TlsError; the files read before stay in use then
    void reload();

private:
    friend class TlsLayer;
    friend Stream tls_accept(Stream, const std::shared_ptr<TlsContext>&, Timespan);
    friend Stream tls_connect(Stream, const std::shared_ptr<TlsContext>&, const std::string&,
                              Timespan);

    TlsContext();

    TlsFileText text_;  // null: of the disk
    std::optional<TlsServerOptions> server_;
    std::optional<TlsClientOptions> client_;
    std::shared_ptr<TlsFiles> files_;
};

/// The server's side of a handshake. If it throws, the connection is closed.
/// @throws TlsError; SocketTimeout if `timeout` passed first; std::system_error
GROVE_EXPORT Stream tls_accept(Stream plain, const std::shared_ptr<TlsContext>& context,
                               Timespan timeout = {});
/// The client's side. `server_name` is asked for (SNI) and checked against the certificate's
/// alternative names, not against its subject; it may be an address.
GROVE_EXPORT Stream tls_connect(Stream plain, const std::shared_ptr<TlsContext>& context,
                                const std::string& server_name, Timespan timeout = {});

}  // namespace grove
