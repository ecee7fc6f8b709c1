#include "certificate_dates.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

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

std::optional<CertificateDates> certificate_dates(const std::string& file) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pem{std::fopen(file.c_str(), "re"),
                                                              &std::fclose};
    if (pem == nullptr) return std::nullopt;
    std::optional<CertificateDates> dates;
    for (;;) {
        const std::unique_ptr<X509, void (*)(X509*)> certificate{
            ::PEM_read_X509(pem.get(), nullptr, &no_password, nullptr), &::X509_free};
        if (certificate == nullptr) break;
        const Time from = time_of(::X509_get0_notBefore(certificate.get()));
        const Time until = time_of(::X509_get0_notAfter(certificate.get()));
        if (!dates) dates = CertificateDates{.from = from, .until = until};
        dates->from = std::max(dates->from, from);
        dates->until = std::min(dates->until, until);
    }
    ::ERR_clear_error();
    return dates;
}
