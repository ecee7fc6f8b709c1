#include "content_tags.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <stdexcept>
#include <vector>

#include <openssl/evp.h>
#include <unistd.h>

#include <grove/core/greenlet.h>
#include <grove/core/semaphore.h>

#include "hexadecimal.h"

namespace {

constexpr std::size_t kPieceBytes = 65536;
constexpr std::size_t kDigestBytes = 16;

class Digest {
public:
    Digest() {
        if (context_ == nullptr || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
            throw std::runtime_error{"OpenSSL has no SHA-256"};
    }
    void add(std::string_view bytes) {
        if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1)
            throw std::runtime_error{"OpenSSL's SHA-256 failed"};
    }
    /// Once.
    std::string digits() {
        std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
        if (EVP_DigestFinal_ex(context_.get(), bytes.data(), nullptr) != 1)
            throw std::runtime_error{"OpenSSL's SHA-256 failed"};
        std::string text;
        for (std::size_t at = 0; at < kDigestBytes; ++at) grove::append_digits(text, bytes[at]);
        return text;
    }

private:
    std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

std::optional<std::string> digest_in_turns(int file, std::uint64_t size) {
    Digest digest;
    std::vector<char> piece(static_cast<std::size_t>(std::min<std::uint64_t>(size, kPieceBytes)));
    for (std::uint64_t have = 0; have < size;) {
        if (have != 0) grove::sleep();
        const auto most =
            static_cast<std::size_t>(std::min<std::uint64_t>(size - have, kPieceBytes));
        const ssize_t got = ::pread(file, piece.data(), most, static_cast<off_t>(have));
        if (got <= 0) return std::nullopt;
        digest.add({piece.data(), static_cast<std::size_t>(got)});
        have += static_cast<std::uint64_t>(got);
    }
    return digest.digits();
}

// The kernel's time goes in ticks of up to 10 ms: what is written later may have the time of what was read.
bool is_settled(const struct stat& status) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const double age = static_cast<double>(now.tv_sec - status.st_ctim.tv_sec) +
                       static_cast<double>(now.tv_nsec - status.st_ctim.tv_nsec) / 1e9;
    return std::abs(age) > 0.1;  // a clock may have been set back
}

}  // namespace

struct ContentTags::Known {
    grove::Semaphore free{1};  // who has it reads the file
    std::string digits{};      // "": it has not been read
};

std::string ContentTags::digest_of(std::string_view bytes) {
    Digest digest;
    digest.add(bytes);
    return digest.digits();
}

std::optional<std::string> ContentTags::of(int file, const struct stat& status) {
    const Key key = key_of(status);
    const std::shared_ptr<Known> kept = known(key);
    if (!kept->digits.empty()) return kept->digits;
    kept->free.acquire();
    const auto release = [](Known* held) { held->free.release(); };
    const std::unique_ptr<Known, decltype(release)> reading{kept.get(), release};
    if (!kept->digits.empty()) return kept->digits;
    ++times_read_;
    const bool settled = is_settled(status);
    std::optional<std::string> digits = digest_in_turns(file, key[2]);
    struct stat after {};
    if (::fstat(file, &after) != 0 || key_of(after) != key) return std::nullopt;
    if (digits && settled) kept->digits = *digits;
    return digits;
}

ContentTags::Key ContentTags::key_of(const struct stat& status) {
    const auto number = [](auto value) { return static_cast<std::uint64_t>(value); };
    return {number(status.st_dev),          number(status.st_ino),
            number(status.st_size),         number(status.st_mtim.tv_sec),
            number(status.st_mtim.tv_nsec), number(status.st_ctim.tv_sec),
            number(status.st_ctim.tv_nsec)};
}

// What is not known is read again anyway: when there is no room, all may go. Those that are being read stay with those
// that wait for them.
std::shared_ptr<ContentTags::Known> ContentTags::known(const Key& key) {
    const auto found = known_.find(key);
    if (found != known_.end()) return found->second;
    if (known_.size() >= kMost) known_.clear();
    return known_.emplace(key, std::make_shared<Known>()).first->second;
}
