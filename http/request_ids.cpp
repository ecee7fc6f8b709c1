#include "request_ids.h"

#include <cerrno>
#include <cstdlib>

#include <sys/random.h>

namespace grove::http {

RequestIds::Id RequestIds::make() noexcept {
    constexpr char kDigits[] = "0123456789abcdef";
    if (left_ == 0) refill();
    Id id;
    for (std::size_t i = 0; i < kBytes; ++i) {
        unsigned char& byte = random_[--left_];
        id[2 * i] = kDigits[byte >> 4U];
        id[2 * i + 1] = kDigits[byte & 15U];
        byte = 0;  // told once
    }
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
