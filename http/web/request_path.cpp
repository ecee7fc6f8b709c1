#include "request_path.h"

#include <algorithm>

#include <grove/web/percent.h>

#include "escapes.h"

namespace grove::web {
namespace {

/// Of "/path?query", or of "http://host/path?query".
std::string_view path_of_target(std::string_view target) noexcept {
    target = target.substr(0, target.find('?'));
    if (target.starts_with('/')) return target;
    const std::size_t authority = target.find("://");
    if (authority == std::string_view::npos) return {};
    const std::size_t slash = target.find('/', authority + 3);
    return slash == std::string_view::npos ? std::string_view{} : target.substr(slash);
}

/// Where the byte stands behind `count` decoded ones. @pre so many are there
std::size_t offset_of(std::string_view encoded, std::size_t count) {
    std::size_t at = 0;
    for (; count != 0; --count) {
        std::string decoded;
        append_decoded(decoded, encoded.substr(at, 3));
        const bool escape = encoded[at] == '%' && decoded.size() == 1;
        at += escape && encoded.size() - at > 2 ? 3 : 1;
    }
    return at;
}

// Apart: most targets have no escape, and a function that has a string of its own guards its stack.
[[gnu::noinline]] RequestPath path_of_escaped(http::Environ& environ, std::string_view path_info,
                                              std::string_view sent) {
    if (sent.find('%') == std::string_view::npos) return {path_info, false};
    std::string decoded;
    append_decoded(decoded, sent);
    const std::string_view script_name = environ["SCRIPT_NAME"];
    const bool same = decoded.size() == script_name.size() + path_info.size() &&
                      decoded.starts_with(script_name) && decoded.ends_with(path_info);
    if (!same) return {path_info, false};
    return {sent.substr(offset_of(sent, script_name.size())), true};
}

}  // namespace

RequestPath path_of(http::Environ& environ) {
    const std::string_view path_info = environ["PATH_INFO"];
    const std::string_view target = environ["REQUEST_URI"];
    if (target.find('%') == std::string_view::npos) return {path_info, false};
    return path_of_escaped(environ, path_info, path_of_target(target));
}

std::string encoded(const RequestPath& path) {
    if (!path.encoded) return encode_path(path.text);
    std::string all;
    std::string_view rest = path.text;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('/'), rest.size());
        std::string segment;
        append_decoded(segment, rest.substr(0, end));
        all += percent_encode(segment);
        if (end != rest.size()) all += '/';
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return all;
}

}  // namespace grove::web
