// file_content.h - all that a file has.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace grove {

/// "" if it cannot be opened.
inline std::string content_of(const std::filesystem::path& path) {
    std::ifstream stream{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

}  // namespace grove
