#include "tls_pem.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <system_error>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "tls_error.h"
#include "tls_files.h"

namespace grove {
namespace {

using CrlPtr = std::unique_ptr<X509_CRL, OpensslDeleter<&X509_CRL_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpensslDeleter<&EVP_PKEY_free>>;

// Knows none, and remembers that it was asked: without it OpenSSL asks the terminal, and waits.
struct Password {
    bool asked = false;

    static int none(char*, int, int, void* self) {
        static_cast<Password*>(self)->asked = true;
        return -1;
    }
};

BioPtr bio_of(const PemText& pem) {
    BioPtr bio{::BIO_new_mem_buf(pem.text().data(), static_cast<int>(pem.text().size()))};
    if (bio == nullptr) throw_tls_error("BIO_new_mem_buf");
    return bio;
}

X509Ptr next_certificate(BIO* bio, Password& password) {
    return X509Ptr{::PEM_read_bio_X509(bio, nullptr, &Password::none, &password)};
}

// Whether what ended a search was nothing but the end of the text.
bool at_end() {
    const unsigned long code = ::ERR_peek_last_error();
    const bool end =
        ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
    if (end) ::ERR_clear_error();
    return end;
}

bool use_chain(SSL_CTX* ctx, const PemText& pem, Password& password) {
    const BioPtr bio = bio_of(pem);
    const X509Ptr own{::PEM_read_bio_X509_AUX(bio.get(), nullptr, &Password::none, &password)};
    if (own == nullptr || ::SSL_CTX_use_certificate(ctx, own.get()) != 1) return false;
    while (X509Ptr issuer = next_certificate(bio.get(), password)) {
        // SSL_CTX_add0_chain_cert() without its C cast: it takes the object over.
        if (::SSL_CTX_ctrl(ctx, SSL_CTRL_CHAIN_CERT, 0, issuer.get()) != 1) return false;
        static_cast<void>(issuer.release());
    }
    return at_end();
}

bool use_key(SSL_CTX* ctx, const PemText& pem, Password& password) {
    const BioPtr bio = bio_of(pem);
    const KeyPtr key{::PEM_read_bio_PrivateKey(bio.get(), nullptr, &Password::none, &password)};
    return key != nullptr && ::SSL_CTX_use_PrivateKey(ctx, key.get()) == 1;
}

bool is_of_another_certificate(unsigned long code) {
    const int reason = ERR_GET_REASON(code);
    return ERR_GET_LIB(code) == ERR_LIB_X509 &&
           (reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH);
}

bool read_all(BIO* bio, std::string& text) {
    std::array<char, 4096> piece{};
    int got = 0;
    while ((got = ::BIO_read(bio, piece.data(), static_cast<int>(piece.size()))) > 0)
        text.append(piece.data(), static_cast<std::size_t>(got));
    ::OPENSSL_cleanse(piece.data(), piece.size());
    return got == 0;
}

}  // namespace

PemText::PemText(const std::string& file, const TlsFileText& text, const std::string& what) {
    ::ERR_clear_error();
    try {
        if (text) {
            text_ = text(file);
            return;
        }
    } catch (const std::system_error& error) {
        throw_tls_error(error.code().value(), "cannot read " + what);
    }
    errno = 0;
    const BioPtr bio{::BIO_new_file(file.c_str(), "r")};
    if (bio == nullptr || !read_all(bio.get(), text_))
        throw_tls_error(errno, "cannot read " + what);
}

PemText::~PemText() { ::OPENSSL_cleanse(text_.data(), text_.size()); }

void use_certificate(SSL_CTX* ctx, const TlsCertificate& certificate, std::size_t place,
                     const TlsFileText& text) {
    using File = TlsEncrypted::File;
    const std::string chain = "the certificate \"" + certificate.chain_file + "\"";
    const std::string key = "the key \"" + certificate.key_file + "\"";
    Password password;
    if (!use_chain(ctx, PemText{certificate.chain_file, text, chain}, password)) {
        if (password.asked) throw_encrypted(chain, File::kChain, place);
        throw_tls_error("cannot read " + chain);
    }
    if (use_key(ctx, PemText{certificate.key_file, text, key}, password)) return;
    if (password.asked) throw_encrypted(key, File::kKey, place);
    const bool other = is_of_another_certificate(::ERR_peek_last_error());
    throw_tls_error(other ? key + " is not that of \"" + certificate.chain_file + "\""
                          : "cannot read " + key);
}

void use_authorities(SSL_CTX* ctx, const PemText& authorities, const std::string& what) {
    X509_STORE* const store = ::SSL_CTX_get_cert_store(ctx);
    Password password;
    const BioPtr certificates = bio_of(authorities);
    bool any = false;
    while (const X509Ptr authority = next_certificate(certificates.get(), password)) {
        any = true;
        if (::X509_STORE_add_cert(store, authority.get()) != 1 ||
            ::SSL_CTX_add_client_CA(ctx, authority.get()) != 1)
            throw_tls_error("cannot use " + what);
    }
    if (password.asked) throw_encrypted(what, TlsEncrypted::File::kAuthorities, 0);
    if (!any || !at_end()) throw_tls_error("cannot read " + what);
    const BioPtr lists = bio_of(authorities);
    while (const CrlPtr list{
        ::PEM_read_bio_X509_CRL(lists.get(), nullptr, &Password::none, &password)}) {
        if (::X509_STORE_add_crl(store, list.get()) != 1) throw_tls_error("cannot use " + what);
    }
    ::ERR_clear_error();
}

}  // namespace grove
