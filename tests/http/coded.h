// coded.h - a text in a content coding, as a server sends it.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

namespace grove::test {

inline std::string deflated(std::string_view text, int window_bits) {
    z_stream stream{};
    if (deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error{"deflateInit2"};
    std::string bytes(deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
    stream.avail_out = static_cast<uInt>(bytes.size());
    deflate(&stream, Z_FINISH);
    bytes.resize(bytes.size() - stream.avail_out);
    deflateEnd(&stream);
    return bytes;
}

/// @param coding  "gzip", "deflate" (zlib's format), "raw deflate", "br", "zstd" (with a checksum)
inline std::string coded(std::string_view coding, std::string_view text) {
    if (coding == "gzip") return deflated(text, MAX_WBITS + 16);
    if (coding == "deflate") return deflated(text, MAX_WBITS);
    if (coding == "raw deflate") return deflated(text, -MAX_WBITS);
    if (coding == "br") {
        std::size_t size = BrotliEncoderMaxCompressedSize(text.size()) + 16;
        std::string bytes(size, '\0');
        BrotliEncoderCompress(4, 18, BROTLI_MODE_GENERIC, text.size(),
                              reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                              reinterpret_cast<std::uint8_t*>(bytes.data()));
        bytes.resize(size);
        return bytes;
    }
    ZSTD_CCtx* const context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    std::string bytes(ZSTD_compressBound(text.size()), '\0');
    bytes.resize(ZSTD_compress2(context, bytes.data(), bytes.size(), text.data(), text.size()));
    ZSTD_freeCCtx(context);
    return bytes;
}

}  // namespace grove::test
