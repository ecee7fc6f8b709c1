// request_ids.h - names for requests that nobody can guess.
#pragma once

#include <array>
#include <cstddef>

namespace grove::http {

class RequestIds {
public:
    static constexpr std::size_t kLength = 16;
    using Id = std::array<char, kLength>;

    /// 64 random bits in hexadecimal. A system call for every 512 of them only.
    [[nodiscard]] Id make() noexcept;

private:
    static constexpr std::size_t kBytes = kLength / 2;

    void refill() noexcept;

    std::array<unsigned char, 512 * kBytes> random_;  // filled when first needed
    std::size_t left_ = 0;
};

}  // namespace grove::http
