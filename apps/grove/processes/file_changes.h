// file_changes.h - a child of the master that sees files change.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <grove/core/file_descriptor.h>

namespace grove::http {

/// Of a build or an editor that writes several files, or one several times.
inline constexpr std::chrono::milliseconds kTimeToSettle{200};

/// A file, as it was when somebody was about to read it.
struct WatchedFile {
    std::string path{};
    std::string stamp{};  ///< As stamp_of() had it.
};

/// Another one once the file was written or replaced; "": it cannot be had. Blocks if its folder does.
std::string stamp_of(const std::string& path);

/// Sends the path of a file that was written or replaced since its stamp as a message of `channel`, once none of the
/// files has changed for kTimeToSettle; of several the last. The same where a folder or a link on the way to it was
/// replaced, if the file is there then. One that is not there yet may come. Blocks until the other end is closed.
/// @return the exit code
int tell_changes(const std::vector<WatchedFile>& files, FileDescriptor channel);

}  // namespace grove::http
