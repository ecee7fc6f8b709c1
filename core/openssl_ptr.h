// openssl_ptr.h - objects of OpenSSL with one owner.
#pragma once

#include <memory>

#include <openssl/ssl.h>

namespace grove {

template <auto kFree>
struct OpensslDeleter {
    template <class T>
    void operator()(T* object) const noexcept {
        kFree(object);
    }
};
using SslCtxPtr = std::unique_ptr<SSL_CTX, OpensslDeleter<&SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, OpensslDeleter<&SSL_free>>;
using BioPtr = std::unique_ptr<BIO, OpensslDeleter<&BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, OpensslDeleter<&X509_free>>;
using CrlPtr = std::unique_ptr<X509_CRL, OpensslDeleter<&X509_CRL_free>>;
using SessionPtr = std::unique_ptr<SSL_SESSION, OpensslDeleter<&SSL_SESSION_free>>;

}  // namespace grove
