// content_types.h - from a file's name to its media type.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>

class ContentTypes {
public:
    static constexpr const char* kUnknown = "application/octet-stream";

    /// The types every page needs.
    ContentTypes();
    /// Adds a file's: `type extension...` a line, `#` begins a comment.
    /// @throws std::invalid_argument  it cannot be read
    void add_file(const std::filesystem::path& file);

    /// Of the last extension, any case; kUnknown if it is unknown. Text is UTF-8.
    [[nodiscard]] const std::string& of(std::string_view path) const;

private:
    void add(std::string_view extension, std::string_view type);

    std::map<std::string, std::string, std::less<>> by_extension_;
    std::string unknown_ = kUnknown;
};
