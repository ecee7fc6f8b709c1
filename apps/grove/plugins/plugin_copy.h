// plugin_copy.h - bytes put where code may be loaded from, and where no other file can take their place.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <grove/core/file_descriptor.h>

namespace grove::http {

/// Where a copy is put if memory will not do: XDG_RUNTIME_DIR and TMPDIR, as far as they are set, and /tmp.
std::vector<std::filesystem::path> copy_folders();

/// A file of these bytes that may be mapped as code and is not written any more. It has no lasting
/// name: nothing is left of it once it is closed, however its process ends. It lies in memory;
/// where the system forbids code in memory (vm.memfd_noexec), it lies in the first of `folders`
/// that takes it. A folder that is mounted noexec does not.
/// @param name  for /proc/PID/maps
/// @throws std::runtime_error  nothing takes it: what was tried, and why it was in vain
FileDescriptor copy_of_code(const std::string& name, std::string_view bytes,
                            const std::vector<std::filesystem::path>& folders);

/// The path by which the system's loader, a debugger or any other process opens the file of `fd`,
/// while this process lives.
std::string name_for_all(const FileDescriptor& fd);

}  // namespace grove::http
