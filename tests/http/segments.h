// segments.h - the same bytes, cut into reads in every way that matters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "scan.h"

namespace grove::http::testing {

/// How one run hands its bytes over: the length of what has come after each read, the last being
/// all.
using Reads = std::vector<std::size_t>;

/// Whole, byte by byte, and cut in two at every point (at a sample of points if there are many).
inline std::vector<Reads> ways_to_cut(std::size_t size) {
    constexpr std::size_t kEveryPoint = 700;
    std::vector<Reads> ways{{size}, {}};
    for (std::size_t at = 1; at <= size; ++at) ways[1].push_back(at);
    const std::size_t step = size <= kEveryPoint ? 1 : size / 37;
    for (std::size_t at = 1; at < size; at += step) ways.push_back({at, size});
    return ways;
}

/// The first `length` of `bytes`, in memory of its own that can be read kScanPadding bytes further,
/// where `filler` stands: what a scanner reads ahead must not count.
class Padded {
public:
    Padded(std::string_view bytes, std::size_t length, char filler)
        : storage_{bytes.substr(0, length)}, length_{length} {
        storage_.append(kScanPadding, filler);
    }

    [[nodiscard]] std::string_view view() const { return {storage_.data(), length_}; }

private:
    std::string storage_;
    std::size_t length_;
};

}  // namespace grove::http::testing
