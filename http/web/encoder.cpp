#include "encoder.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <stdexcept>

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

namespace grove::web {
namespace {

constexpr std::size_t kRoom = 16384;  // of output at a time

// Larger windows find little more in what is served, and each stream would hold them.
constexpr std::uint32_t kBrotliWindow = 18;  // log2
constexpr int kZstdWindow = 19;              // log2
constexpr int kZstdTables = 18;              // log2; its own of the higher levels take 80 MiB

/// `level` of 1 to 9 on a scale of 1 to `most`.
constexpr int scaled(int level, int most) { return 1 + ((level - 1) * (most - 1) + 4) / 8; }

class Gzip final : public Encoder {
public:
    explicit Gzip(int level) {
        constexpr int kWithGzipHead = 16;
        constexpr int kMemory = 8;
        if (deflateInit2(&stream_, level, Z_DEFLATED, MAX_WBITS + kWithGzipHead, kMemory,
                         Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc{};
    }
    Gzip(const Gzip&) = delete;
    Gzip& operator=(const Gzip&) = delete;
    ~Gzip() override { deflateEnd(&stream_); }

    std::string encode(std::string_view piece, After after) override {
        std::string bytes;
        constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
        for (; piece.size() > kMost; piece.remove_prefix(kMost))
            feed(piece.substr(0, kMost), Z_NO_FLUSH, bytes);
        // A second flush without anything between would be an error of zlib's.
        if (piece.empty() && after != After::kEnd) return bytes;
        feed(piece,
             after == After::kEnd     ? Z_FINISH
             : after == After::kFlush ? Z_SYNC_FLUSH
                                      : Z_NO_FLUSH,
             bytes);
        return bytes;
    }

private:
    void feed(std::string_view piece, int flush, std::string& bytes) {
        // zlib does not write to it.
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
        stream_.avail_in = static_cast<uInt>(piece.size());
        do {
            const std::size_t had = bytes.size();
            bytes.resize(had + kRoom);
            stream_.next_out = reinterpret_cast<Bytef*>(bytes.data() + had);
            stream_.avail_out = kRoom;
            if (deflate(&stream_, flush) == Z_STREAM_ERROR)
                throw std::runtime_error{"zlib cannot compress"};
            bytes.resize(had + kRoom - stream_.avail_out);
        } while (stream_.avail_out == 0);
    }

    z_stream stream_{};
};

class Brotli final : public Encoder {
public:
    explicit Brotli(int quality) : state_{BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)} {
        if (state_ == nullptr) throw std::bad_alloc{};
        BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY,
                                  static_cast<std::uint32_t>(quality));
        BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, kBrotliWindow);
    }
    Brotli(const Brotli&) = delete;
    Brotli& operator=(const Brotli&) = delete;
    ~Brotli() override { BrotliEncoderDestroyInstance(state_); }

    std::string encode(std::string_view piece, After after) override {
        const auto operation = after == After::kEnd     ? BROTLI_OPERATION_FINISH
                               : after == After::kFlush ? BROTLI_OPERATION_FLUSH
                                                        : BROTLI_OPERATION_PROCESS;
        std::string bytes;
        auto left = piece.size();
        auto* in = reinterpret_cast<const std::uint8_t*>(piece.data());
        do {
            std::size_t none = 0;
            if (BrotliEncoderCompressStream(state_, operation, &left, &in, &none, nullptr,
                                            nullptr) == BROTLI_FALSE)
                throw std::runtime_error{"brotli cannot compress"};
            std::size_t size = 0;
            const std::uint8_t* out = BrotliEncoderTakeOutput(state_, &size);
            bytes.append(reinterpret_cast<const char*>(out), size);
        } while (left > 0 || BrotliEncoderHasMoreOutput(state_) == BROTLI_TRUE);
        return bytes;
    }

private:
    BrotliEncoderState* state_;
};

class Zstd final : public Encoder {
public:
    explicit Zstd(int level) : context_{ZSTD_createCCtx()} {
        if (context_ == nullptr) throw std::bad_alloc{};
        ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level);
        ZSTD_CCtx_setParameter(context_, ZSTD_c_windowLog, kZstdWindow);
        constexpr int kSmallTables = 4;  // up to this level they are smaller by themselves
        if (level <= kSmallTables) return;
        ZSTD_CCtx_setParameter(context_, ZSTD_c_hashLog, kZstdTables);
        ZSTD_CCtx_setParameter(context_, ZSTD_c_chainLog, kZstdTables);
    }
    Zstd(const Zstd&) = delete;
    Zstd& operator=(const Zstd&) = delete;
    ~Zstd() override { ZSTD_freeCCtx(context_); }

    std::string encode(std::string_view piece, After after) override {
        const auto directive = after == After::kEnd     ? ZSTD_e_end
                               : after == After::kFlush ? ZSTD_e_flush
                                                        : ZSTD_e_continue;
        std::string bytes;
        ZSTD_inBuffer in{piece.data(), piece.size(), 0};
        std::size_t left = 0;
        do {
            const std::size_t had = bytes.size();
            bytes.resize(had + kRoom);
            ZSTD_outBuffer out{bytes.data() + had, kRoom, 0};
            left = ZSTD_compressStream2(context_, &out, &in, directive);
            if (ZSTD_isError(left) != 0)
                throw std::runtime_error{std::string{"zstd: "} + ZSTD_getErrorName(left)};
            bytes.resize(had + out.pos);
        } while (after == After::kMore ? in.pos < in.size : left > 0);
        return bytes;
    }

private:
    ZSTD_CCtx* context_;
};

}  // namespace

std::string_view name_of(Coding coding) noexcept {
    switch (coding) {
        case Coding::kBrotli:
            return "br";
        case Coding::kZstd:
            return "zstd";
        case Coding::kGzip:
            break;
    }
    return "gzip";
}

std::unique_ptr<Encoder> make_encoder(Coding coding, std::optional<int> level) {
    constexpr int kMostBrotli = 11;
    constexpr int kMostZstd = 19;
    switch (coding) {
        case Coding::kBrotli:
            return std::make_unique<Brotli>(level ? scaled(*level, kMostBrotli) : 4);
        case Coding::kZstd:
            return std::make_unique<Zstd>(level ? scaled(*level, kMostZstd) : 3);
        case Coding::kGzip:
            break;
    }
    return std::make_unique<Gzip>(level.value_or(6));
}

}  // namespace grove::web
