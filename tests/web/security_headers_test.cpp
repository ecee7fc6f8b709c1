// security_headers().
#include <grove/web/security_headers.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

#include <gmock/gmock.h>

#include <grove/http/http_error.h>
#include <grove/testing.h>

#include "answers.h"
#include "greenlet_test.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using web::SecurityHeadersOptions;

const http::Middleware kHttps = [](http::Application inner) -> http::Application {
    return [inner](http::Environ& environ, http::StartResponse& start) {
        environ.set("wsgi.url_scheme", "https");
        return inner(environ, start);
    };
};

http::TestAnswer ask_strict(SecurityHeadersOptions options, bool https = true,
                            http::Headers own = {}) {
    http::Application application = http::chain(answering("200 OK", std::move(own), "hello"),
                                                {web::security_headers(std::move(options))});
    if (https) application = http::chain(application, {kHttps});
    return http::call(application);
}

GREENLET_TEST(SecurityHeaders, AreStrictByThemselves) {
    const auto answer = ask_strict({});
    EXPECT_EQ(answer.header("Strict-Transport-Security"), "max-age=63072000");
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(answer.header("Content-Security-Policy"), "frame-ancestors 'none'");
    EXPECT_EQ(answer.header("Referrer-Policy"), "strict-origin-when-cross-origin");
    EXPECT_EQ(answer.body, "hello");
}

GREENLET_TEST(SecurityHeaders, WantHttpsOverHttpsAlone) {
    EXPECT_EQ(ask_strict({}, false).header("Strict-Transport-Security"), "");
    EXPECT_EQ(ask_strict({}, false).header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(ask_strict({.hsts = 0s, .hsts_subdomains = true}).header("Strict-Transport-Security"),
              "max-age=0; includeSubDomains");
}

GREENLET_TEST(SecurityHeaders, AreTurnedOffOneByOne) {
    EXPECT_EQ(ask_strict({.hsts = std::nullopt}).header("Strict-Transport-Security"), "");
    EXPECT_EQ(ask_strict({.nosniff = false}).header("X-Content-Type-Options"), "");
    EXPECT_EQ(ask_strict({.frame = ""}).header("Content-Security-Policy"), "");
    EXPECT_EQ(ask_strict({.referrer = ""}).header("Referrer-Policy"), "");
    EXPECT_EQ(ask_strict({.frame = "'self'", .policy = "default-src 'self'"})
                  .header("Content-Security-Policy"),
              "default-src 'self'; frame-ancestors 'self'");
    EXPECT_EQ(
        ask_strict({.frame = "", .policy = "default-src 'self'"}).header("Content-Security-Policy"),
        "default-src 'self'");
}

GREENLET_TEST(SecurityHeaders, LeaveTheApplicationsOwn) {
    const auto answer = ask_strict({}, true, {{"referrer-policy", "no-referrer"}});
    EXPECT_EQ(answer.header("Referrer-Policy"), "no-referrer");
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
}

GREENLET_TEST(SecurityHeaders, AreAddedToWhatIsThrown) {
    const http::Application throws = [](http::Environ&, http::StartResponse&) -> http::Body {
        throw http::HttpError{404, "no\n", {{"Referrer-Policy", "origin"}}};
    };
    const auto answer = http::call(http::chain(throws, {web::security_headers()}));
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(answer.header("Referrer-Policy"), "origin");
}

GREENLET_TEST(SecurityHeaders, AreAddedToWhatABodyThrows) {
    const auto answer = http::call(
        http::chain(throwing_later(http::HttpError{404, "no\n", {{"Referrer-Policy", "origin"}}}),
                    {web::security_headers()}));
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(answer.header("Referrer-Policy"), "origin");
}

GREENLET_TEST(SecurityHeaders, AreAddedWhereTheBodyOfARequestIsRefused) {
    for (const ReadsLate when : {ReadsLate::kAtOnce, ReadsLate::kStarted, ReadsLate::kInItsBody}) {
        const auto answer =
            http::call(http::chain(reading_too_much(when), {web::security_headers()}),
                       {.method = "POST", .body = "too much"});
        EXPECT_EQ(answer.status, 413) << static_cast<int>(when);
        EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff") << static_cast<int>(when);
    }
}

TEST(SecurityHeaders, RefuseOptionsThatCannotBe) {
    EXPECT_THROW(web::security_headers({.hsts = -1s}), std::invalid_argument);
    EXPECT_THROW(web::security_headers({.frame = "'none'; script-src *"}), std::invalid_argument);
    EXPECT_THROW(web::security_headers({.policy = "frame-ancestors a.test"}),
                 std::invalid_argument);
    EXPECT_THROW(web::security_headers({.referrer = "a\nb"}), std::invalid_argument);
}

}  // namespace
}  // namespace grove::test
