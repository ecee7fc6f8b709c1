// served_root.h - the folder that is served: what is opened below it never lies outside.
#pragma once

#include <optional>
#include <string>

#include <sys/stat.h>

#include <grove/core/file_descriptor.h>

/// Another folder that takes its name is served once look_again() has seen it.
class ServedRoot {
public:
    struct Opened {
        grove::FileDescriptor descriptor{};
        struct stat status {};  ///< Of a regular file or a folder.
    };

    /// @throws std::invalid_argument  it is no folder, or cannot be opened
    explicit ServedRoot(const std::string& path);

    /// Opens what lies at `path`, relative and without "." and "..": a regular file or a folder. Symbolic
    /// links are followed within the root; on a kernel without openat2(2), not at all.
    /// @return nullopt: there is no such thing, or it may not be served
    /// @throws std::system_error  the system is short of something
    [[nodiscard]] std::optional<Opened> open(const std::string& path) const;

    /// Opens the folder that has the name now. If none has, what was open before stays.
    /// @return it is another one
    bool look_again() noexcept;

private:
    std::string path_;  // absolute
    grove::FileDescriptor root_;
};
