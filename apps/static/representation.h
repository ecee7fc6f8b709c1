// representation.h - a file, or a coding of it, and what a response says of it.
#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct Representation {
    std::uint64_t size = 0;
    std::optional<std::time_t> modified{};  ///< nullopt: the file's system does not tell.
    std::string etag{};                     ///< Strong: it changes with the bytes.
    std::string name{};                     ///< Below the root, without the coding's suffix.
    std::string type{};
    std::string encoding{};  ///< "br", "gzip" or "".
    bool varies = false;     ///< There are others, for clients that accept other codings.
    /// All `size`, which its answers share; null: only its descriptor has them.
    std::shared_ptr<const std::string> bytes{};
};

/// The file itself, and then its other codings.
using Variants = std::vector<std::shared_ptr<Representation>>;
