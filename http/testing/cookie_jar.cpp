#include "cookie_jar.h"

#include <algorithm>
#include <utility>

#include <grove/http/headers.h>

#include "cookie_date.h"

namespace grove::http {
namespace {

using Time = CookieJar::Time;

std::string_view trimmed(std::string_view text) noexcept {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    return text.substr(0, text.find_last_not_of(" \t") + 1);
}

/// Takes what stands before `byte` off the front, and the byte.
std::string_view take_to(std::string_view& text, char byte) noexcept {
    const std::size_t end = std::min(text.find(byte), text.size());
    const std::string_view taken = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return taken;
}

/// The path of a cookie that has none: the request's, up to its last '/' (section 5.1.4).
std::string default_path(std::string_view request_path) {
    const std::size_t slash = request_path.rfind('/');
    if (!request_path.starts_with('/') || slash == 0) return "/";
    return std::string{request_path.substr(0, slash)};
}

bool path_matches(std::string_view path, std::string_view request_path) noexcept {
    return request_path.starts_with(path) &&
           (request_path.size() == path.size() || path.ends_with('/') ||
            request_path[path.size()] == '/');
}

/// Without its port, in small letters (section 5.1.2).
std::string canonical(std::string_view host) {
    const std::size_t bracket = host.starts_with('[') ? host.find(']') : 0;
    std::string name{host.substr(0, host.find(':', std::min(bracket, host.size())))};
    for (char& letter : name) {
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    }
    return name;
}

bool domain_matches(std::string_view domain, std::string_view host) noexcept {
    if (host == domain) return true;
    const bool address =
        host.starts_with('[') || host.find_first_not_of("0123456789.") == std::string_view::npos;
    return !address && host.size() > domain.size() && host.ends_with(domain) &&
           host[host.size() - domain.size() - 1] == '.';
}

/// nullopt: no number, which is ignored. Too large a number is as long as there is time.
std::optional<Time> after(std::string_view seconds, Time now) {
    constexpr std::size_t kMostDigits = 9;  // 30 years
    const bool past = seconds.starts_with('-');
    if (past) seconds.remove_prefix(1);
    if (seconds.empty() || seconds.find_first_not_of("0123456789") != std::string_view::npos)
        return std::nullopt;
    if (past) return Time::min();
    if (seconds.size() > kMostDigits) return Time::max();
    const int count = std::stoi(std::string{seconds});
    return count == 0 ? Time::min() : now + std::chrono::seconds{count};
}

// A date has years that the clock has not.
Time within_clock(std::chrono::sys_seconds date) {
    using std::chrono::ceil;
    using std::chrono::floor;
    using std::chrono::seconds;
    return std::clamp(date, ceil<seconds>(Time::min()), floor<seconds>(Time::max()));
}

bool is_over(const std::optional<Time>& expires, Time now) noexcept {
    return expires && *expires <= now;
}

}  // namespace

void CookieJar::set(std::string_view set_cookie, const CookiePlace& place, Time now) {
    std::string_view value = take_to(set_cookie, ';');
    if (value.find('=') == std::string_view::npos) return;
    const std::string_view name = trimmed(take_to(value, '='));
    if (name.empty()) return;
    Kept cookie{std::string{name}, std::string{trimmed(value)}, default_path(place.path),
                canonical(place.host)};
    std::string domain;
    std::optional<Time> max_age;
    while (!set_cookie.empty()) {  // the last of an attribute counts
        std::string_view attribute = take_to(set_cookie, ';');
        const std::string_view key = trimmed(take_to(attribute, '='));
        std::string_view told = trimmed(attribute);
        if (iequals(key, "Path"))
            cookie.path = told.starts_with('/') ? std::string{told} : default_path(place.path);
        if (iequals(key, "Domain") && !told.empty()) {
            if (told.starts_with('.')) told.remove_prefix(1);
            domain = canonical(told);
        }
        if (iequals(key, "Max-Age")) {
            if (const auto until = after(told, now)) max_age = until;
        }
        if (iequals(key, "Expires")) {
            if (const auto until = parse_cookie_date(told)) cookie.expires = within_clock(*until);
        }
    }
    if (max_age) cookie.expires = max_age;
    if (!domain.empty()) {
        if (!domain_matches(domain, cookie.domain)) return;
        cookie.domain = std::move(domain);
        cookie.host_only = false;
    }
    drop_what_is_over(now);  // one that was over is another cookie, and a younger one
    keep(std::move(cookie));
    drop_what_is_over(now);
}

void CookieJar::drop_what_is_over(Time now) {
    cookies_.erase(std::remove_if(cookies_.begin(), cookies_.end(),
                                  [now](const Kept& kept) { return is_over(kept.expires, now); }),
                   cookies_.end());
}

bool CookieJar::goes_to(const Kept& cookie, std::string_view host) {
    return cookie.host_only ? host == cookie.domain : domain_matches(cookie.domain, host);
}

// One of that name, domain and path is the same cookie, and stays where it was (section 5.3).
void CookieJar::keep(Kept cookie) {
    const auto same = std::find_if(cookies_.begin(), cookies_.end(), [&cookie](const Kept& kept) {
        return kept.name == cookie.name && kept.domain == cookie.domain && kept.path == cookie.path;
    });
    if (same != cookies_.end()) {
        *same = std::move(cookie);
    } else {
        cookies_.push_back(std::move(cookie));
    }
}

std::string CookieJar::field(const CookiePlace& place, Time now) const {
    const std::string host = canonical(place.host);
    std::vector<const Kept*> sent;
    for (const Kept& cookie : cookies_) {
        if (goes_to(cookie, host) && path_matches(cookie.path, place.path) &&
            !is_over(cookie.expires, now))
            sent.push_back(&cookie);
    }
    std::stable_sort(sent.begin(), sent.end(), [](const Kept* left, const Kept* right) {
        return left->path.size() > right->path.size();
    });
    std::string field;
    for (const Kept* const cookie : sent) {
        if (!field.empty()) field += "; ";
        field.append(cookie->name).append("=").append(cookie->value);
    }
    return field;
}

std::optional<std::string> CookieJar::find(std::string_view name, Time now) const {
    for (const Kept& cookie : cookies_) {
        if (cookie.name == name && !is_over(cookie.expires, now)) return cookie.value;
    }
    return std::nullopt;
}

}  // namespace grove::http
