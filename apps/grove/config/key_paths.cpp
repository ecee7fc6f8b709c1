#include "key_paths.h"

#include <filesystem>
#include <string_view>
#include <utility>

namespace grove::http {

std::string resolve_path(std::string path, const std::string& directory) {
    // Not normalized: "./hello.so" must keep the slash that makes it a path.
    return (std::filesystem::path{directory} / path).string();
}

std::string resolve_address(std::string text, const std::string& directory) {
    constexpr std::string_view kUnix = "unix:";
    if (!text.starts_with(kUnix) || text.size() == kUnix.size()) return text;
    return std::string{kUnix} + resolve_path(text.substr(kUnix.size()), directory);
}

std::string resolve_plugin(std::string app, const std::string& directory) {
    return app.find('/') == std::string::npos ? app : resolve_path(std::move(app), directory);
}

std::string resolve_log(std::string log, const std::string& directory) {
    return log == "-" || log == "off" ? log : resolve_path(std::move(log), directory);
}

std::string resolve_pid_file(std::string path, const std::string& directory) {
    return std::filesystem::absolute(resolve_path(std::move(path), directory)).string();
}

}  // namespace grove::http
