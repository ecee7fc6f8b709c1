#include "certificate_facts.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
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

// d2i_OCSP_RESPONSE_bio() without its C cast.
OCSP_RESPONSE* response_in(BIO* der) {
    return static_cast<OCSP_RESPONSE*>(
        ::ASN1_item_d2i_bio(ASN1_ITEM_rptr(OCSP_RESPONSE), der, nullptr));
}

using CFile = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

CFile opened(const std::string& file) { return {std::fopen(file.c_str(), "re"), &std::fclose}; }

using Bio = std::unique_ptr<BIO, int (*)(BIO*)>;

std::optional<CertificateFacts> facts_of(BIO* pem, const std::string& host) {
    std::optional<CertificateFacts> facts;
    while (pem != nullptr) {
        const std::unique_ptr<X509, void (*)(X509*)> certificate{
            ::PEM_read_bio_X509(pem, nullptr, &no_password, nullptr), &::X509_free};
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

}  // namespace

std::optional<CertificateFacts> certificate_facts(const std::string& file,
                                                  const std::string& host) {
    return facts_of(Bio{::BIO_new_file(file.c_str(), "r"), &::BIO_free}.get(), host);
}

std::optional<CertificateFacts> certificate_facts_in(std::string_view pem,
                                                     const std::string& host) {
    return facts_of(
        Bio{::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &::BIO_free}.get(), host);
}

Until ocsp_until(const std::string& file) {
    Until until;
    const Bio der{::BIO_new_file(file.c_str(), "r"), &::BIO_free};
    const std::unique_ptr<OCSP_RESPONSE, void (*)(OCSP_RESPONSE*)> response{
        der != nullptr ? response_in(der.get()) : nullptr, &::OCSP_RESPONSE_free};
    const std::unique_ptr<OCSP_BASICRESP, void (*)(OCSP_BASICRESP*)> basic{
        response != nullptr ? ::OCSP_response_get1_basic(response.get()) : nullptr,
        &::OCSP_BASICRESP_free};
    for (int place = 0; basic != nullptr && place < ::OCSP_resp_count(basic.get()); ++place) {
        ASN1_GENERALIZEDTIME* next = nullptr;
        ::OCSP_single_get0_status(::OCSP_resp_get0(basic.get(), place), nullptr, nullptr, nullptr,
                                  &next);
        if (next != nullptr) until = std::min(until.value_or(Time::max()), time_of(next));
    }
    ::ERR_clear_error();
    return until;
}

Until crl_until(const std::string& file) {
    Until until;
    const CFile pem = opened(file);
    while (pem != nullptr) {
        const std::unique_ptr<X509_CRL, void (*)(X509_CRL*)> list{
            ::PEM_read_X509_CRL(pem.get(), nullptr, &no_password, nullptr), &::X509_CRL_free};
        if (list == nullptr) break;
        const ASN1_TIME* const next = ::X509_CRL_get0_nextUpdate(list.get());
        if (next != nullptr) until = std::min(until.value_or(Time::max()), time_of(next));
    }
    ::ERR_clear_error();
    return until;
}
