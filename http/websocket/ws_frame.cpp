#include "ws_frame.h"

#include <cstring>

namespace grove::http {

void apply_mask(char* data, std::size_t size, const Mask& mask, std::uint64_t at) noexcept {
    std::array<unsigned char, 2 * kMaskBytes> turned;
    for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = mask[(at + i) % kMaskBytes];
    std::uint64_t words = 0;
    std::memcpy(&words, turned.data(), sizeof words);
    std::size_t done = 0;
    for (; size - done >= sizeof words; done += sizeof words) {
        std::uint64_t word = 0;
        std::memcpy(&word, data + done, sizeof word);
        word ^= words;
        std::memcpy(data + done, &word, sizeof word);
    }
    for (; done < size; ++done) {
        data[done] = static_cast<char>(static_cast<unsigned char>(data[done]) ^
                                       turned[done % turned.size()]);
    }
}

}  // namespace grove::http
