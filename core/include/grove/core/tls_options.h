// tls_options.h - what a TlsContext (tls.h) is made of: certificates, and rules for both sides.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace grove {

class TlsTicketKeys;

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

/// Gives the text of a PEM file, for whoever does not read files from the disk. It may throw
/// std::system_error, which becomes a TlsError that names the file.
using TlsFileText = std::function<std::string(const std::string& file)>;

}  // namespace grove
