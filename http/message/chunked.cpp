#include "chunked.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "ascii.h"

namespace grove::http {
namespace {

constexpr std::size_t kMostSizeDigits = 16;  // so that a size fits into 64 bits
// Of a whole body: RFC 9112 section 7.1.1 wants their sum bounded.
constexpr std::size_t kMostExtensionBytes = 16384;

}  // namespace

ChunkedResult ChunkedDecoder::feed(std::string_view in) noexcept {
    std::size_t at = 0;
    std::size_t trailer = is_in_trailer() ? 0 : in.size();
    while (at != in.size() && expects_ != Expects::kNothing) {
        if (expects_ == Expects::kData) return take_data(in, at);
        take(in[at]);
        ++at;
        if (is_in_trailer()) trailer = std::min(trailer, at);
    }
    return {
        state_, at, {}, {refused_status_, why_}, in.substr(0, at).substr(std::min(trailer, at))};
}

ChunkedResult ChunkedDecoder::take_data(std::string_view in, std::size_t at) noexcept {
    const std::string_view rest = in.substr(at);
    const std::string_view data = rest.substr(0, std::min<std::uint64_t>(left_, rest.size()));
    left_ -= data.size();
    if (left_ == 0) expects_ = Expects::kDataCr;
    return {ChunkedState::kMore, at + data.size(), data, {}, {}};
}

void ChunkedDecoder::take(char byte) noexcept {
    switch (expects_) {
        case Expects::kFirstDigit:
            left_ = 0;
            counted_ = 0;
            if (hex_value(byte) < 0) return refuse(400, "chunk: no size");
            expects_ = Expects::kSize;
            return take_size(byte);
        case Expects::kSize:
            return take_size(byte);
        case Expects::kExtension:
            return take_extension(byte);
        case Expects::kSizeLf:
            if (byte != '\n') return refuse(400, "chunk: CR without LF after the size");
            return begin_chunk();
        case Expects::kDataCr:
            return expect('\r', byte, Expects::kDataLf);
        case Expects::kDataLf:
            return expect('\n', byte, Expects::kFirstDigit);
        case Expects::kTrailer:
        case Expects::kTrailerName:
        case Expects::kTrailerValue:
        case Expects::kTrailerLf:
        case Expects::kEndLf:
            return take_trailer(byte);
        case Expects::kData:
        case Expects::kNothing:
            return;
    }
}

void ChunkedDecoder::take_size(char byte) noexcept {
    const int digit = hex_value(byte);
    if (digit >= 0) {
        if (++counted_ > kMostSizeDigits)
            return refuse(400, "chunk: a size of more than 16 digits");
        left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
        return;
    }
    const bool extended = byte == ';' || is_ows(byte);
    if (byte != '\r' && !extended) return refuse(400, "chunk: a size must be hexadecimal digits");
    if (left_ > limits_->body - total_) return refuse(413, "chunked body over the limit");
    expects_ = Expects::kSizeLf;
    if (!extended) return;
    extensions_ = {};
    expects_ = Expects::kExtension;
    take_extension(byte);
}

void ChunkedDecoder::take_extension(char byte) noexcept {
    switch (extensions_.take(byte)) {
        case ChunkExtensions::State::kDone:
            expects_ = Expects::kSizeLf;
            return;
        case ChunkExtensions::State::kMalformed:
            return refuse(400, "chunk: a malformed extension, or a line without CRLF");
        case ChunkExtensions::State::kMore:
            if (++extension_bytes_ > kMostExtensionBytes)
                refuse(413, "chunk extensions over the limit");
            return;
    }
}

void ChunkedDecoder::begin_chunk() noexcept {
    total_ += left_;
    if (left_ != 0) {
        expects_ = Expects::kData;
        return;
    }
    counted_ = 0;
    expects_ = Expects::kTrailer;
}

void ChunkedDecoder::take_trailer(char byte) noexcept {
    if (expects_ == Expects::kTrailer && byte == '\r') {
        expects_ = Expects::kEndLf;
        return;
    }
    if (expects_ == Expects::kEndLf) {
        expect('\n', byte, Expects::kNothing);
        if (expects_ == Expects::kNothing && refused_status_ == 0) state_ = ChunkedState::kDone;
        return;
    }
    if (counted_ >= limits_->header_bytes) return refuse(431, "trailer: over the limit of bytes");
    ++counted_;
    switch (expects_) {
        case Expects::kTrailer:
            return take_trailer_start(byte);
        case Expects::kTrailerName:
            if (is_token_char(byte)) return;
            return expect(':', byte, Expects::kTrailerValue);
        case Expects::kTrailerValue:
            if (is_value_char(byte)) return;
            return expect('\r', byte, Expects::kTrailerLf);
        default:
            return expect('\n', byte, Expects::kTrailer);
    }
}

void ChunkedDecoder::take_trailer_start(char byte) noexcept {
    if (trailers_ >= limits_->headers) return refuse(431, "trailer: more fields than the limit");
    if (!is_token_char(byte)) return refuse(400, "trailer: a name must be a token");
    ++trailers_;
    expects_ = Expects::kTrailerName;
}

void ChunkedDecoder::expect(char wanted, char byte, Expects next) noexcept {
    if (byte == wanted) {
        expects_ = next;
    } else if (expects_ < Expects::kTrailer) {
        refuse(400, "chunk: no CRLF after the data");
    } else {
        refuse(400, "trailer: not a field line, or a line without CRLF");
    }
}

void ChunkedDecoder::refuse(std::uint16_t status, const char* why) noexcept {
    state_ = expects_ < Expects::kTrailer ? ChunkedState::kRefused : ChunkedState::kTrailerRefused;
    expects_ = Expects::kNothing;
    refused_status_ = status;
    why_ = why;
}

// Apart: its array has the stack guarded.
[[gnu::
      noinline]]  // The decoder has passed it: lines of a name, a colon and a value, then an empty one.
Headers
trailers_of(std::string_view section) {
    Headers trailers;
    while (section.size() > 2) {
        const std::string_view line = section.substr(0, section.find("\r\n"));
        section.remove_prefix(line.size() + 2);
        const std::size_t colon = line.find(':');
        trailers.emplace_back(line.substr(0, colon), trim_ows(line.substr(colon + 1)));
    }
    return trailers;
}

void append_chunk_header(std::string& out, std::size_t size) {
    std::array<char, kMostSizeDigits + kChunkEnd.size()>
        line;  // NOLINT(*-member-init): to_chars fills it
    char* end = std::to_chars(line.data(), line.data() + kMostSizeDigits, size, 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    out.append(line.data(), end);
}

}  // namespace grove::http
