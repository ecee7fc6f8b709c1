#include "tls_pem.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <system_error>
#include <utility>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <grove/core/detail/secret_memory.h>

namespace grove {
namespace {

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

bool has_one_with_a_key_like(SSL_CTX* ctx, X509* certificate) {
    const int kind = ::EVP_PKEY_get_base_id(::X509_get0_pubkey(certificate));
    for (long next = SSL_CERT_SET_FIRST;
         ::SSL_CTX_ctrl(ctx, SSL_CTRL_SET_CURRENT_CERT, next, nullptr) == 1;
         next = SSL_CERT_SET_NEXT) {
        X509* const other = ::SSL_CTX_get0_certificate(ctx);
        if (::EVP_PKEY_get_base_id(::X509_get0_pubkey(other)) == kind) return true;
    }
    return false;
}

void use_chain(SSL_CTX* ctx, const PemText& pem, const TlsOption& option) {
    Password password;
    const auto fail = [&] {
        if (password.asked) throw_encrypted(option);
        throw_option_error(option, "cannot read " + option.name);
    };
    const auto fail_without_one = [&] {
        if (pem.text().find("PRIVATE KEY-----") == std::string::npos) fail();
        throw_option_error(option, "cannot read " + option.name + ", which holds a private key");
    };
    const BioPtr bio = bio_of(pem);
    const X509Ptr own{::PEM_read_bio_X509_AUX(bio.get(), nullptr, &Password::none, &password)};
    if (own == nullptr) fail_without_one();
    if (::X509_get0_pubkey(own.get()) == nullptr) fail();
    if (has_one_with_a_key_like(ctx, own.get())) {
        throw_option_error(
            option, EINVAL,
            option.name + " has the same kind of key as another certificate beside it");
    }
    if (::SSL_CTX_use_certificate(ctx, own.get()) != 1) fail();
    while (X509Ptr issuer = next_certificate(bio.get(), password)) {
        // SSL_CTX_add0_chain_cert() without its C cast: it takes the object over.
        if (::SSL_CTX_ctrl(ctx, SSL_CTRL_CHAIN_CERT, 0, issuer.get()) != 1) fail();
        static_cast<void>(issuer.release());
    }
    if (!at_end()) fail();
}

// What it has from the first time on is made while that is secret: RSA keeps its primes once more.
void sign_something(EVP_PKEY* key) {
    std::array<unsigned char, 8192> signature{};
    std::size_t bytes = signature.size();
    const std::unique_ptr<EVP_MD_CTX, OpensslDeleter<&EVP_MD_CTX_free>> context{::EVP_MD_CTX_new()};
    const std::array<unsigned char, 1> text{};
    if (context == nullptr ||
        ::EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key, nullptr) !=
            1 ||
        ::EVP_DigestSign(context.get(), signature.data(), &bytes, text.data(), text.size()) != 1)
        ::ERR_clear_error();  // one that cannot sign so is left to the handshake
}

void use_key(SSL_CTX* ctx, const PemText& pem, const TlsOption& option, const std::string& chain) {
    const SecretScope secret;
    Password password;
    const BioPtr bio = bio_of(pem);
    const KeyPtr key{::PEM_read_bio_PrivateKey(bio.get(), nullptr, &Password::none, &password)};
    if (password.asked) throw_encrypted(option);
    if (key == nullptr) throw_option_error(option, "cannot read " + option.name);
    // SSL_CTX_use_PrivateKey() takes a key of another kind for that of a certificate to come.
    if (::X509_check_private_key(::SSL_CTX_get0_certificate(ctx), key.get()) != 1)
        throw_option_error(option, option.name + " does not belong to \"" + chain + "\"");
    if (::SSL_CTX_use_PrivateKey(ctx, key.get()) != 1)
        throw_option_error(option, "cannot use " + option.name);
    sign_something(key.get());
}

template <class Pointer, class Read>
std::vector<Pointer> read_each(const PemText& pem, const TlsOption& option, Read read) {
    Password password;
    const BioPtr bio = bio_of(pem);
    std::vector<Pointer> all;
    while (Pointer one{read(bio.get(), nullptr, &Password::none, &password)})
        all.push_back(std::move(one));
    if (password.asked) throw_encrypted(option);
    if (all.empty() || !at_end()) throw_option_error(option, "cannot read " + option.name);
    return all;
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

PemText::PemText(const std::string& file, const TlsFileText& text, const TlsOption& option) {
    ::ERR_clear_error();
    try {
        if (text) {
            text_ = text(file);
            return;
        }
    } catch (const std::system_error& error) {
        throw_option_error(option, error.code().value(), "cannot read " + option.name);
    }
    errno = 0;
    const BioPtr bio{::BIO_new_file(file.c_str(), "r")};
    if (bio == nullptr || !read_all(bio.get(), text_))
        throw_option_error(option, errno, "cannot read " + option.name);
}

PemText::~PemText() { ::OPENSSL_cleanse(text_.data(), text_.size()); }

void use_certificate(SSL_CTX* ctx, const TlsCertificate& certificate, std::size_t place,
                     const TlsFileText& text) {
    using Option = TlsOptionError::Option;
    const TlsOption chain{"the certificate \"" + certificate.chain_file + "\"", Option::kChain,
                          place};
    const TlsOption key{"the key \"" + certificate.key_file + "\"", Option::kKey, place};
    use_chain(ctx, PemText{certificate.chain_file, text, chain}, chain);
    use_key(ctx, PemText{certificate.key_file, text, key}, key, certificate.chain_file);
}

std::vector<X509Ptr> read_authorities(const PemText& authorities, const TlsOption& option) {
    return read_each<X509Ptr>(authorities, option, &::PEM_read_bio_X509);
}

std::vector<CrlPtr> read_crls(const PemText& lists, const TlsOption& option) {
    return read_each<CrlPtr>(lists, option, &::PEM_read_bio_X509_CRL);
}

}  // namespace grove
