#include "certificate_facts.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace {

using Time = std::chrono::system_clock::time_point;

Time time_of(const ASN1_TIME* time) {
    std::tm utc{};
    ::ASN1_TIME_to_tm(time, &utc);
    return std::chrono::system_clock::from_time_t(::timegm(&utc));
}

// Without it OpenSSL asks the terminal for the password of an encrypted file, and waits.
int no_password(char*, int, int, void*) { return -1; }

}  // namespace

std::optional<CertificateFacts> certificate_facts(const std::string& file,
                                                  const std::string& host) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pem{std::fopen(file.c_str(), "re"),
                                                              &std::fclose};
    if (pem == nullptr) return std::nullopt;
    std::optional<CertificateFacts> facts;
    for (;;) {
        const std::unique_ptr<X509, void (*)(X509*)> certificate{
            ::PEM_read_X509(pem.get(), nullptr, &no_password, nullptr), &::X509_free};
        if (certificate == nullptr) break;
        const Time from = time_of(::X509_get0_notBefore(certificate.get()));
        const Time until = time_of(::X509_get0_notAfter(certificate.get()));
        if (!facts) {
            facts = CertificateFacts{.from = from, .until = until};
            facts->covers = host.empty() ||
                            ::X509_check_host(certificate.get(), host.c_str(), 0, 0, nullptr) == 1;
        }
        facts->from = std::max(facts->from, from);
        facts->until = std::min(facts->until, until);
    }
    ::ERR_clear_error();
    return facts;
}
