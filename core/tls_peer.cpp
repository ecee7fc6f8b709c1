#include "tls_peer.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "openssl_ptr.h"
#include "tls_error.h"

namespace grove {
namespace {

template <class Print>
std::string printed(Print print) {
    const BioPtr text{::BIO_new(::BIO_s_mem())};
    if (text == nullptr) throw_tls_error("BIO_new");
    print(text.get());
    ::ERR_clear_error();
    char* data = nullptr;
    const long bytes = ::BIO_get_mem_data(text.get(), &data);
    return {data, static_cast<std::size_t>(bytes)};
}

std::string text_of(const X509_NAME* name) {
    return printed([name](BIO* text) { ::X509_NAME_print_ex(text, name, 0, XN_FLAG_RFC2253); });
}

}  // namespace

void note_peer(SSL* ssl, TlsInfo& info) {
    X509* const certificate = ::SSL_get0_peer_certificate(ssl);
    if (certificate == nullptr) return;
    info.peer_subject = text_of(::X509_get_subject_name(certificate));
    info.peer_issuer = text_of(::X509_get_issuer_name(certificate));
    info.peer_serial = printed([certificate](BIO* text) {
        ::i2a_ASN1_INTEGER(text, ::X509_get0_serialNumber(certificate));
    });
    info.peer_until = printed(
        [certificate](BIO* text) { ::ASN1_TIME_print(text, ::X509_get0_notAfter(certificate)); });
    if (::SSL_get_verify_mode(ssl) == SSL_VERIFY_NONE) return;
    const long verdict = ::SSL_get_verify_result(ssl);
    info.peer_verified = verdict == X509_V_OK;
    if (!info.peer_verified) info.peer_fault = ::X509_verify_cert_error_string(verdict);
}

std::string peer_certificate(SSL* ssl) {
    X509* const certificate = ::SSL_get0_peer_certificate(ssl);
    if (certificate == nullptr) return {};
    return printed([certificate](BIO* text) { ::PEM_write_bio_X509(text, certificate); });
}

}  // namespace grove
