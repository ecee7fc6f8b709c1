// cors(): Fetch's algorithm as a server sees it.
#include <grove/web/cors.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>

#include <grove/http/http_error.h>
#include <grove/http/input.h>
#include <grove/testing.h>

#include "answers.h"
#include "greenlet_test.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using web::CorsOptions;

const CorsOptions kOptions{.origins = {"https://a.test", "http://localhost:3000"},
                           .suffixes = {".b.test"},
                           .methods = {"GET", "PUT"},
                           .headers = {"X-One", "Content-Type"},
                           .expose = {"X-Count"},
                           .credentials = true,
                           .max_age = 600s};

http::TestAnswer ask_origin(http::TestRequest request, CorsOptions options = kOptions) {
    return http::call(
        http::chain(answering("200 OK", {{"Access-Control-Allow-Origin", "mine"}}, "hello"),
                    {web::cors(std::move(options))}),
        std::move(request));
}

struct OriginRow {
    const char* origin;
    bool allowed;
};

GREENLET_TEST(Cors, TellsWhichOriginsMayRead) {
    const std::vector<OriginRow> rows{
        {"https://a.test", true},
        {"http://a.test", false},
        {"https://a.test:444", false},
        {"http://localhost:3000", true},
        {"http://localhost", false},
        {"https://x.b.test", true},
        {"https://x.y.b.test", true},
        {"http://x.b.test", false},
        {"https://b.test", false},
        {"https://.b.test", false},
        {"https://xb.test", false},
        {"https://x.b.test:8443", false},
        {"https://x/.b.test", false},
        {"https://u@x.b.test", false},
        {"https://a.test.evil", false},
        {"null", false},
        {"https://a.test, https://a.test", false},
    };
    for (const OriginRow& row : rows) {
        const auto answer = ask_origin({.headers = {{"Origin", row.origin}}});
        EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), row.allowed ? row.origin : "")
            << row.origin;
        EXPECT_EQ(answer.header("Access-Control-Allow-Credentials"), row.allowed ? "true" : "")
            << row.origin;
        EXPECT_EQ(answer.header("Access-Control-Expose-Headers"), row.allowed ? "X-Count" : "")
            << row.origin;
        EXPECT_EQ(answer.header("Vary"), "Origin") << row.origin;
        EXPECT_EQ(answer.body, "hello") << "every request reaches the application";
    }
    const auto own = ask_origin({});
    EXPECT_EQ(own.header("Vary"), "Origin") << "also without an Origin";
    EXPECT_EQ(own.header("Access-Control-Allow-Origin"), "");
}

GREENLET_TEST(Cors, AnswersPreflights) {
    const auto answer =
        ask_origin({.method = "OPTIONS",
                    .headers = {{"Origin", "https://a.test"},
                                {"Access-Control-Request-Method", "PUT"},
                                {"Access-Control-Request-Headers", "content-type,x-one"}}});
    EXPECT_EQ(answer.status, 204);
    EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "https://a.test");
    EXPECT_EQ(answer.header("Access-Control-Allow-Credentials"), "true");
    EXPECT_EQ(answer.header("Access-Control-Allow-Methods"), "GET, PUT");
    EXPECT_EQ(answer.header("Access-Control-Allow-Headers"), "X-One, Content-Type");
    EXPECT_EQ(answer.header("Access-Control-Max-Age"), "600");
    EXPECT_THAT(answer.header("Vary"), testing::StartsWith("Origin, "));
    EXPECT_EQ(answer.body, "");
}

struct Refused {
    const char* origin;
    const char* method;
    const char* headers;
};

GREENLET_TEST(Cors, RefusesPreflightsWithoutAllowFields) {
    const std::vector<Refused> rows{{"https://c.test", "PUT", "x-one"},
                                    {"https://a.test", "DELETE", "x-one"},
                                    {"https://a.test", "put", "x-one"},
                                    {"https://a.test", "PUT", "x-one, x-two"}};
    for (const Refused& row : rows) {
        const auto answer =
            ask_origin({.method = "OPTIONS",
                        .headers = {{"Origin", row.origin},
                                    {"Access-Control-Request-Method", row.method},
                                    {"Access-Control-Request-Headers", row.headers}}});
        EXPECT_EQ(answer.status, 204);
        for (const auto& [name, value] : answer.headers)
            EXPECT_THAT(name, testing::Not(testing::StartsWith("Access-Control-"))) << row.method;
    }
}

GREENLET_TEST(Cors, LetsOtherOptionsPass) {
    EXPECT_EQ(ask_origin({.method = "OPTIONS", .headers = {{"Origin", "https://a.test"}}}).body,
              "hello");
    EXPECT_EQ(
        ask_origin({.method = "OPTIONS", .headers = {{"Access-Control-Request-Method", "PUT"}}})
            .body,
        "hello");
}

GREENLET_TEST(Cors, AllowsAllByAStar) {
    const CorsOptions all{.origins = {"*"}, .headers = {"*"}};
    const auto answer = ask_origin({.headers = {{"Origin", "null"}}}, all);
    EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(answer.header("Vary"), "") << "it is the same for all";
    const auto asked = [&](const char* headers) {
        return ask_origin({.method = "OPTIONS",
                           .headers = {{"Origin", "https://c.test"},
                                       {"Access-Control-Request-Method", "POST"},
                                       {"Access-Control-Request-Headers", headers}}},
                          all)
            .header("Access-Control-Allow-Headers");
    };
    EXPECT_EQ(asked("x-any"), "*");
    EXPECT_EQ(asked("x-any,authorization"), "") << "Fetch: a star does not stand for it";
}

GREENLET_TEST(Cors, AddsItsFieldsToWhatIsThrown) {
    const http::Application throws = [](http::Environ&, http::StartResponse&) -> http::Body {
        throw http::HttpError{404, "no such note\n"};
    };
    const auto answer = http::call(http::chain(throws, {web::cors(kOptions)}),
                                   {.headers = {{"Origin", "https://a.test"}}});
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.body, "no such note\n");
    EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "https://a.test");
}

GREENLET_TEST(Cors, AddsItsFieldsToWhatABodyThrows) {
    const auto answer = http::call(
        http::chain(throwing_later(http::HttpError{404, "no such note\n"}), {web::cors(kOptions)}),
        {.headers = {{"Origin", "https://a.test"}}});
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.body, "no such note\n");
    EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "https://a.test");
    EXPECT_EQ(answer.header("Vary"), "Origin");
}

GREENLET_TEST(Cors, AddsItsFieldsWhereTheBodyOfARequestIsRefused) {
    for (const ReadsLate when : {ReadsLate::kAtOnce, ReadsLate::kStarted, ReadsLate::kInItsBody}) {
        const auto answer = http::call(
            http::chain(reading_too_much(when), {web::cors(kOptions)}),
            {.method = "POST", .headers = {{"Origin", "https://a.test"}}, .body = "too much"});
        EXPECT_EQ(answer.status, 413) << static_cast<int>(when);
        EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "https://a.test");
        EXPECT_EQ(answer.header("Vary"), "Origin");
        EXPECT_EQ(answer.header("Connection"), "close") << "as without cors()";
        EXPECT_EQ(answer.body.find("bytes asked for"), std::string::npos) << "is for the log";
    }
}

GREENLET_TEST(Cors, PassesARefusalThatComesAfterTheHead) {
    std::vector<std::string> thrown;
    const http::Middleware watch = [&thrown](http::Application inner) -> http::Application {
        return [&thrown, inner](http::Environ& environ, http::StartResponse& start) {
            http::Body body = inner(environ, start);
            auto& next = std::get<http::Body::Generator>(body.content());
            next = [&thrown, own = std::move(next)]() -> std::optional<std::string> {
                try {
                    return own();
                } catch (const http::PayloadTooLarge&) {
                    thrown.emplace_back("PayloadTooLarge");
                    throw;
                }
            };
            return body;
        };
    };
    const auto answer = http::call(
        http::chain(reading_too_much(ReadsLate::kBehindAPiece), {watch, web::cors(kOptions)}),
        {.method = "POST", .body = "too much"});
    EXPECT_EQ(answer.status, 200);
    EXPECT_FALSE(answer.complete);
    EXPECT_EQ(thrown, std::vector<std::string>{"PayloadTooLarge"})
        << "is no failure of the application";
}

TEST(Cors, RefusesOptionsThatCannotBe) {
    const std::vector<CorsOptions> bad{
        {.origins = {"*"}, .credentials = true},
        {.origins = {"*", "https://a.test"}},
        {.origins = {"*"}, .suffixes = {".a.test"}},
        {.origins = {"https://a.test/"}},
        {.origins = {"https://a.test/path"}},
        {.origins = {"a.test"}},
        {.origins = {"https://A.test"}},
        {.origins = {"https://a.test:443"}},
        {.origins = {"null"}},
        {.suffixes = {"a.test"}},
        {.suffixes = {"."}},
        {.suffixes = {".a.test:443"}},
        {.origins = {"https://a.test"}, .methods = {"a b"}},
        {.origins = {"https://a.test"}, .headers = {"*"}, .credentials = true},
        {.origins = {"https://a.test"}, .max_age = -1s},
    };
    for (std::size_t i = 0; i < bad.size(); ++i)
        EXPECT_THROW(web::cors(bad[i]), std::invalid_argument) << i;
    EXPECT_NO_THROW(web::cors({.origins = {"http://[::1]:8000"}}));
}

}  // namespace
}  // namespace grove::test
