#include "ws_deflate.h"

#include <algorithm>
#include <new>
#include <utility>

#include <zlib.h>

#include "close_codes.h"
#include "utf8.h"

namespace grove::http {
namespace {

constexpr std::string_view kTail{"\0\0\xff\xff", 4};        // of what is flushed; it is not sent
constexpr std::size_t kMostAtOnce = std::size_t{1} << 30U;  // zlib counts in 32 bits

Bytef* in_zlib(const char* bytes) noexcept {
    return reinterpret_cast<Bytef*>(const_cast<char*>(bytes));
}

/// One message, as it comes out of zlib.
class Inflating {
public:
    Inflating(z_stream& stream, std::size_t most, bool text) noexcept
        : stream_{stream}, most_{most}, is_text_{text} {}

    /// @return false: the message is bad
    [[nodiscard]] bool feed(std::string_view coded) {
        while (!coded.empty()) {
            const std::size_t given = std::min(coded.size(), kMostAtOnce);
            stream_.next_in = in_zlib(coded.data());
            stream_.avail_in = static_cast<uInt>(given);
            if (!run()) return false;
            coded.remove_prefix(given - stream_.avail_in);
        }
        return true;
    }
    [[nodiscard]] bool end() {
        constexpr int kBetweenBlocks = 128;
        if (!feed(kTail)) return false;
        if ((stream_.data_type & kBetweenBlocks) == 0)
            return fail(close_code::kBadData, "a compressed message ends too early");
        return !is_text_ || text_.complete() ||
               fail(close_code::kBadData, "text ends inside of a character");
    }
    [[nodiscard]] WsDeflate::Inflated result() noexcept { return std::move(result_); }

private:
    // Until all that was given is read, and what it says is written.
    [[nodiscard]] bool run() {
        do {
            if (!step()) return false;
        } while (stream_.avail_in != 0 || stream_.avail_out == 0);
        return true;
    }
    [[nodiscard]] bool step() {
        std::string& out = result_.message;
        const std::size_t before = out.size();
        const std::size_t room =
            std::min(piece_.size() - 1, most_ - before) + 1;  // one too many shows
        stream_.next_out = in_zlib(piece_.data());
        stream_.avail_out = static_cast<uInt>(room);
        const int result = ::inflate(&stream_, Z_SYNC_FLUSH);
        out.append(piece_.data(), room - stream_.avail_out);
        if (result == Z_MEM_ERROR) throw std::bad_alloc{};
        if (result == Z_STREAM_END) inflateReset(&stream_);  // a final block: others may follow
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            return fail(close_code::kBadData, "a compressed message is broken");
        if (out.size() > most_) return fail(close_code::kTooBig, "a message is too long");
        return !is_text_ || text_.feed(std::string_view{out}.substr(before)) ||
               fail(close_code::kBadData, "text is not UTF-8");
    }
    bool fail(std::uint16_t code, const char* why) noexcept {
        std::string{}.swap(result_.message);
        result_.close_code = code;
        result_.why = why;
        return false;
    }

    z_stream& stream_;
    const std::size_t most_;
    const bool is_text_;
    Utf8Check text_;
    WsDeflate::Inflated result_;
    std::array<char, 4096> piece_;  // not cleared: a message may be of blocks without a byte
};

}  // namespace

WsDeflate& WsDeflate::of_thread() {
    thread_local WsDeflate deflate;
    return deflate;
}

WsDeflate::WsDeflate() noexcept = default;
WsDeflate::~WsDeflate() = default;

void WsDeflate::DeflateEnd::operator()(z_stream_s* stream) const noexcept {
    deflateEnd(stream);
    delete stream;
}

void WsDeflate::InflateEnd::operator()(z_stream_s* stream) const noexcept {
    inflateEnd(stream);
    delete stream;
}

z_stream_s& WsDeflate::fresh_deflate(int window_bits) {
    constexpr int kMemory = 8;  // zlib's own default
    auto& stream = deflates_.at(static_cast<std::size_t>(window_bits - kFewestBits));
    if (stream != nullptr) {
        deflateReset(stream.get());
        return *stream;
    }
    auto made = std::make_unique<z_stream>();
    if (deflateInit2(made.get(), Z_DEFAULT_COMPRESSION, Z_DEFLATED, -window_bits, kMemory,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::bad_alloc{};
    stream.reset(made.release());
    return *stream;
}

z_stream_s& WsDeflate::fresh_inflate() {
    if (inflate_ != nullptr) {
        inflateReset(inflate_.get());
        return *inflate_;
    }
    auto made = std::make_unique<z_stream>();
    if (inflateInit2(made.get(), -kMostBits) != Z_OK) throw std::bad_alloc{};
    inflate_.reset(made.release());
    return *inflate_;
}

std::optional<std::string> WsDeflate::compress(std::string_view message, int window_bits) {
    if (message.size() > kMostAtOnce) return std::nullopt;
    z_stream& stream = fresh_deflate(window_bits);
    std::string out(message.size() + kTail.size(), '\0');
    stream.next_in = in_zlib(message.data());
    stream.avail_in = static_cast<uInt>(message.size());
    stream.next_out = in_zlib(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    // With room left, all of it was flushed.
    if (deflate(&stream, Z_SYNC_FLUSH) != Z_OK || stream.avail_out == 0) return std::nullopt;
    out.resize(out.size() - stream.avail_out - kTail.size());
    return out;
}

WsDeflate::Inflated WsDeflate::inflate(std::string_view coded, std::size_t most, bool text) {
    Inflating message{fresh_inflate(), most, text};
    if (message.feed(coded)) (void)message.end();
    Inflated result = message.result();
    result.message.shrink_to_fit();  // it may wait long for its reader
    return result;
}

}  // namespace grove::http
