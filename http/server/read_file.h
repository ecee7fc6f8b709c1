// read_file.h - a file's bytes, with the system's reason where there are none.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include <grove/core/detail/export.h>

namespace grove::http {

/// Every byte of the file. Blocks the thread: for start-up.
/// @throws std::system_error  it cannot be opened or read, or has more than `most` bytes
///                            (errc::file_too_large).
GROVE_EXPORT std::string read_file(const std::filesystem::path& file, std::size_t most);

}  // namespace grove::http
