// working_directory.h - another working directory for a while.
#pragma once

#include <string>

#include <grove/core/file_descriptor.h>

/// Thread: the process has one working directory. Nobody else may rely on it meanwhile.
class WorkingDirectory {
public:
    /// @param path  "": it stays as it is.
    /// @throws std::system_error
    explicit WorkingDirectory(const std::string& path);
    ~WorkingDirectory();
    WorkingDirectory(const WorkingDirectory&) = delete;
    WorkingDirectory& operator=(const WorkingDirectory&) = delete;

private:
    grove::FileDescriptor before_;  // none: nothing to go back to
};
