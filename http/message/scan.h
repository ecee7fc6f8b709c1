// scan.h - how far a run of allowed bytes goes, sixteen at a time where the processor can.
//
// Each function returns the first byte in [at, end) that does not belong to the run, or `end`.
// @pre sixteen bytes from `end` on can be read (their content does not matter).
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>

#include <bit>
#endif

#include "ascii.h"

namespace grove::http {

/// How many bytes past its end a scanned buffer must own.
inline constexpr std::size_t kScanPadding = 16;

namespace detail {

#if defined(__SSE2__)

inline __m128i load(const char* at) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

/// One bit for each byte whose lane is set.
inline unsigned bits(__m128i lanes) noexcept {
    return static_cast<unsigned>(_mm_movemask_epi8(lanes));
}

/// From `low` on, which wraps what is below it to the top: one comparison, as of unsigned numbers.
inline __m128i between(__m128i bytes, char low, char high) noexcept {
    const __m128i above = _mm_sub_epi8(bytes, _mm_set1_epi8(low));
    const __m128i most = _mm_set1_epi8(static_cast<char>(high - low));
    return _mm_cmpeq_epi8(_mm_min_epu8(above, most), above);
}

// Each ends(): one bit for each byte that the run cannot hold.

struct NameBytes {  // the usual part of a token; the rest is left to the table
    static unsigned ends(__m128i bytes) noexcept {
        const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
        const __m128i dash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('-'));
        const __m128i digit = between(bytes, '0', '9');
        return bits(_mm_or_si128(between(lower, 'a', 'z'), _mm_or_si128(digit, dash))) ^ 0xffffU;
    }
};

struct ValueBytes {
    static unsigned ends(__m128i bytes) noexcept {
        const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
        const __m128i tab = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t'));
        const __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
        return bits(_mm_or_si128(_mm_andnot_si128(tab, control), del));
    }
};

struct TargetBytes {
    static unsigned ends(__m128i bytes) noexcept {
        const __m128i hash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('#'));
        return bits(_mm_andnot_si128(hash, between(bytes, '!', '~'))) ^ 0xffffU;
    }
};

template <class Bytes>
const char* skip_blocks(const char* at, const char* end) noexcept {
    for (; at < end; at += kScanPadding) {
        if (const unsigned mask = Bytes::ends(load(at)))
            return std::min(at + std::countr_zero(mask), end);
    }
    return end;
}

inline constexpr std::size_t kHalf = kWord / 2;

/// The first and the last of its bytes, up to 16, so that each of them is there: twice, or four times.
inline __m128i first_and_last(std::string_view text) noexcept {
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    if (text.size() < kWord) {
        const __m128i halves =
            _mm_unpacklo_epi32(_mm_loadu_si32(begin), _mm_loadu_si32(end - kHalf));
        return _mm_unpacklo_epi64(halves, halves);
    }
    return _mm_unpacklo_epi64(_mm_loadu_si64(begin), _mm_loadu_si64(end - kWord));
}

/// Whether it is nothing but what such a run is usually made of. Reads its own bytes alone. @pre four bytes
template <class Bytes>
inline bool is_plain(std::string_view text) noexcept {
    if (text.size() <= 2 * kWord) return Bytes::ends(first_and_last(text)) == 0;
    const char* const last = text.data() + text.size() - 2 * kWord;
    unsigned ends = Bytes::ends(load(last));
    for (const char* at = text.data(); at < last; at += 2 * kWord) ends |= Bytes::ends(load(at));
    return ends == 0;
}

#endif

template <class Belongs>
const char* skip_bytes(const char* at, const char* end, Belongs belongs) noexcept {
    while (at != end && belongs(*at)) ++at;
    return at;
}

// No early way out: what is checked is short and nearly always right.
template <class Belongs>
bool all_belong(std::string_view text, Belongs belongs) noexcept {
    bool all = true;
    for (const char byte : text) all &= belongs(byte);
    return all;
}

}  // namespace detail

#if defined(__SSE2__)

// Whole texts, of which nothing but their own bytes is read.
inline bool is_token_text(std::string_view text) noexcept {
    if (text.size() >= detail::kHalf && detail::is_plain<detail::NameBytes>(text)) return true;
    return !text.empty() && detail::all_belong(text, is_token_char);
}

inline bool is_value_text(std::string_view text) noexcept {
    if (text.size() >= detail::kHalf) return detail::is_plain<detail::ValueBytes>(text);
    return detail::all_belong(text, is_value_char);
}

inline const char* skip_token(const char* at, const char* end) noexcept {
    at = detail::skip_blocks<detail::NameBytes>(at, end);
    return detail::skip_bytes(at, end, is_token_char);
}

inline const char* skip_value(const char* at, const char* end) noexcept {
    return detail::skip_blocks<detail::ValueBytes>(at, end);
}

inline const char* skip_target(const char* at, const char* end) noexcept {
    return detail::skip_blocks<detail::TargetBytes>(at, end);
}

#else

inline bool is_token_text(std::string_view text) noexcept {
    return !text.empty() && detail::all_belong(text, is_token_char);
}

inline bool is_value_text(std::string_view text) noexcept {
    return detail::all_belong(text, is_value_char);
}

inline const char* skip_token(const char* at, const char* end) noexcept {
    return detail::skip_bytes(at, end, is_token_char);
}

inline const char* skip_value(const char* at, const char* end) noexcept {
    return detail::skip_bytes(at, end, is_value_char);
}

inline const char* skip_target(const char* at, const char* end) noexcept {
    return detail::skip_bytes(at, end, is_target_char);
}

#endif

}  // namespace grove::http
