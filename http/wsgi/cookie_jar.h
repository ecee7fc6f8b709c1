// cookie_jar.h - the cookies that a TestClient keeps (RFC 6265 section 5), of one host.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace grove::http {

class CookieJar {
public:
    using Time = std::chrono::system_clock::time_point;

    /// What a Set-Cookie of the answer to `request_path` says. One without '=' or name is ignored.
    void set(std::string_view set_cookie, std::string_view request_path, Time now);
    /// The field Cookie of a request: longer paths first, then the older ones. "": none
    [[nodiscard]] std::string field(std::string_view request_path, Time now) const;
    [[nodiscard]] std::optional<std::string> find(std::string_view name, Time now) const;
    void clear() { cookies_.clear(); }

private:
    struct Kept {
        std::string name;
        std::string value;
        std::string path;
        std::optional<Time> expires;
    };

    void keep(Kept cookie);

    std::vector<Kept> cookies_;  // in the order of their first setting
};

}  // namespace grove::http
