// test_certificates.h - an authority and certificates made for one test, as PEM files.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <grove/core/tls.h>

namespace grove::test {

/// The forms of an encrypted PEM key: "Proc-Type: 4,ENCRYPTED", and PKCS#8's "ENCRYPTED PRIVATE KEY".
enum class Encryption { kTraditional, kPkcs8 };

/// The file's key under a password in place of the bare one.
void encrypt_key(const std::string& file, Encryption how);
/// The same of its certificate.
void encrypt_certificate(const std::string& file);

enum class KeyKind { kEc, kRsa };

class Authority {
public:
    explicit Authority(std::filesystem::path folder);
    ~Authority();
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;

    [[nodiscard]] std::string file() const;
    /// Names as OpenSSL writes them: {"DNS:localhost", "IP:127.0.0.1"}; empty: a client's. Files of
    /// the same name are replaced. Good since an hour ago, and for `good_for` more.
    [[nodiscard]] TlsCertificate issue(const std::string& common_name,
                                       const std::vector<std::string>& names = {},
                                       std::chrono::seconds good_for = std::chrono::hours{24},
                                       KeyKind kind = KeyKind::kEc);

    /// Writes the list of those revoked until now, good for `good_for` from now on. @return its file
    std::string crl(const std::vector<TlsCertificate>& revoked,
                    std::chrono::seconds good_for = std::chrono::hours{24});

    /// Writes the response about one, beside it: good since an hour ago. @return its file
    std::string ocsp(const TlsCertificate& certificate,
                     std::chrono::seconds good_for = std::chrono::hours{24});

private:
    struct Pair;
    std::filesystem::path folder_;
    Pair* own_;
    long serial_ = 1;
};

}  // namespace grove::test
