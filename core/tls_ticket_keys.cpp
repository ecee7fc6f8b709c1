#include <grove/core/detail/tls_ticket_keys.h>

#include <algorithm>
#include <new>
#include <string_view>
#include <utility>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <grove/core/detail/secret_memory.h>

#include "tls_error.h"

namespace grove {
namespace {

using Secret = TlsTicketKeys::Secret;

// No copy of either is left on the stack. @param to  may be `from`
void derive(const Secret& from, std::string_view purpose, Secret& to) {
    std::array<unsigned char, 64> text{};
    std::copy(from.begin(), from.end(), text.begin());
    std::copy(purpose.begin(), purpose.end(), text.begin() + from.size());
    const int done = ::EVP_Digest(text.data(), from.size() + purpose.size(), to.data(), nullptr,
                                  ::EVP_sha256(), nullptr);
    ::OPENSSL_cleanse(text.data(), text.size());
    if (done != 1) throw_tls_error("SHA-256");
}

}  // namespace

TlsTicketKeys::Kept::Kept() : former{&secret_memory()} {}

TlsTicketKeys::Kept::~Kept() {
    ::OPENSSL_cleanse(secret.data(), secret.size());
    ::OPENSSL_cleanse(&current, sizeof current);
    for (Key& key : former) ::OPENSSL_cleanse(&key, sizeof key);
}

TlsTicketKeys::KeptPtr TlsTicketKeys::make_kept() {
    return KeptPtr{new (secret_memory().allocate(sizeof(Kept), alignof(Kept))) Kept};
}

void TlsTicketKeys::Free::operator()(Kept* kept) const noexcept {
    kept->~Kept();
    secret_memory().deallocate(kept, sizeof(Kept), alignof(Kept));
}

TlsTicketKeys::TlsTicketKeys(Clock::duration life, Now now)
    : life_{life}, now_{std::move(now)}, ends_{now_() + life_}, kept_{make_kept()} {
    if (::RAND_priv_bytes(kept_->secret.data(), static_cast<int>(kept_->secret.size())) != 1)
        throw_tls_error("cannot make keys for session tickets");
    next();
    next();  // a former one that nothing was sealed with
}

TlsTicketKeys::~TlsTicketKeys() = default;

void TlsTicketKeys::keep(Clock::duration lifetime) {
    const auto lives = static_cast<std::size_t>((lifetime + life_ - Clock::duration{1}) / life_);
    most_ = std::max(most_, lives);
}

const TlsTicketKeys::Key& TlsTicketKeys::current() {
    catch_up();
    return kept_->current;
}

const TlsTicketKeys::Key* TlsTicketKeys::find(const Name& name) {
    catch_up();
    if (name == kept_->current.name) return &kept_->current;
    const auto found = std::find_if(kept_->former.begin(), kept_->former.end(),
                                    [&](const Key& key) { return key.name == name; });
    return found != kept_->former.end() ? &*found : nullptr;
}

void TlsTicketKeys::catch_up() {
    for (const Clock::time_point now = now_(); now >= ends_; ends_ += life_) next();
}

void TlsTicketKeys::next() {
    kept_->former.push_front(kept_->current);
    while (kept_->former.size() > most_) {
        ::OPENSSL_cleanse(&kept_->former.back(), sizeof kept_->former.back());
        kept_->former.pop_back();
    }
    Secret name{};  // it stands in the open
    derive(kept_->secret, "name", name);
    std::copy_n(name.begin(), kept_->current.name.size(), kept_->current.name.begin());
    derive(kept_->secret, "cipher", kept_->current.cipher);
    derive(kept_->secret, "mac", kept_->current.mac);
    derive(kept_->secret, "next", kept_->secret);
}

}  // namespace grove
