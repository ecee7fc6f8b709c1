#include "request_ids.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <sys/random.h>

#include "hexadecimal.h"

namespace grove::http {

namespace {

constexpr std::array<char, 512> hex_pairs() {
    std::array<char, 512> pairs{};
    for (std::size_t byte = 0; byte != 256; ++byte) {
        const auto [high, low] = digits_of(static_cast<unsigned char>(byte));
        pairs[2 * byte] = high;
        pairs[2 * byte + 1] = low;
    }
    return pairs;
}

constexpr std::array<char, 512> kHexPairs = hex_pairs();

}  // namespace

RequestIds::Id RequestIds::make() noexcept {
    if (left_ == 0) refill();
    left_ -= kBytes;
    unsigned char* const taken = random_.data() + left_;
    Id id;
    for (std::size_t i = 0; i < kBytes; ++i) std::memcpy(&id[2 * i], &kHexPairs[2U * taken[i]], 2);
    std::memset(taken, 0, kBytes);  // told once
    return id;
}

void RequestIds::refill() noexcept {
    while (left_ < random_.size()) {
        const ssize_t got = ::getrandom(random_.data() + left_, random_.size() - left_, 0);
        if (got > 0) left_ += static_cast<std::size_t>(got);
        if (got < 0 && errno != EINTR) std::abort();  // no kernel that grove runs on lacks it
    }
}

}  // namespace grove::http
