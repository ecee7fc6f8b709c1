// open_no_links.h - opens a path below a folder without openat2(2).
#pragma once

#include <string_view>

#include <grove/core/file_descriptor.h>

/// Goes down component by component and follows no symbolic link, so that nothing leads out of `folder`.
/// @param path   relative; "." stands for the folder itself. A ".." is refused.
/// @param flags  of open(2).
/// @return -1 and errno if that fails
grove::FileDescriptor open_no_links(int folder, std::string_view path, int flags);
