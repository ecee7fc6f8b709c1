// Answers that are thrown (A-040 to A-042).
#include <grove/http/http_error.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <grove/http/middleware.h>
#include <grove/testing.h>

#include "greenlet_test.h"
#include "served_application.h"

namespace grove::test {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using http::HttpError;

/// Throws it when it has started an answer of its own.
http::Application throwing(HttpError error) {
    return [error = std::move(error)](http::Environ&, http::StartResponse& start) -> http::Body {
        start("200 OK", {{"X-Own", "1"}, {"Content-Length", "999"}});
        throw error;
    };
}

TEST(HttpError, HasItsStatusItsTextAndItsFields) {
    const HttpError error{404, "no such note", {{"X-A", "b"}}};
    EXPECT_EQ(error.status(), 404);
    EXPECT_STREQ(error.what(), "no such note");
    EXPECT_THAT(error.headers(), ElementsAre(std::pair<std::string, std::string>{"X-A", "b"}));

    EXPECT_STREQ(HttpError{404}.what(), "Not Found");
    EXPECT_STREQ(HttpError{418}.what(), "Client Error");
    EXPECT_THAT(HttpError{404}.headers(), IsEmpty());
}

TEST(HttpError, IsRefusedAtOnceIfItCouldNotBeSent) {
    for (const int status : {300, 304, 399, 400, 500, 599})
        EXPECT_EQ(HttpError{status}.status(), status);
    for (const int status : {-404, 0, 100, 101, 200, 299, 600, 4040})
        EXPECT_THROW(HttpError{status}, std::invalid_argument) << status;
    const std::vector<http::Headers> bad{
        {{"", "a"}},
        {{"X Y", "a"}},
        {{"X", "a\r\nSet-Cookie: b"}},
        {{"Content-Length", "1x"}},
        {{"Content-Length", "1"}, {"content-length", "1"}},
        {{"Transfer-Encoding", "chunked"}},
        {{"Upgrade", "a"}},
        {{"Connection", "upgrade"}},
    };
    for (const http::Headers& headers : bad)
        EXPECT_THROW((HttpError{404, "text", headers}), std::invalid_argument);
}

GREENLET_TEST(HttpErrorThrown, IsTheAnswerAndKeepsTheConnection) {  // A-040
    std::vector<std::pair<http::LogLevel, std::string>> lines;
    http::WsgiOptions options;
    options.error_log = [&](http::LogLevel level, std::string_view line) {
        lines.emplace_back(level, line);
    };
    ServedApplication served{throwing({404, "no such note", {{"X-Why", "a"}}}), options};
    Client client{served.address()};
    for (int request = 0; request < 3; ++request) {
        client.send(get("/notes"));
        const Answer answer = client.answer();
        EXPECT_EQ(answer.status, 404);
        EXPECT_EQ(answer.reason, "Not Found");
        EXPECT_EQ(answer.field("content-type"), "text/plain; charset=utf-8");
        EXPECT_EQ(answer.field("content-length"), "12");
        EXPECT_EQ(answer.field("x-why"), "a");
        EXPECT_FALSE(answer.has("x-own"));
        EXPECT_FALSE(answer.says_close());
        EXPECT_EQ(answer.body, "no such note");
    }
    EXPECT_THAT(served.access_lines,
                ElementsAre("404 GET /notes HTTP/1.1", "404 GET /notes HTTP/1.1",
                            "404 GET /notes HTTP/1.1"));
    EXPECT_THAT(served.access_bytes, ElementsAre(12U, 12U, 12U));
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines.front().first, http::LogLevel::kInfo);
    EXPECT_THAT(lines.front().second, HasSubstr("GET /notes: "));
    EXPECT_THAT(lines.front().second, HasSubstr("no such note"));
}

// The text is the answer's body, which may be large; the line tells its beginning.
GREENLET_TEST(HttpErrorThrown, HasALineThatIsBounded) {  // A-040
    const std::string large = "begin" + std::string(200'000, '\n');
    ServedApplication served{throwing({404, large})};
    EXPECT_TRUE(served.ask(get("/notes")).body == large);
    ASSERT_EQ(served.errors.size(), 1U);
    EXPECT_THAT(served.errors[0], HasSubstr(": begin\\x0a\\x0a"));
    EXPECT_THAT(served.errors[0], EndsWith("\\x0a..."));
    EXPECT_LT(served.errors[0].size(), 4500U);
}

// A text for a terminal ends as a line does; the log's lines end anyway.
GREENLET_TEST(HttpErrorThrown, IsToldWithoutTheEndOfItsLine) {  // A-040
    for (const auto& [text, end] :
         {std::pair{"no\n", ": no"}, std::pair{"no\r\n", ": no"}, std::pair{"a\n\n", ": a\\x0a"},
          std::pair{"a\nb", ": a\\x0ab"}}) {
        ServedApplication served{throwing({404, text})};
        EXPECT_EQ(served.ask(get("/notes")).body, text);
        ASSERT_EQ(served.errors.size(), 1U);
        EXPECT_THAT(served.errors[0], EndsWith(end));
    }
}

struct Thrown {
    HttpError error;
    const char* method;
    std::string type;    ///< Content-Type
    std::string length;  ///< Content-Length
    std::string body;
};

GREENLET_TEST(HttpErrorThrown, IsFramedAsAnyAnswer) {  // A-040
    const std::string text = "text/plain; charset=utf-8";
    const std::string large(200'000, 'x');
    const std::vector<Thrown> rows{
        {HttpError{503}, "GET", text, "19", "Service Unavailable"},
        {HttpError{503}, "HEAD", text, "19", ""},
        {{400, "{}", {{"content-type", "application/json"}}}, "GET", "application/json", "2", "{}"},
        {{303, "", {{"Location", "/a"}}}, "GET", text, "9", "See Other"},
        {HttpError{304}, "GET", text, "", ""},
        {{500, large}, "GET", text, "200000", large},
    };
    for (const Thrown& row : rows) {
        const http::TestAnswer answer = http::call(throwing(row.error), {.method = row.method});
        EXPECT_EQ(answer.status, row.error.status());
        EXPECT_EQ(answer.header("content-type"), row.type);
        EXPECT_EQ(answer.header("content-length"), row.length);
        EXPECT_TRUE(answer.body == row.body) << answer.body.substr(0, 100);
        EXPECT_TRUE(answer.complete);
    }
}

// The next request is answered where the body's end can be found.
GREENLET_TEST(HttpErrorThrown, LeavesABodyThatWasNotRead) {  // A-040
    ServedApplication served{throwing({403, "no"})};
    Client client{served.address()};
    client.send(post(std::string(20'000, 'x')) + get());
    EXPECT_EQ(client.brief(), "403 no");
    EXPECT_EQ(client.brief(), "403 no");

    http::WsgiOptions options;
    options.limits.body_buffer = 0;
    ServedApplication at_once{throwing({403, "no"}), options};
    Client huge{at_once.address()};
    huge.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\nbegun");
    const Answer answer = huge.answer();
    EXPECT_EQ(answer.body, "no");
    EXPECT_TRUE(answer.says_close());
}

GREENLET_TEST(HttpErrorThrown, MayComeFromAGeneratorBeforeItsFirstPiece) {  // A-040
    bool closed = false;
    ServedApplication served{[&](http::Environ&, http::StartResponse& start) {
        start("200 OK", {});
        return http::Body{[]() -> std::optional<std::string> {
                   throw HttpError{502, "nobody there"};
               }}
            .on_close([&] { closed = true; });
    }};
    const Answer answer = served.ask(get());
    EXPECT_EQ(answer.status, 502);
    EXPECT_EQ(answer.body, "nobody there");
    EXPECT_FALSE(answer.says_close());
    EXPECT_TRUE(closed);
}

GREENLET_TEST(HttpErrorThrown, AfterTheHeadIsAFailureThatCutsTheBody) {  // A-041
    std::vector<http::LogLevel> levels;
    http::WsgiOptions options;
    options.error_log = [&](http::LogLevel level, std::string_view) { levels.push_back(level); };
    ServedApplication served{[](http::Environ&, http::StartResponse& start) -> http::Body {
                                 start("200 OK", {})("a");
                                 throw HttpError{404, "too late"};
                             },
                             options};

    EXPECT_THAT(served.say(get() + get()), EndsWith("\r\n\r\n1\r\na\r\n"));
    EXPECT_EQ(served.calls, 1);
    EXPECT_THAT(served.access_lines, ElementsAre("200 GET / HTTP/1.1"));
    EXPECT_THAT(levels, ElementsAre(http::LogLevel::kError));
}

GREENLET_TEST(HttpErrorThrown, IsAnotherThingThanABadRequest) {  // A-042
    ServedApplication served{[](http::Environ& environ, http::StartResponse&) -> http::Body {
        if (environ["PATH_INFO"] == "/thrown") throw http::BadRequest{"told to no client", 400};
        environ.input().read();
        throw HttpError{400, "told"};
    }};
    const Answer closes = served.ask(get("/thrown"));
    EXPECT_EQ(closes.body, "Bad Request");
    EXPECT_TRUE(closes.says_close());

    const Answer broken =
        served.ask("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx");
    EXPECT_EQ(broken.status, 400);
    EXPECT_TRUE(broken.says_close());

    EXPECT_EQ(served.ask(post("read")).body, "told");
}

// What swallowed the bytes' error cannot go on with what follows them.
GREENLET_TEST(HttpErrorThrown, ClosesWhereTheBodyBrokeItsFraming) {  // A-042
    http::WsgiOptions options;
    options.limits.body_buffer = 0;  // the application reads as it comes
    ServedApplication served{[](http::Environ& environ, http::StartResponse&) -> http::Body {
                                 try {
                                     environ.input().read();
                                 } catch (const http::BadRequest&) {
                                 }
                                 throw HttpError{422, "cannot be read"};
                             },
                             options};
    const Answer answer =
        served.ask("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n");
    EXPECT_EQ(answer.status, 422);
    EXPECT_TRUE(answer.says_close());
}

GREENLET_TEST(HttpErrorThrown, IsTheMiddlewaresToCatch) {
    const http::Middleware as_json = [](http::Application inner) {
        return [inner](http::Environ& environ, http::StartResponse& start) -> http::Body {
            try {
                return inner(environ, start);
            } catch (const HttpError& error) {
                start(std::to_string(error.status()) + " Oh",
                      {{"Content-Type", "application/json"}}, std::current_exception());
                return "{\"error\": \"" + std::string{error.what()} + "\"}";
            }
        };
    };
    const http::TestAnswer answer = http::call(http::chain(throwing({409, "taken"}), {as_json}));

    EXPECT_EQ(answer.status, 409);
    EXPECT_EQ(answer.header("content-type"), "application/json");
    EXPECT_EQ(answer.body, R"({"error": "taken"})");
    EXPECT_THAT(answer.errors, IsEmpty());
}

GREENLET_TEST(HttpErrorThrown, ToAClientThatHasGoneIsToldToNobody) {
    ServedApplication served{[](http::Environ& environ, http::StartResponse&) -> http::Body {
        if (environ["PATH_INFO"] == "/gone") let_the_hub_turn();
        throw HttpError{500, std::string(8'000'000, 'x')};
    }};
    Client client{served.address()};
    client.send(get("/gone"));
    let_the_hub_turn();
    client.reset();
    EXPECT_TRUE(served.quiet());
    EXPECT_EQ(served.ask(get()).body.size(), 8'000'000U);
}

}  // namespace
}  // namespace grove::test
