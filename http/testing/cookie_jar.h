// cookie_jar.h - the cookies that a TestClient keeps (RFC 6265 section 5).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace grove::http {

/// What a request is sent to: its host as Host names it, with or without a port, and its path.
struct CookiePlace {
    std::string_view host;
    std::string_view path;
};

class CookieJar {
public:
    using Time = std::chrono::system_clock::time_point;

    /// What a Set-Cookie of the answer to a request says. One without '=' or name is ignored, and one
    /// for a Domain that the host is not in.
    void set(std::string_view set_cookie, const CookiePlace& place, Time now);
    /// The field Cookie of a request: longer paths first, then the older ones. "": none
    [[nodiscard]] std::string field(const CookiePlace& place, Time now) const;
    [[nodiscard]] std::optional<std::string> find(std::string_view name, Time now) const;
    void clear() { cookies_.clear(); }

private:
    struct Kept {
        std::string name;
        std::string value;
        std::string path;
        std::string domain;
        bool host_only = true;
        std::optional<Time> expires{};
    };

    [[nodiscard]] static bool goes_to(const Kept& cookie, std::string_view host);
    void keep(Kept cookie);
    void drop_what_is_over(Time now);

    std::vector<Kept> cookies_;  // in the order of their first setting
};

}  // namespace grove::http
