// ws_coded.h - messages as a client compresses them (RFC 7692).
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include <zlib.h>

namespace grove::test {

/// The payload of a compressed frame.
inline std::string deflated(std::string_view message) {
    constexpr std::size_t kTail = 4;  // of a flush, which is not sent
    z_stream stream{};
    if (deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error{"deflateInit2"};
    std::string coded(deflateBound(&stream, message.size()) + 16, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(message.data()));
    stream.avail_in = static_cast<uInt>(message.size());
    stream.next_out = reinterpret_cast<Bytef*>(coded.data());
    stream.avail_out = static_cast<uInt>(coded.size());
    deflate(&stream, Z_SYNC_FLUSH);
    coded.resize(stream.total_out - kTail);
    deflateEnd(&stream);
    return coded;
}

}  // namespace grove::test
