#include "target.h"

#include <algorithm>

#include "ascii.h"
#include "authority.h"

namespace grove::http {
namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

/// What `target` begins with of an absolute form's scheme, or "".
std::string_view scheme_of(std::string_view target) noexcept {
    if (matches(target.substr(0, kHttp.size()), kHttp)) return kHttp;
    if (matches(target.substr(0, kHttps.size()), kHttps)) return kHttps;
    return {};
}

Refusal set_path(RequestHead& head, std::string_view path_and_query) noexcept {
    const std::size_t mark = path_and_query.find('?');
    head.path = path_and_query;
    if (mark != std::string_view::npos) {
        head.path.remove_suffix(path_and_query.size() - mark);
        head.query = path_and_query;
        head.query.remove_prefix(mark + 1);
    }
    if (head.path.empty()) head.path = "/";
    if (head.path.find("%00") != std::string_view::npos)
        return Refusal{400, "target: %00 in the path"};
    return {};
}

}  // namespace

Refusal split_target(RequestHead& head) noexcept {
    const std::string_view target = head.target;
    if (target.starts_with('/')) return set_path(head, target);
    if (target == "*") {
        head.path = target;
        if (head.method == "OPTIONS") return {};
        return Refusal{400, "target: * without OPTIONS"};
    }
    const std::string_view scheme = scheme_of(target);
    if (scheme.empty()) return Refusal{400, "target: neither a path nor an http URI"};

    const std::string_view rest = target.substr(scheme.size());
    const std::size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
    head.host = rest.substr(0, authority_end);
    head.absolute_target = true;
    if (!is_authority(head.host)) return Refusal{400, "target: not a host with an optional port"};
    return set_path(head, rest.substr(authority_end));
}

std::string percent_decode(std::string_view text) {
    std::string decoded(text.size(), '\0');
    char* end = decoded.data();
    for (std::size_t at = 0; at != text.size(); ++at) {
        const bool whole = text[at] == '%' && text.size() - at > 2;
        const int high = whole ? hex_value(text[at + 1]) : -1;
        const int low = whole ? hex_value(text[at + 2]) : -1;
        if (high < 0 || low < 0) {
            *end++ = text[at];
        } else {
            *end++ = static_cast<char>(high * 16 + low);
            at += 2;
        }
    }
    decoded.erase(static_cast<std::size_t>(end - decoded.data()));
    return decoded;
}

}  // namespace grove::http
