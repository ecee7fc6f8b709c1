#include "tls_staple.h"

#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include <openssl/crypto.h>
#include <openssl/ocsp.h>
#include <openssl/x509.h>

#include "openssl_ptr.h"

namespace grove {
namespace {

using ResponsePtr = std::unique_ptr<OCSP_RESPONSE, OpensslDeleter<&OCSP_RESPONSE_free>>;
using BasicPtr = std::unique_ptr<OCSP_BASICRESP, OpensslDeleter<&OCSP_BASICRESP_free>>;

std::time_t time_of(const ASN1_GENERALIZEDTIME* time) {
    std::tm utc{};
    ::ASN1_TIME_to_tm(time, &utc);
    return ::timegm(&utc);
}

// By number and issuer; the key of the issuer need not be known.
bool is_about(X509* certificate, const OCSP_SINGLERESP* single) {
    ASN1_OCTET_STRING* issuer = nullptr;
    ASN1_OBJECT* digest = nullptr;
    ASN1_INTEGER* serial = nullptr;
    ::OCSP_id_get0_info(&issuer, &digest, nullptr, &serial,
                        const_cast<OCSP_CERTID*>(::OCSP_SINGLERESP_get0_id(single)));
    std::array<unsigned char, EVP_MAX_MD_SIZE> own{};
    unsigned bytes = 0;
    const EVP_MD* const kind = ::EVP_get_digestbyobj(digest);
    if (kind == nullptr ||
        ::X509_NAME_digest(::X509_get_issuer_name(certificate), kind, own.data(), &bytes) != 1)
        return false;
    const std::string_view told{reinterpret_cast<const char*>(::ASN1_STRING_get0_data(issuer)),
                                static_cast<std::size_t>(::ASN1_STRING_length(issuer))};
    return told == std::string_view{reinterpret_cast<const char*>(own.data()), bytes} &&
           ::ASN1_INTEGER_cmp(serial, ::X509_get0_serialNumber(certificate)) == 0;
}

BasicPtr parsed(const std::string& der, const TlsOption& option) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const auto* const end = at + der.size();
    const ResponsePtr response{::d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size()))};
    if (response == nullptr || at != end)
        throw_option_error(option, EINVAL, option.name + " is not in DER");
    const int status = ::OCSP_response_status(response.get());
    if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
        throw_option_error(option, EINVAL,
                           option.name + " says \"" + ::OCSP_response_status_str(status) +
                               "\", must say \"successful\"");
    }
    BasicPtr basic{::OCSP_response_get1_basic(response.get())};
    if (basic == nullptr) throw_option_error(option, "cannot read " + option.name);
    return basic;
}

}  // namespace

TlsStaple::TlsStaple(std::string der, X509* certificate, const TlsOption& option)
    : der_{std::move(der)} {
    const BasicPtr basic = parsed(der_, option);
    for (int place = 0; place < ::OCSP_resp_count(basic.get()); ++place) {
        OCSP_SINGLERESP* const single = ::OCSP_resp_get0(basic.get(), place);
        if (!is_about(certificate, single)) continue;
        ASN1_GENERALIZEDTIME* from = nullptr;
        ASN1_GENERALIZEDTIME* until = nullptr;
        ::OCSP_single_get0_status(single, nullptr, nullptr, &from, &until);
        from_ = time_of(from);
        if (until != nullptr) until_ = time_of(until);
        return;
    }
    throw_option_error(option, EINVAL, option.name + " is not about its certificate");
}

int TlsStaple::show(SSL* ssl) const {
    const std::time_t now = std::time(nullptr);
    if (now < from_ || (until_ != 0 && now > until_)) return SSL_TLSEXT_ERR_NOACK;
    // OpenSSL takes the copy over. What its macros do, without their C casts.
    void* const copy = ::OPENSSL_memdup(der_.data(), der_.size());
    if (copy == nullptr) return SSL_TLSEXT_ERR_ALERT_FATAL;
    ::SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_STATUS_REQ_OCSP_RESP, static_cast<long>(der_.size()), copy);
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace grove
