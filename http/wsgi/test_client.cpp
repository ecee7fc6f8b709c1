#include <chrono>
#include <stdexcept>
#include <utility>

#include <grove/testing.h>

#include "cookie_jar.h"

namespace grove::http {
namespace {

CookieJar::Time now() { return std::chrono::system_clock::now(); }

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

}  // namespace

TestClient::TestClient(Application application, WsgiOptions options)
    : application_{std::move(application)},
      options_{std::move(options)},
      jar_{std::make_unique<CookieJar>()} {
    if (!application_) throw std::invalid_argument{"TestClient: there is no application"};
}

TestClient::~TestClient() = default;

TestAnswer TestClient::send(TestRequest request) {
    const std::string_view path = path_of(request.target);
    if (find(request.headers, "Cookie") == nullptr) {
        std::string cookies = jar_->field(path, now());
        if (!cookies.empty()) request.headers.emplace_back("Cookie", std::move(cookies));
    }
    TestAnswer answer = call(application_, request, options_);
    for (const auto& [name, value] : answer.headers) {
        if (iequals(name, "Set-Cookie")) jar_->set(value, path, now());
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
