// file.h - a file, or a part of one, as a response's body (wsgi.file_wrapper of PEP 3333).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <grove/core/detail/export.h>
#include <grove/core/file_descriptor.h>

namespace grove::http {

/// A file, and the part of it to send.
struct File {
    std::string path;                       ///< Relative to the process's working directory.
    std::uint64_t offset = 0;               ///< Bytes that are skipped at the file's start.
    std::optional<std::uint64_t> length{};  ///< nullopt: to the file's end, as it is when opened.
};

/// A file that is open; for an application that wants to know a file before it answers. `length` is
/// sent as Content-Length. A file that turns out shorter costs the connection and a line of the
/// error log (the client must notice); a file that grows meanwhile is cut to `length`.
struct OpenFile {
    FileDescriptor descriptor;  ///< Open for reading.
    std::uint64_t offset = 0;   ///< Bytes that are skipped at the file's start.
    std::uint64_t length = 0;   ///< Bytes that are sent.

    /// @throws std::system_error naming the path: it cannot be opened, or is not a regular file
    [[nodiscard]] GROVE_EXPORT static OpenFile open(const File& file);
};

}  // namespace grove::http
