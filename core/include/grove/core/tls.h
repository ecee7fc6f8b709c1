// tls.h - TLS 1.2 and 1.3 over a Stream, on OpenSSL 3.
//
// A TlsContext says how; tls_accept() and tls_connect() turn a plain Stream into one that speaks
// TLS, and block their greenlet for the handshake. On such a Stream:
//  - recv() gives 0 only after the peer's close_notify; an end without it throws TlsError.
//  - shutdown_write() and close() send close_notify; close() waits at most 1 s for it to go out and
//    never for the peer's; a Stream that is just destroyed tries once.
//  - one greenlet may read while another one writes.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/core/stream.h>

namespace grove {

class TlsTicketKeys;

/// TLS failed: a handshake, a certificate, a broken record, an end without close_notify. The text
/// says what; code() is of a category of its own, or the system's.
class GROVE_EXPORT TlsError : public std::system_error {
public:
    using std::system_error::system_error;
    ~TlsError() override;
};

/// An option of a TlsContext cannot be used: a file, or what OpenSSL is to know by name. A file under a
/// password is refused: nobody is ever asked for one.
class GROVE_EXPORT TlsOptionError : public TlsError {
public:
    /// What of TlsServerOptions, TlsClientOptions, TlsCertificate it is; kAuthorities: whom peers must come from.
    enum class Option {
        kChain,
        kKey,
        kOcsp,
        kAuthorities,
        kClientCrl,
        kCiphers,
        kCiphersuites,
        kGroups,
    };

    /// Made by TlsContext.
    TlsOptionError(const std::error_code& code, const std::string& what, Option option,
                   std::size_t certificate);
    ~TlsOptionError() override;

    [[nodiscard]] Option option() const noexcept { return option_; }
    /// Of what a TlsCertificate says: its place among TlsServerOptions::certificates, after them those of its names.
    [[nodiscard]] std::size_t certificate() const noexcept { return certificate_; }

private:
    Option option_;
    std::size_t certificate_;
};

/// PEM files, none encrypted: the chain begins with the certificate itself.
struct TlsCertificate {
    std::string chain_file{};  ///< The certificate, then those that vouch for it.
    std::string key_file{};    ///< Its private key, without a password.
    /// Of a server: an OCSP response about it, in DER; "": none. Shown to clients that ask, while it is in date.
    std::string ocsp_file{};
};

/// Certificates for those who ask for one host (SNI).
struct TlsName {
    /// "www.example.org", or "*.example.org": all hosts below it. In any case.
    std::string host{};
    /// At least one, of different kinds of keys (EC, RSA): each client is shown one it can check.
    std::vector<TlsCertificate> certificates{};
};

enum class TlsVersion { k1_2, k1_3 };
/// kOptional: one that is not good is no reason to refuse the client; TlsInfo::peer_verified tells.
enum class ClientCertificates { kNone, kOptional, kRequired };

/// What a server shows, asks for and allows.
struct TlsServerOptions {
    /// At least one, for clients that ask for none of `names` (SNI): the first that is good for the name
    /// they ask for, else the first.
    std::vector<TlsCertificate> certificates{};
    TlsVersion minimum = TlsVersion::k1_2;  ///< The oldest version spoken.
    /// In order of preference: {"h2", "http/1.1"}. A client that offers others alone is refused.
    std::vector<std::string> alpn{};
    ClientCertificates client_certificates = ClientCertificates::kNone;  ///< Asked of clients.
    std::string client_ca_file{};  ///< Whom client certificates must come from.
    std::string ciphers{};  ///< OpenSSL's list for TLS 1.2; "": ECDHE with AEAD alone (RFC 9325).
    /// Of session tickets: where they are the same, and the same is asked of clients, one server resumes
    /// what another began. Null: keys of its own.
    std::shared_ptr<TlsTicketKeys> ticket_keys{};
    std::string ciphersuites{};  ///< OpenSSL's list for TLS 1.3; "": its default.
    std::string groups{};        ///< OpenSSL's list, as "X25519:secp384r1"; "": curves alone.
    std::string ocsp{};          ///< ocsp_file of the first certificate, if that has none.
    /// PEM file of those client certificates that are revoked: a list of each authority in a client's chain. Sessions
    /// that began under another list are not resumed.
    std::string client_crl{};
    /// How long a session is resumed, at most seven days (RFC 8446, section 4.6.1); 0: not at all.
    std::chrono::seconds ticket_lifetime{7200};
    /// Whatever names the certificates have: the one of that very host decides, else the one of the longest suffix.
    std::vector<TlsName> names{};
};

/// What a client believes, shows and allows.
struct TlsClientOptions {
    bool verify = true;                     ///< The server's certificate and its name.
    std::string ca_file{};                  ///< "": the system's.
    TlsCertificate certificate{};           ///< Shown if the server asks; empty: none.
    TlsVersion minimum = TlsVersion::k1_2;  ///< The oldest version spoken.
    std::vector<std::string> alpn{};        ///< Offered, in order of preference.
    bool resume = true;                     ///< Keep sessions and resume them.
};

/// What was agreed on.
struct TlsInfo {
    std::string version{};       ///< "TLSv1.3"
    std::string cipher{};        ///< "TLS_AES_256_GCM_SHA384"
    std::string alpn{};          ///< "" if none was agreed on.
    std::string server_name{};   ///< Asked for by the client (SNI).
    std::string peer_subject{};  ///< "CN=client" (RFC 2253); "" if no certificate was shown.
    bool peer_verified = false;  ///< A certificate was shown, and it is good.
    std::string
        peer_fault{};  ///< Why it is not: "certificate has expired"; "": it is, or nobody looked.
    std::string peer_issuer{};  ///< Of the certificate shown, as its subject.
    std::string peer_serial{};  ///< Of it, in hexadecimal: "03A1".
    std::string peer_until{};   ///< The end of its time: "Nov 30 22:19:30 2026 GMT".
    bool resumed = false;       ///< A session was resumed: no certificates crossed.
};

/// The text of a PEM file, of whoever does not read it from the disk. May throw std::system_error, which becomes a
/// TlsError that names the file.
using TlsFileText = std::function<std::string(const std::string& file)>;

/// Certificates and rules. Thread: one hub's at a time. Connections keep what they need of it, so
/// it may go before them.
class GROVE_EXPORT TlsContext {
public:
    /// Reads the files. @throws TlsOptionError that names the file; std::invalid_argument: no certificate, a host twice,
    ///         another lifetime than the options allow
    static std::shared_ptr<TlsContext> server(TlsServerOptions options);
    /// The same of files whose text `text` knows, here and for reload().
    static std::shared_ptr<TlsContext> server(TlsServerOptions options, TlsFileText text);
    /// Likewise, for connecting.
    static std::shared_ptr<TlsContext> client(TlsClientOptions options = {});
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    /// Reads the files again, for handshakes to come; sessions can still be resumed. @throws TlsError; then the old ones stay
    void reload();

private:
    friend class TlsLayer;
    friend Stream tls_accept(Stream, const std::shared_ptr<TlsContext>&, Timespan);
    friend Stream tls_connect(Stream, const std::shared_ptr<TlsContext>&, const std::string&,
                              Timespan);
    class Files;

    TlsContext();

    TlsFileText text_;  // null: of the disk
    std::optional<TlsServerOptions> server_;
    std::optional<TlsClientOptions> client_;
    std::shared_ptr<Files> files_;
};

/// The server's side of a handshake. Whatever it throws, the connection is closed.
/// @throws TlsError; SocketTimeout if `timeout` passed first; std::system_error
GROVE_EXPORT Stream tls_accept(Stream plain, const std::shared_ptr<TlsContext>& context,
                               Timespan timeout = {});
/// The client's side. `server_name` is asked for and checked; it may be an address.
GROVE_EXPORT Stream tls_connect(Stream plain, const std::shared_ptr<TlsContext>& context,
                                const std::string& server_name, Timespan timeout = {});

}  // namespace grove
