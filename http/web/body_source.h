// body_source.h - any body as pieces, whatever it is made of. Greenlet: the request's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <grove/http/body.h>

namespace grove::web {

/// Owns the body, and so its on_close() functions: they are called when it is destroyed.
class BodySource {
public:
    explicit BodySource(http::Body body) noexcept : body_{std::move(body)} {}

    /// Up to 64 KiB: of a generator's piece, which may block, or of text, pieces and files, which may
    /// wait for a disk. nullopt: the end; not called again then.
    /// @throws what the generator throws; std::system_error: the file cannot be read, or is shorter
    [[nodiscard]] std::optional<std::string> next();
    /// What comes next cannot be told before it is asked for: each piece leaves at once.
    [[nodiscard]] bool generated() noexcept;
    /// Nothing is left of the generator's piece.
    [[nodiscard]] bool at_end_of_piece() const noexcept { return offset_ >= given_.size(); }

private:
    [[nodiscard]] std::optional<std::string> part_of(http::Body::Generator& generator);
    [[nodiscard]] std::optional<std::string> part_of(const std::string& text);
    [[nodiscard]] std::optional<std::string> part_of(const http::OpenFile& file);

    http::Body body_;
    std::string given_{};       // a generator's piece that is larger than a part
    std::size_t piece_ = 0;     // of pieces: the one that is under way
    std::uint64_t offset_ = 0;  // in it, in the text, in the file, or in given_
};

/// The size of a body in bytes; nullopt: a generator's is unknown.
[[nodiscard]] std::optional<std::uint64_t> size_of(http::Body& body) noexcept;

}  // namespace grove::web
