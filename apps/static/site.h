// site.h - what is served: a root, its content types, and for a request the best of a file's representations.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include <grove/core/file_descriptor.h>

#include "content_types.h"
#include "served_root.h"

/// An open file, and what a response says of it.
struct Representation {
    grove::FileDescriptor descriptor{};
    std::uint64_t size = 0;
    std::time_t modified = 0;
    std::string etag{};  ///< Strong: it changes with the bytes.
    std::string name{};  ///< Below the root, without the coding's suffix.
    std::string type{};
    std::string encoding{};  ///< "br", "gzip" or "".
    bool varies = false;     ///< There are others, for clients that accept other codings.
};

class Site {
public:
    struct Found {
        enum class Kind { kNothing, kFile, kFolderWithoutSlash, kFolderWithoutIndex };
        Kind kind = Kind::kNothing;
        Representation file{};
        grove::FileDescriptor folder{};  ///< The one without an index.
    };

    Site(ServedRoot root, ContentTypes types);

    /// @param path             of path_below_root(). A folder's is its index.html.
    /// @param accept_encoding  the field, or ""
    /// @throws std::system_error  the system is short of something
    [[nodiscard]] Found find(const std::string& path, std::string_view accept_encoding) const;

private:
    [[nodiscard]] std::optional<ServedRoot::Opened> open_file(const std::string& path) const;
    [[nodiscard]] Representation choose(const std::string& path, ServedRoot::Opened plain,
                                        std::string_view accept_encoding) const;

    ServedRoot root_;
    ContentTypes types_;
};
