#include <grove/core/tls_ticket_keys.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "tls_error.h"

namespace grove {
namespace {

using Secret = TlsTicketKeys::Secret;

Secret derived(const Secret& from, std::string_view purpose) {
    std::array<unsigned char, 64> text{};
    std::copy(from.begin(), from.end(), text.begin());
    std::copy(purpose.begin(), purpose.end(), text.begin() + from.size());
    Secret result{};
    const int done = ::EVP_Digest(text.data(), from.size() + purpose.size(), result.data(), nullptr,
                                  ::EVP_sha256(), nullptr);
    ::OPENSSL_cleanse(text.data(), text.size());
    if (done != 1) throw_tls_error("SHA-256");
    return result;
}

}  // namespace

TlsTicketKeys::TlsTicketKeys(Clock::duration life, Now now)
    : life_{life}, now_{std::move(now)}, ends_{now_() + life_} {
    if (::RAND_priv_bytes(secret_.data(), static_cast<int>(secret_.size())) != 1)
        throw_tls_error("cannot make keys for session tickets");
    next();
    next();  // a former one that nothing was sealed with
}

TlsTicketKeys::~TlsTicketKeys() {
    ::OPENSSL_cleanse(secret_.data(), secret_.size());
    ::OPENSSL_cleanse(&current_, sizeof current_);
    for (Key& key : former_) ::OPENSSL_cleanse(&key, sizeof key);
}

void TlsTicketKeys::keep(Clock::duration lifetime) {
    const auto lives = static_cast<std::size_t>((lifetime + life_ - Clock::duration{1}) / life_);
    most_ = std::max(most_, lives);
}

const TlsTicketKeys::Key& TlsTicketKeys::current() {
    catch_up();
    return current_;
}

const TlsTicketKeys::Key* TlsTicketKeys::find(const Name& name) {
    catch_up();
    if (name == current_.name) return &current_;
    const auto found = std::find_if(former_.begin(), former_.end(),
                                    [&](const Key& key) { return key.name == name; });
    return found != former_.end() ? &*found : nullptr;
}

void TlsTicketKeys::catch_up() {
    for (const Clock::time_point now = now_(); now >= ends_; ends_ += life_) next();
}

void TlsTicketKeys::next() {
    former_.push_front(current_);
    while (former_.size() > most_) {
        ::OPENSSL_cleanse(&former_.back(), sizeof former_.back());
        former_.pop_back();
    }
    const Secret name = derived(secret_, "name");
    std::copy_n(name.begin(), current_.name.size(), current_.name.begin());
    current_.cipher = derived(secret_, "cipher");
    current_.mac = derived(secret_, "mac");
    secret_ = derived(secret_, "next");
}

}  // namespace grove
