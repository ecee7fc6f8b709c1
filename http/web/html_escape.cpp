#include <grove/web/html_escape.h>

namespace grove::web {
namespace {

// "": the byte stays as it is.
std::string_view reference_to(char byte) noexcept {
    switch (byte) {
        case '&':
            return "&amp;";
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        case '"':
            return "&quot;";
        case '\'':
            return "&#39;";  // "&apos;" is unknown to HTML 4
        default:
            return {};
    }
}

}  // namespace

std::string html_escape(std::string_view text) {
    std::string escaped;
    escaped.reserve(text.size());
    for (const char byte : text) {
        const std::string_view reference = reference_to(byte);
        if (reference.empty()) {
            escaped += byte;
        } else {
            escaped += reference;
        }
    }
    return escaped;
}

}  // namespace grove::web
