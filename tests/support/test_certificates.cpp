#include "test_certificates.h"

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace grove::test {
namespace {

constexpr std::string_view kPassword = "secret";

using Bio = std::unique_ptr<BIO, int (*)(BIO*)>;

Bio open(const std::string& file, const char* mode) {
    return {::BIO_new_file(file.c_str(), mode), &::BIO_free};
}

unsigned char* password() {
    return reinterpret_cast<unsigned char*>(const_cast<char*>(kPassword.data()));
}

constexpr int kPasswordBytes = static_cast<int>(kPassword.size());

int certificate_bytes(const void* certificate, unsigned char** out) {
    return ::i2d_X509(static_cast<const X509*>(certificate), out);
}

}  // namespace

void encrypt_key(const std::string& file, Encryption how) {
    EVP_PKEY* const key =
        ::PEM_read_bio_PrivateKey(open(file, "r").get(), nullptr, nullptr, nullptr);
    const Bio out = open(file, "w");
    const int done =
        how == Encryption::kTraditional
            ? ::PEM_write_bio_PrivateKey_traditional(out.get(), key, ::EVP_aes_128_cbc(),
                                                     password(), kPasswordBytes, nullptr, nullptr)
            : ::PEM_write_bio_PKCS8PrivateKey(out.get(), key, ::EVP_aes_128_cbc(), kPassword.data(),
                                              kPasswordBytes, nullptr, nullptr);
    ::EVP_PKEY_free(key);
    if (done != 1) throw std::runtime_error{"cannot encrypt " + file};
}

void encrypt_certificate(const std::string& file) {
    X509* const certificate = ::PEM_read_bio_X509(open(file, "r").get(), nullptr, nullptr, nullptr);
    const int done = ::PEM_ASN1_write_bio(&certificate_bytes, PEM_STRING_X509,
                                          open(file, "w").get(), certificate, ::EVP_aes_128_cbc(),
                                          password(), kPasswordBytes, nullptr, nullptr);
    ::X509_free(certificate);
    if (done != 1) throw std::runtime_error{"cannot encrypt " + file};
}

struct Authority::Pair {
    EVP_PKEY* key;
    X509* certificate = ::X509_new();

    explicit Pair(KeyKind kind = KeyKind::kEc)
        : key{kind == KeyKind::kEc ? ::EVP_EC_gen("P-256") : ::EVP_RSA_gen(2048)} {}
    Pair(const Pair&) = delete;
    Pair& operator=(const Pair&) = delete;
    ~Pair() {
        ::X509_free(certificate);
        ::EVP_PKEY_free(key);
    }

    void describe(const std::string& common_name, long serial,
                  std::chrono::seconds good_for = std::chrono::hours{24}) const {
        ::X509_set_version(certificate, 2);
        ::ASN1_INTEGER_set(::X509_get_serialNumber(certificate), serial);
        ::X509_gmtime_adj(::X509_getm_notBefore(certificate), -3600);
        ::X509_gmtime_adj(::X509_getm_notAfter(certificate), good_for.count());
        ::X509_set_pubkey(certificate, key);
        ::X509_NAME_add_entry_by_txt(::X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(common_name.c_str()),
                                     -1, -1, 0);
    }
    void extend(int kind, const std::string& value) const {
        X509_EXTENSION* extension = ::X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
        if (extension == nullptr) throw std::logic_error{"no extension " + value};
        ::X509_add_ext(certificate, extension, -1);
        ::X509_EXTENSION_free(extension);
    }
    void sign(const Pair& by) const {
        ::X509_set_issuer_name(certificate, ::X509_get_subject_name(by.certificate));
        ::X509_sign(certificate, by.key, ::EVP_sha256());
    }
    void write(const std::string& chain_file, const std::string& key_file) const {
        std::FILE* chain = std::fopen(chain_file.c_str(), "w");
        ::PEM_write_X509(chain, certificate);
        std::fclose(chain);
        std::FILE* secret = std::fopen(key_file.c_str(), "w");
        ::PEM_write_PrivateKey(secret, key, nullptr, nullptr, 0, nullptr, nullptr);
        std::fclose(secret);
        std::filesystem::permissions(key_file, std::filesystem::perms{0600});
    }
};

Authority::Authority(std::filesystem::path folder) : folder_{std::move(folder)}, own_{new Pair} {
    own_->describe("grove test authority", serial_++);
    own_->extend(NID_basic_constraints, "critical,CA:TRUE");
    own_->sign(*own_);
    own_->write(file(), folder_ / "ca.key");
}

Authority::~Authority() { delete own_; }

std::string Authority::file() const { return folder_ / "ca.pem"; }

TlsCertificate Authority::issue(const std::string& common_name,
                                const std::vector<std::string>& names,
                                std::chrono::seconds good_for, KeyKind kind) {
    const Pair made{kind};
    made.describe(common_name, serial_++, good_for);
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ",") + name;
    if (!list.empty()) made.extend(NID_subject_alt_name, list);
    made.sign(*own_);
    const TlsCertificate files{.chain_file = folder_ / (common_name + ".pem"),
                               .key_file = folder_ / (common_name + ".key")};
    made.write(files.chain_file, files.key_file);
    return files;
}

std::string Authority::crl(const std::vector<TlsCertificate>& revoked,
                           std::chrono::seconds good_for) {
    const std::unique_ptr<X509_CRL, void (*)(X509_CRL*)> list{::X509_CRL_new(), &::X509_CRL_free};
    const std::unique_ptr<ASN1_TIME, void (*)(ASN1_TIME*)> time{::ASN1_TIME_new(),
                                                                &::ASN1_TIME_free};
    ::X509_CRL_set_version(list.get(), 1);
    ::X509_CRL_set_issuer_name(list.get(), ::X509_get_subject_name(own_->certificate));
    ::X509_CRL_set1_lastUpdate(list.get(), ::X509_gmtime_adj(time.get(), -3600));
    for (const TlsCertificate& one : revoked) {
        X509* const certificate =
            ::PEM_read_bio_X509(open(one.chain_file, "r").get(), nullptr, nullptr, nullptr);
        X509_REVOKED* const entry = ::X509_REVOKED_new();
        ::X509_REVOKED_set_serialNumber(entry, ::X509_get_serialNumber(certificate));
        ::X509_REVOKED_set_revocationDate(entry, time.get());
        ::X509_CRL_add0_revoked(list.get(), entry);
        ::X509_free(certificate);
    }
    ::X509_CRL_set1_nextUpdate(list.get(), ::X509_gmtime_adj(time.get(), good_for.count()));
    ::X509_CRL_sort(list.get());
    ::X509_CRL_sign(list.get(), own_->key, ::EVP_sha256());
    const std::string file = folder_ / "ca.crl";
    ::PEM_write_bio_X509_CRL(open(file, "w").get(), list.get());
    return file;
}

std::string Authority::ocsp(const TlsCertificate& certificate, std::chrono::seconds good_for) {
    using Time = std::unique_ptr<ASN1_TIME, void (*)(ASN1_TIME*)>;
    X509* const subject =
        ::PEM_read_bio_X509(open(certificate.chain_file, "r").get(), nullptr, nullptr, nullptr);
    OCSP_BASICRESP* const basic = ::OCSP_BASICRESP_new();
    OCSP_CERTID* const id = ::OCSP_cert_to_id(::EVP_sha1(), subject, own_->certificate);
    const Time from{::X509_gmtime_adj(nullptr, -3600), &::ASN1_TIME_free};
    const Time until{::X509_gmtime_adj(nullptr, good_for.count()), &::ASN1_TIME_free};
    ::OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_GOOD, 0, nullptr, from.get(),
                             until.get());
    ::OCSP_basic_sign(basic, own_->certificate, own_->key, ::EVP_sha256(), nullptr, 0);
    OCSP_RESPONSE* const response = ::OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    const std::string file = certificate.chain_file + ".ocsp";
    unsigned char* der = nullptr;
    const int bytes = ::i2d_OCSP_RESPONSE(response, &der);
    const int done = ::BIO_write(open(file, "w").get(), der, bytes);
    ::OPENSSL_free(der);
    ::OCSP_RESPONSE_free(response);
    ::OCSP_CERTID_free(id);
    ::OCSP_BASICRESP_free(basic);
    ::X509_free(subject);
    if (done <= 0) throw std::runtime_error{"cannot write " + file};
    return file;
}

}  // namespace grove::test
