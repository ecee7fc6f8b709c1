// saved_file.h - a file that has its name only when it is whole. Thread: any; its calls block it.
#pragma once

#include <string>
#include <string_view>

#include <grove/core/file_descriptor.h>

namespace grove::web {

/// Lies beside its name, as ".0123456789abcdef.part", until keep(); without it the destructor removes
/// it.
class SavedFile {
public:
    /// @throws std::system_error naming the path, here and below
    explicit SavedFile(std::string path);
    ~SavedFile();
    SavedFile(const SavedFile&) = delete;
    SavedFile& operator=(const SavedFile&) = delete;

    void write(std::string_view bytes);
    void keep();  ///< Nothing is written after it.

private:
    [[noreturn]] void fail(const char* call) const;

    std::string path_;
    std::string beside_;  // "" once it is kept
    FileDescriptor descriptor_;
};

}  // namespace grove::web
