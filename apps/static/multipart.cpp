#include "multipart.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <random>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace {

constexpr std::uint64_t kPiece = 65536;

// Nobody who writes a file can foresee it.
std::string new_boundary() {
    std::random_device random;
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%08x%08x%08x%08x", random(), random(), random(),
                  random());
    return text.data();
}

}  // namespace

Multipart::Multipart(grove::FileDescriptor file, std::string_view type, std::uint64_t size,
                     std::vector<ByteRange> ranges)
    : file_{std::move(file)},
      type_{type},
      size_{size},
      ranges_{std::move(ranges)},
      boundary_{new_boundary()} {}

std::string Multipart::content_type() const {
    return "multipart/byteranges; boundary=" + boundary_;
}

std::string Multipart::part_head(const ByteRange& range) const {
    return "\r\n--" + boundary_ + "\r\nContent-Type: " + type_ +
           "\r\nContent-Range: " + range.content_range(size_) + "\r\n\r\n";
}

std::uint64_t Multipart::length() const {
    std::uint64_t bytes = end().size();
    for (const ByteRange& range : ranges_) bytes += part_head(range).size() + range.length;
    return bytes;
}

std::optional<std::string> Multipart::operator()() {
    if (part_ > ranges_.size()) return std::nullopt;
    if (part_ == ranges_.size()) {
        ++part_;
        return end();
    }
    const ByteRange& range = ranges_[part_];
    std::string piece = sent_ == 0 ? part_head(range) : std::string{};
    const std::size_t begin = piece.size();
    const std::uint64_t wanted = std::min(range.length - sent_, kPiece);
    piece.resize(begin + wanted);
    const ssize_t got =
        pread(file_.get(), piece.data() + begin, wanted, static_cast<off_t>(range.first + sent_));
    if (got < 0) throw std::system_error{errno, std::generic_category(), "read a file"};
    if (got == 0) throw std::runtime_error{"the file became shorter while it was sent"};
    piece.resize(begin + static_cast<std::size_t>(got));
    sent_ += static_cast<std::uint64_t>(got);
    if (sent_ == range.length) {
        ++part_;
        sent_ = 0;
    }
    return piece;
}
