// tls.h - TLS 1.2 and 1.3 over a Stream, on OpenSSL 3.
//
// A TlsContext holds certificates and rules. tls_accept() and tls_connect() turn a plain Stream
// into a Stream that speaks TLS, and block their greenlet for the handshake. On such a Stream:
//  - recv() gives 0 only after the peer's close_notify; an end without it throws TlsError.
//  - shutdown_write() and close() send close_notify. close() waits at most 1 s until that is sent,
//    and never for the peer's; a Stream that is destroyed without close() tries once.
//  - one greenlet may read while another writes.
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
/// says what failed; code() has a category of its own, or the system's.
class GROVE_EXPORT TlsError : public std::system_error {
public:
    using std::system_error::system_error;
    ~TlsError() override;
};

/// An option of a TlsContext cannot be used: a file, or a name that OpenSSL is to know. A file with
/// a password is refused; nobody is ever asked for the password.
class GROVE_EXPORT TlsOptionError : public TlsError {
public:
    /// The member of TlsServerOptions, TlsClientOptions or TlsCertificate. kAuthorities:
    /// client_ca_file or ca_file.
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
    /// For a member of a TlsCertificate, the certificate's place: those of
    /// TlsServerOptions::certificates come first, then those of TlsServerOptions::names.
    [[nodiscard]] std::size_t certificate() const noexcept { return certificate_; }

private:
    Option option_;
    std::size_t certificate_;
};

/// PEM files, none encrypted: the chain begins with the certificate itself.
struct TlsCertificate {
    std::string chain_file{};  ///< The certificate, then the certificates that vouch for it.
    std::string key_file{};    ///< Its private key, without a password.
    /// For servers: an OCSP response about the certificate, in DER; "": none. Clients that ask are
    /// shown it while it is in date.
    std::string ocsp_file{};
};

/// Certificates for clients that ask for one host (SNI).
struct TlsName {
    /// "www.example.org", or "*.example.org" for all hosts below it. Upper and lower case are the
    /// same.
    std::string host{};
    /// At least one. Several have keys of different kinds (EC, RSA): each client is shown a
    /// certificate that it can check.
    std::vector<TlsCertificate> certificates{};
};

enum class TlsVersion { k1_2, k1_3 };
/// kOptional: a client with a bad certificate is not refused; TlsInfo::peer_verified tells.
enum class ClientCertificates { kNone, kOptional, kRequired };

/// The options of a server: what it shows, asks for and allows.
struct TlsServerOptions {
    /// At least one, for clients that ask for none of `names` (SNI). A client is shown the first
    /// certificate that is good for the name it asks for, else the first certificate.
    std::vector<TlsCertificate> certificates{};
    TlsVersion minimum = TlsVersion::k1_2;  ///< The oldest version spoken.
    /// In order of preference: {"h2", "http/1.1"}. A client that offers only others is refused.
    std::vector<std::string> alpn{};
    ClientCertificates client_certificates = ClientCertificates::kNone;  ///< Asked of clients.
    std::string client_ca_file{};  ///< The authorities of client certificates, in PEM.
    std::string ciphers{};  ///< OpenSSL's list for TLS 1.2; "": ECDHE with AEAD alone (RFC 9325).
    /// The keys of session tickets. Servers that have the same keys, and ask the same of clients,
    /// resume each other's sessions. Null: keys of its own.
    std::shared_ptr<TlsTicketKeys> ticket_keys{};
    std::string ciphersuites{};  ///< OpenSSL's list for TLS 1.3; "": its default.
    std::string groups{};        ///< OpenSSL's list, such as "X25519:secp384r1"; "": only curves.
    std::string ocsp{};          ///< The first certificate's ocsp_file, if that is empty.
    /// PEM file that says which client certificates are revoked: a list (CRL) of each authority in
    /// a client's chain. Sessions that began under another list are not resumed.
    std::string client_crl{};
    /// How long a session can be resumed, at most seven days (RFC 8446, section 4.6.1); 0: not at
    /// all. A resumed session keeps what was found of its client's certificate when the session
    /// began; no session is resumed once that certificate has expired.
    std::chrono::seconds ticket_lifetime{7200};
    /// Certificates for single hosts: the entry for exactly the host that a client asks for
    /// decides, else the entry with the longest suffix, whatever names the certificates have.
    std::vector<TlsName> names{};
};

/// The options of a client: what it trusts, shows and allows.
struct TlsClientOptions {
    bool verify = true;            ///< Check the server's certificate and name.
    std::string ca_file{};         ///< The authorities it trusts, in PEM; "": the system's.
    TlsCertificate certificate{};  ///< Shown if the server asks; empty: none.
    TlsVersion minimum = TlsVersion::k1_2;  ///< The oldest version spoken.
    std::vector<std::string> alpn{};        ///< Offered, in order of preference.
    bool resume = true;                     ///< Keep sessions and resume them.
};

/// The result of a handshake.
struct TlsInfo {
    std::string version{};       ///< "TLSv1.3"
    std::string cipher{};        ///< "TLS_AES_256_GCM_SHA384"
    std::string alpn{};          ///< "" if none was agreed on.
    std::string server_name{};   ///< Asked for by the client (SNI).
    std::string peer_subject{};  ///< "CN=client" (RFC 2253); "" if no certificate was shown.
    bool peer_verified = false;  ///< A certificate was shown, and is good.
    std::string
        peer_fault{};  ///< Why it is bad: "certificate has expired"; "": good, or not checked.
    std::string peer_issuer{};  ///< The issuer of the certificate, as peer_subject.
    std::string peer_serial{};  ///< Its serial number, in hexadecimal: "03A1".
    std::string peer_until{};   ///< The end of its validity: "Nov 30 22:19:30 2026 GMT".
    bool resumed = false;       ///< A session was resumed: no certificates were sent.
};

/// Gives the text of a PEM file, for whoever does not read files from the disk. It may throw
/// std::system_error, which becomes a TlsError that names the file.
using TlsFileText = std::function<std::string(const std::string& file)>;

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
    class Files;

    TlsContext();

    TlsFileText text_;  // null: of the disk
    std::optional<TlsServerOptions> server_;
    std::optional<TlsClientOptions> client_;
    std::shared_ptr<Files> files_;
};

/// The server's side of a handshake. If it throws, the connection is closed.
/// @throws TlsError; SocketTimeout if `timeout` passed first; std::system_error
GROVE_EXPORT Stream tls_accept(Stream plain, const std::shared_ptr<TlsContext>& context,
                               Timespan timeout = {});
/// The client's side. `server_name` is asked for (SNI) and checked; it may be an address.
GROVE_EXPORT Stream tls_connect(Stream plain, const std::shared_ptr<TlsContext>& context,
                                const std::string& server_name, Timespan timeout = {});

}  // namespace grove
