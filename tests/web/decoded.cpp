#include "decoded.h"

#include <array>
#include <cstdint>
#include <stdexcept>

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

namespace grove::test {
namespace {

using Room = std::array<char, 4096>;

std::string from_gzip(std::string_view bytes) {
    z_stream stream{};
    inflateInit2(&stream, MAX_WBITS + 16);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    std::string text;
    int result = Z_OK;
    do {
        Room room{};
        stream.next_out = reinterpret_cast<Bytef*>(room.data());
        stream.avail_out = room.size();
        result = inflate(&stream, Z_SYNC_FLUSH);
        text.append(room.data(), room.size() - stream.avail_out);
    } while (result == Z_OK && stream.avail_out == 0);
    inflateEnd(&stream);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
        throw std::runtime_error{"no gzip"};
    return text;
}

std::string from_brotli(std::string_view bytes) {
    BrotliDecoderState* state = BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
    auto left = bytes.size();
    auto* in = reinterpret_cast<const std::uint8_t*>(bytes.data());
    std::string text;
    BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
    while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) {
        Room room{};
        auto space = room.size();
        auto* out = reinterpret_cast<std::uint8_t*>(room.data());
        result = BrotliDecoderDecompressStream(state, &left, &in, &space, &out, nullptr);
        text.append(room.data(), room.size() - space);
    }
    BrotliDecoderDestroyInstance(state);
    if (result == BROTLI_DECODER_RESULT_ERROR) throw std::runtime_error{"no brotli"};
    return text;
}

std::string from_zstd(std::string_view bytes) {
    ZSTD_DCtx* context = ZSTD_createDCtx();
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    std::string text;
    std::size_t result = 0;
    bool full = false;
    do {
        Room room{};
        ZSTD_outBuffer out{room.data(), room.size(), 0};
        result = ZSTD_decompressStream(context, &out, &in);
        text.append(room.data(), out.pos);
        full = out.pos == out.size;
    } while (ZSTD_isError(result) == 0 && (in.pos < in.size || full));
    ZSTD_freeDCtx(context);
    if (ZSTD_isError(result) != 0) throw std::runtime_error{"no zstd"};
    return text;
}

}  // namespace

std::string decoded(std::string_view coding, std::string_view bytes) {
    if (coding == "gzip") return from_gzip(bytes);
    if (coding == "br") return from_brotli(bytes);
    if (coding == "zstd") return from_zstd(bytes);
    return std::string{bytes};
}

}  // namespace grove::test
