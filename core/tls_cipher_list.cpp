#include "tls_cipher_list.h"

#include <algorithm>
#include <cstddef>

namespace grove {
namespace {

constexpr std::string_view kSeparators = ": ;,";

// Names of kinds, which OpenSSL knows also when its build has no cipher of that kind: "!RC4" is no mistake.
constexpr std::string_view kKinds =
    " ALL COMPLEMENTOFALL COMPLEMENTOFDEFAULT HIGH MEDIUM LOW"
    " kRSA kEDH kDHE DH kEECDH kECDHE ECDH kPSK kRSAPSK kECDHEPSK kDHEPSK kSRP kGOST kGOST18"
    " aRSA aDSS DSS aNULL aECDSA ECDSA aPSK aGOST01 aGOST12 aGOST aSRP"
    " EDH DHE EECDH ECDHE NULL RSA ADH AECDH PSK SRP"
    " 3DES RC4 RC2 IDEA SEED eNULL GOST AES128 AES256 AES AESGCM AESCCM AESCCM8"
    " CAMELLIA128 CAMELLIA256 CAMELLIA CHACHA20 ARIA ARIAGCM ARIA128 ARIA256"
    " MD5 SHA1 SHA SHA256 SHA384 GOST94 GOST89MAC GOST12"
    " EXP EXPORT DES SSLv2 kECDH aECDH ";  // of former days: lists that are handed down exclude them

bool takes(SSL_CTX* ctx, const std::string& list) {
    return ::SSL_CTX_set_cipher_list(ctx, list.c_str()) == 1;
}

// @param opens  it is the list's first: DEFAULT and those of SUITEB are names only there
bool knows(SSL_CTX* ctx, std::string_view name, bool opens) {
    return kKinds.find(" " + std::string{name} + " ") != kKinds.npos ||
           takes(ctx, (opens ? "" : ":") + std::string{name});
}

// "ECDHE+AESGCM", "!aNULL", "@STRENGTH"
bool knows_all_of(SSL_CTX* ctx, std::string_view entry, const std::string& list) {
    if (entry.starts_with('@')) return takes(ctx, "ALL:" + std::string{entry});
    if (entry.find_first_of("!-+") == 0) entry.remove_prefix(1);
    for (;;) {
        const std::size_t end = std::min(entry.find('+'), entry.size());
        const std::string_view name = entry.substr(0, end);
        if (!knows(ctx, name, name.data() == list.data())) return false;
        if (end == entry.size()) return true;
        entry.remove_prefix(end + 1);
    }
}

}  // namespace

// From the end: once OpenSSL has taken SUITEB128, it passes over everything.
std::string_view unknown_cipher(SSL_CTX* ctx, const std::string& list) {
    for (std::string_view rest = list; !rest.empty();) {
        const std::size_t begin = rest.find_last_of(kSeparators) + 1;  // npos + 1 is 0
        const std::string_view entry = rest.substr(begin);
        if (!entry.empty() && !knows_all_of(ctx, entry, list)) return entry;
        rest = rest.substr(0, begin == 0 ? 0 : begin - 1);
    }
    return {};
}

}  // namespace grove
