#include "body_source.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include <unistd.h>

namespace grove::web {
namespace {

constexpr std::size_t kPart = 65536;

}  // namespace

bool BodySource::generated() noexcept {
    return std::holds_alternative<http::Body::Generator>(body_.content());
}

std::optional<std::string> BodySource::next() {
    http::Body::Content& content = body_.content();
    if (auto* generator = std::get_if<http::Body::Generator>(&content)) return part_of(*generator);
    if (const std::string* text = http::one_text(content)) return part_of(*text);
    if (const auto* file = std::get_if<http::OpenFile>(&content)) return part_of(*file);
    const auto& pieces = std::get<std::vector<std::string>>(content);
    for (; piece_ < pieces.size(); ++piece_, offset_ = 0) {
        if (auto part = part_of(pieces[piece_])) return part;
    }
    return std::nullopt;
}

std::optional<std::string> BodySource::part_of(http::Body::Generator& generator) {
    if (!at_end_of_piece()) return part_of(given_);
    std::string{}.swap(given_);  // = {} would keep its memory
    offset_ = 0;
    std::optional<std::string> piece = generator();
    if (!piece || piece->size() <= kPart) return piece;
    given_ = std::move(*piece);
    return part_of(given_);
}

std::optional<std::string> BodySource::part_of(const std::string& text) {
    if (offset_ >= text.size()) return std::nullopt;
    std::string part = text.substr(static_cast<std::size_t>(offset_), kPart);
    offset_ += part.size();
    return part;
}

std::optional<std::string> BodySource::part_of(const http::OpenFile& file) {
    if (offset_ >= file.length) return std::nullopt;
    std::string part(
        static_cast<std::size_t>(std::min<std::uint64_t>(kPart, file.length - offset_)), '\0');
    ssize_t got = -1;
    do {
        got = ::pread(file.descriptor.get(), part.data(), part.size(),
                      static_cast<off_t>(file.offset + offset_));
    } while (got < 0 && errno == EINTR);
    // As when the server sends it: the client must notice that the file has become shorter.
    if (got <= 0)
        throw std::system_error{got == 0 ? EIO : errno, std::generic_category(), "read a file"};
    part.resize(static_cast<std::size_t>(got));
    offset_ += part.size();
    return part;
}

std::optional<std::uint64_t> size_of(http::Body& body) noexcept {
    const http::Body::Content& content = body.content();
    if (const std::string* text = http::one_text(content)) return text->size();
    if (const auto* file = std::get_if<http::OpenFile>(&content)) return file->length;
    const auto* pieces = std::get_if<std::vector<std::string>>(&content);
    if (pieces == nullptr) return std::nullopt;
    std::uint64_t size = 0;
    for (const std::string& piece : *pieces) size += piece.size();
    return size;
}

}  // namespace grove::web
