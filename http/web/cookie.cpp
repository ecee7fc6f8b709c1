#include <grove/web/cookie.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include <grove/http/headers.h>

#include "cookie_text.h"
#include "field_list.h"

namespace grove::web {
namespace {

[[noreturn]] void refuse_cookie(const Cookie& cookie, const std::string& reason) {
    // A name that is no token might be anything.
    const std::string name = http::is_token(cookie.name) ? " \"" + cookie.name + '"' : "";
    throw std::invalid_argument{"Cookie" + name + ": " + reason};
}

bool is_cookie_value(std::string_view value) noexcept {
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
    return std::all_of(value.begin(), value.end(), [](char byte) {
        return byte > ' ' && byte < '\x7f' && byte != '"' && byte != ',' && byte != ';' &&
               byte != '\\';
    });
}

bool is_path(std::string_view path) noexcept {
    return std::all_of(path.begin(), path.end(),
                       [](char byte) { return byte >= ' ' && byte < '\x7f' && byte != ';'; });
}

// Letters, digits, '-' and '.', as names of hosts and addresses of version 4 have.
bool is_domain(std::string_view domain) noexcept {
    return std::all_of(domain.begin(), domain.end(), [](char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
               (byte >= '0' && byte <= '9') || byte == '-' || byte == '.';
    });
}

bool begins_with(std::string_view name, std::string_view prefix) noexcept {
    return http::iequals(name.substr(0, prefix.size()), prefix);
}

void check(const Cookie& cookie) {
    if (!http::is_token(cookie.name)) refuse_cookie(cookie, "the name is not a token");
    if (!is_cookie_value(cookie.value))
        refuse_cookie(cookie, "the value has a byte that is not allowed: percent_encode() it");
    if (!is_path(cookie.path) || (!cookie.path.empty() && cookie.path.front() != '/'))
        refuse_cookie(cookie, "the path must begin with \"/\", without control bytes or ';'");
    if (!is_domain(cookie.domain)) refuse_cookie(cookie, "the domain is not the name of a host");
    const std::string& same_site = cookie.same_site;
    if (!same_site.empty() && same_site != "Strict" && same_site != "Lax" && same_site != "None")
        refuse_cookie(cookie, R"(same_site must be "Strict", "Lax", "None" or "")");
    if (same_site == "None" && !cookie.secure)
        refuse_cookie(cookie, "same_site \"None\" needs secure");
    if (begins_with(cookie.name, "__Secure-") && !cookie.secure)
        refuse_cookie(cookie, "the prefix __Secure- needs secure");
    const bool of_host = cookie.secure && cookie.domain.empty() && cookie.path == "/";
    if (begins_with(cookie.name, "__Host-") && !of_host)
        refuse_cookie(cookie, "the prefix __Host- needs secure, the path \"/\" and no domain");
}

}  // namespace

std::string set_cookie_value(const Cookie& cookie) {
    check(cookie);
    std::string text = cookie.name + '=' + cookie.value;
    if (cookie.max_age) text.append("; Max-Age=").append(std::to_string(cookie.max_age->count()));
    if (!cookie.path.empty()) text.append("; Path=").append(cookie.path);
    if (!cookie.domain.empty()) text.append("; Domain=").append(cookie.domain);
    if (cookie.secure) text.append("; Secure");
    if (cookie.http_only) text.append("; HttpOnly");
    if (!cookie.same_site.empty()) text.append("; SameSite=").append(cookie.same_site);
    return text;
}

std::optional<std::string_view> find_cookie(std::string_view text, std::string_view name) noexcept {
    if (name.empty()) return std::nullopt;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(';'), text.size());
        const std::string_view pair = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos) continue;
        if (trimmed(pair.substr(0, equals)) == name) return trimmed(pair.substr(equals + 1));
    }
    return std::nullopt;
}

}  // namespace grove::web
