#include "content_decoder.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <grove/http/headers.h>

namespace grove::http {
namespace {

/// Room at the end of a string, of which what is not used is given back.
class Room {
public:
    Room(std::string& out, std::size_t bytes) : out_{out}, had_{out.size()} {
        out.resize(had_ + bytes);
    }
    ~Room() { out_.resize(had_ + used_); }
    Room(const Room&) = delete;
    Room& operator=(const Room&) = delete;

    [[nodiscard]] char* begin() noexcept { return out_.data() + had_; }
    void use(std::size_t bytes) noexcept { used_ = bytes; }

private:
    std::string& out_;
    std::size_t had_;
    std::size_t used_ = 0;
};

/// gzip of several members (RFC 1952, section 2.2), or deflate: zlib's format, or what old servers send, the bare one.
class Inflate final : public ContentDecoder {
public:
    explicit Inflate(bool gzip) : gzip_{gzip} {
        if (inflateInit2(&stream_, MAX_WBITS + (gzip ? kGzipHead : 0)) != Z_OK)
            throw std::bad_alloc{};
    }
    ~Inflate() override { inflateEnd(&stream_); }
    Inflate(const Inflate&) = delete;
    Inflate& operator=(const Inflate&) = delete;

    bool decode(std::string_view& coded, std::string& out, std::size_t room) override {
        if (!gzip_ && !told_apart_ && !tell_apart(coded)) return false;
        Room place{out, room};
        stream_.next_out = reinterpret_cast<Bytef*>(place.begin());
        stream_.avail_out = static_cast<uInt>(room);
        if (head_at_ != head_size_) {
            std::string_view head{head_.data() + head_at_, head_size_ - head_at_};
            run(head);
            head_at_ = head_size_ - head.size();
        }
        if (head_at_ == head_size_) run(coded);
        place.use(room - stream_.avail_out);
        return stream_.avail_out == 0;
    }
    [[nodiscard]] bool complete() const noexcept override { return ended_; }

private:
    static constexpr int kGzipHead = 16;

    // Two bytes tell: RFC 1950, section 2.2.
    bool tell_apart(std::string_view& coded) {
        while (head_size_ != head_.size() && !coded.empty()) {
            head_[head_size_++] = coded.front();
            coded.remove_prefix(1);
        }
        if (head_size_ != head_.size()) return false;
        const auto first = static_cast<unsigned char>(head_[0]);
        const auto second = static_cast<unsigned char>(head_[1]);
        const bool zlib = (first & 0x0fU) == Z_DEFLATED && (first * 256U + second) % 31U == 0;
        if (!zlib && inflateReset2(&stream_, -MAX_WBITS) != Z_OK) throw std::bad_alloc{};
        told_apart_ = true;
        return true;
    }

    void run(std::string_view& coded) {
        while (!coded.empty() || (!ended_ && stream_.avail_out != 0)) {
            if (ended_) begin_next_member();
            const std::size_t given = std::min<std::size_t>(coded.size(), 1U << 30U);
            stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(coded.data()));
            stream_.avail_in = static_cast<uInt>(given);
            const int result = inflate(&stream_, Z_NO_FLUSH);
            coded.remove_prefix(given - stream_.avail_in);
            if (result == Z_MEM_ERROR) throw std::bad_alloc{};
            if (result == Z_BUF_ERROR) return;  // no more input, or no more room
            if (result != Z_OK && result != Z_STREAM_END)
                throw BadCoding{stream_.msg != nullptr ? stream_.msg : "the data are broken"};
            ended_ = result == Z_STREAM_END;
            if (stream_.avail_out == 0) return;
        }
    }

    void begin_next_member() {
        if (!gzip_) throw BadCoding{"something follows the coded data"};
        inflateReset(&stream_);
        ended_ = false;
    }

    z_stream stream_{};
    bool gzip_;
    bool told_apart_ = false;
    bool ended_ = false;
    std::array<char, 2> head_{};
    std::size_t head_size_ = 0;
    std::size_t head_at_ = 0;
};

class Brotli final : public ContentDecoder {
public:
    Brotli() : state_{BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)} {
        if (state_ == nullptr) throw std::bad_alloc{};
    }
    ~Brotli() override { BrotliDecoderDestroyInstance(state_); }
    Brotli(const Brotli&) = delete;
    Brotli& operator=(const Brotli&) = delete;

    bool decode(std::string_view& coded, std::string& out, std::size_t room) override {
        if (complete()) {
            if (!coded.empty()) throw BadCoding{"something follows the coded data"};
            return false;
        }
        Room place{out, room};
        std::size_t in_left = coded.size();
        const auto* in = reinterpret_cast<const std::uint8_t*>(coded.data());
        std::size_t out_left = room;
        auto* to = reinterpret_cast<std::uint8_t*>(place.begin());
        const BrotliDecoderResult result =
            BrotliDecoderDecompressStream(state_, &in_left, &in, &out_left, &to, nullptr);
        coded.remove_prefix(coded.size() - in_left);
        place.use(room - out_left);
        if (result == BROTLI_DECODER_RESULT_ERROR)
            throw BadCoding{BrotliDecoderErrorString(BrotliDecoderGetErrorCode(state_))};
        if (complete() && !coded.empty()) throw BadCoding{"something follows the coded data"};
        return result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
    }
    [[nodiscard]] bool complete() const noexcept override {
        return BrotliDecoderIsFinished(state_) == BROTLI_TRUE;
    }

private:
    BrotliDecoderState* state_;
};

class Zstd final : public ContentDecoder {
public:
    Zstd() : context_{ZSTD_createDCtx()} {
        constexpr int kMostWindow = 23;  // 8 MiB, RFC 9659
        if (context_ == nullptr) throw std::bad_alloc{};
        ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kMostWindow);
    }
    ~Zstd() override { ZSTD_freeDCtx(context_); }
    Zstd(const Zstd&) = delete;
    Zstd& operator=(const Zstd&) = delete;

    bool decode(std::string_view& coded, std::string& out, std::size_t room) override {
        if (coded.empty() && complete()) return false;
        Room place{out, room};
        ZSTD_inBuffer in{coded.data(), coded.size(), 0};
        ZSTD_outBuffer to{place.begin(), room, 0};
        do {
            left_ = ZSTD_decompressStream(context_, &to, &in);
            if (ZSTD_isError(left_) != 0) throw BadCoding{ZSTD_getErrorName(left_)};
        } while (in.pos != in.size && to.pos != to.size);
        coded.remove_prefix(in.pos);
        place.use(to.pos);
        return to.pos == to.size && left_ != 0;
    }
    [[nodiscard]] bool complete() const noexcept override { return left_ == 0; }

private:
    ZSTD_DCtx* context_;
    std::size_t left_ = 1;  // 0: a frame has ended, and no other has begun
};

}  // namespace

std::unique_ptr<ContentDecoder> make_decoder(std::string_view coding) {
    if (iequals(coding, "gzip") || iequals(coding, "x-gzip"))
        return std::make_unique<Inflate>(true);
    if (iequals(coding, "deflate")) return std::make_unique<Inflate>(false);
    if (iequals(coding, "br")) return std::make_unique<Brotli>();
    if (iequals(coding, "zstd")) return std::make_unique<Zstd>();
    return nullptr;
}

}  // namespace grove::http
