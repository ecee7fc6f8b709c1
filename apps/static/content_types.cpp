#include "content_types.h"

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace {

constexpr std::pair<std::string_view, std::string_view> kBuiltIn[] = {
    {"css", "text/css"},
    {"gif", "image/gif"},
    {"htm", "text/html"},
    {"html", "text/html"},
    {"ico", "image/vnd.microsoft.icon"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript"},
    {"json", "application/json"},
    {"mjs", "text/javascript"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"svg", "image/svg+xml"},
    {"txt", "text/plain"},
    {"wasm", "application/wasm"},
    {"webp", "image/webp"},
    {"woff2", "font/woff2"},
    {"xml", "application/xml"},
};

std::string lower_case(std::string_view text) {
    std::string result{text};
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

}  // namespace

ContentTypes::ContentTypes() {
    for (const auto& [extension, type] : kBuiltIn) add(extension, type);
}

void ContentTypes::add(std::string_view extension, std::string_view type) {
    std::string value{type};
    if (type.starts_with("text/")) value += "; charset=utf-8";
    by_extension_.insert_or_assign(lower_case(extension), std::move(value));
}

void ContentTypes::add_file(const std::filesystem::path& file) {
    std::ifstream stream{file};
    if (!stream)
        throw std::invalid_argument{"\"mime_types\": cannot read \"" + file.string() + "\""};
    for (std::string line; std::getline(stream, line);) {
        std::istringstream words{line.substr(0, line.find('#'))};
        std::string type;
        words >> type;
        for (std::string extension; words >> extension;) add(extension, type);
    }
}

const std::string& ContentTypes::of(std::string_view path) const {
    const std::string_view name = path.substr(path.rfind('/') + 1);
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos) return unknown_;
    const auto found = by_extension_.find(lower_case(name.substr(dot + 1)));
    return found == by_extension_.end() ? unknown_ : found->second;
}
