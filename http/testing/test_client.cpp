#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

#include <grove/testing.h>

#include "cookie_jar.h"

namespace grove::http {
namespace {

CookieJar::Time now() { return std::chrono::system_clock::now(); }

/// Of "/path?query", or of "http://host/path?query", whose host counts.
CookiePlace place_of(const TestRequest& request) {
    const std::string* const field = find(request.headers, "Host");
    CookiePlace place{field != nullptr ? std::string_view{*field} : "localhost", request.target};
    place.path = place.path.substr(0, place.path.find('?'));
    const std::size_t mark = place.path.starts_with('/') ? place.path.npos : place.path.find("://");
    if (mark == place.path.npos) return place;
    const std::string_view rest = place.path.substr(mark + 3);
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    place.host = rest.substr(0, slash);
    place.path = slash == rest.size() ? "/" : rest.substr(slash);
    return place;
}

}  // namespace

TestClient::TestClient(Application application, WsgiOptions options)
    : application_{std::move(application)},
      options_{std::move(options)},
      jar_{std::make_unique<CookieJar>()} {
    if (!application_) throw std::invalid_argument{"TestClient: there is no application"};
}

TestClient::~TestClient() = default;

TestAnswer TestClient::send(TestRequest request) {
    if (find(request.headers, "Cookie") == nullptr) {
        std::string cookies = jar_->field(place_of(request), now());
        if (!cookies.empty()) request.headers.emplace_back("Cookie", std::move(cookies));
    }
    TestAnswer answer = call(application_, request, options_);
    const CookiePlace place = place_of(request);
    for (const auto& [name, value] : answer.headers) {
        if (iequals(name, "Set-Cookie")) jar_->set(value, place, now());
    }
    return answer;
}

TestAnswer TestClient::get(std::string target, Headers headers) {
    return send({.target = std::move(target), .headers = std::move(headers)});
}

TestAnswer TestClient::post(std::string target, std::string body, Headers headers) {
    return send({.method = "POST",
                 .target = std::move(target),
                 .headers = std::move(headers),
                 .body = std::move(body)});
}

std::optional<std::string> TestClient::cookie(std::string_view name) const {
    return jar_->find(name, now());
}

void TestClient::clear_cookies() { jar_->clear(); }

}  // namespace grove::http
