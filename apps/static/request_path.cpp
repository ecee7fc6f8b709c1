#include "request_path.h"

#include "hexadecimal.h"

std::optional<std::string> path_below_root(std::string_view path_info) {
    if (!path_info.starts_with('/') || path_info.find('\0') != std::string_view::npos)
        return std::nullopt;
    path_info.remove_prefix(1);
    std::string_view left = path_info;
    while (!left.empty()) {
        const std::size_t slash = left.find('/');
        const std::string_view component = left.substr(0, slash);
        if (component.empty() || component == "." || component == "..") return std::nullopt;
        left.remove_prefix(slash == std::string_view::npos ? left.size() : slash + 1);
    }
    return path_info.empty() ? std::string{"."} : std::string{path_info};
}

bool is_hidden(std::string_view below_root) {
    if (below_root == ".") return false;  // the root
    for (std::string_view left = below_root; !left.empty();) {
        const std::size_t slash = left.find('/');
        const std::string_view name = left.substr(0, slash);
        const bool well_known = name == ".well-known" && left.size() == below_root.size();
        if ((name.starts_with('.') && !well_known) || name.ends_with('~')) return true;
        left.remove_prefix(slash == std::string_view::npos ? left.size() : slash + 1);
    }
    return false;
}

std::string percent_encoded(std::string_view path) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/";
    std::string result;
    for (const char c : path) {
        if (kPlain.find(c) != std::string_view::npos) {
            result += c;
            continue;
        }
        result += '%';
        grove::append_digits(result, static_cast<unsigned char>(c), grove::kUpperDigits);
    }
    return result;
}
