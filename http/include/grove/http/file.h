// file.h - a file, or a part of one, as a response's body (wsgi.file_wrapper of PEP 3333).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <grove/core/detail/export.h>
#include <grove/core/file_descriptor.h>

namespace grove::http {

/// Which file, and which part of it.
struct File {
    std::string path;                       ///< Relative to the process's working directory.
    std::uint64_t offset = 0;               ///< Bytes that are left out before.
    std::optional<std::uint64_t> length{};  ///< nullopt: to its end, as that is now.
};

/// The same when it is open; for an application that wants to know a file before it answers.
/// Its length is sent as Content-Length. A file that turns out shorter costs the connection and a line of
/// the error log (the client must notice); one that grows meanwhile is cut to it.
struct OpenFile {
    FileDescriptor descriptor;  ///< Open for reading.
    std::uint64_t offset = 0;   ///< Bytes that are left out before.
    std::uint64_t length = 0;   ///< Bytes that are sent.

    /// @throws std::system_error naming the path: it cannot be opened, or is no regular file
    [[nodiscard]] GROVE_EXPORT static OpenFile open(const File& file);
};

}  // namespace grove::http
