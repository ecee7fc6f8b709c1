// fuzz.h - what the fuzz targets share: a claim, and bytes that are taken apart.
//
// libFuzzer runs a target in the preset `fuzz`, in a program of its own. Everywhere else one program has many targets,
// and replay.cpp feeds each one the files of its corpus.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "scan.h"

// GROVE_FUZZ_TARGET(name) { ... } is the target `name`: it reads `size` bytes at `data` and returns 0.
#ifdef GROVE_FUZZ_ALONE
#define GROVE_FUZZ_TARGET(name) \
    extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
#else
#define GROVE_FUZZ_TARGET(name)                                               \
    static int name##_target(const std::uint8_t* data, std::size_t size);     \
    static const grove::fuzz::Registered name##_listed{#name, name##_target}; \
    static int name##_target(const std::uint8_t* data, std::size_t size)
#endif

namespace grove::fuzz {

using Target = int (*)(const std::uint8_t* data, std::size_t size);

/// Makes a target known to replay.cpp.
struct Registered {
    Registered(std::string_view name, Target target);
};

/// A finding, if `holds` does not: says so and aborts.
inline void require(bool holds, const char* claim) {
    if (holds) return;
    std::fprintf(stderr, "finding: %s\n", claim);
    std::abort();
}

/// Control bytes first, then the bytes under test.
class FuzzBytes {
public:
    FuzzBytes(const std::uint8_t* data, std::size_t size)
        : rest_{reinterpret_cast<const char*>(data), size} {}

    /// 0 once nothing is left.
    std::uint8_t byte() {
        if (rest_.empty()) return 0;
        const auto taken = static_cast<std::uint8_t>(rest_.front());
        rest_.remove_prefix(1);
        return taken;
    }

    [[nodiscard]] std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
};

/// How much of `size` bytes has come after each of at most `most` reads, as `steps` tell; the last
/// is all.
inline std::vector<std::size_t> cuts(std::size_t size, const std::vector<std::uint8_t>& steps,
                                     std::size_t most = ~std::size_t{0}) {
    std::vector<std::size_t> reads;
    std::size_t at = 0;
    for (std::size_t i = 0; at < size; ++i) {
        if (i + 1 >= most) {
            reads.push_back(size);
            break;
        }
        const std::size_t step = steps.empty() ? size : steps[i % steps.size()] % 67U;
        at += step == 0 ? size : step;
        reads.push_back(at < size ? at : size);
    }
    if (reads.empty()) reads.push_back(size);
    return reads;
}

/// A copy of `bytes` in a block of its own with just the padding that scanners may read.
class Padded {
public:
    explicit Padded(std::string_view bytes, char filler = 'a')
        : storage_(bytes.begin(), bytes.end()), length_{bytes.size()} {
        storage_.insert(storage_.end(), http::kScanPadding, filler);
        storage_.shrink_to_fit();
    }

    [[nodiscard]] std::string_view view() const { return {storage_.data(), length_}; }

private:
    std::vector<char> storage_;
    std::size_t length_;
};

}  // namespace grove::fuzz
