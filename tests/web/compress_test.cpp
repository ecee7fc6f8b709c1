// compress(): which answers, how, and what their fields say.
#include <grove/web/compress.h>

#include <algorithm>
#include <exception>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/timeout.h>
#include <grove/http/file.h>
#include <grove/http/http_error.h>
#include <grove/testing.h>

#include "answers.h"
#include "decoded.h"
#include "greenlet_test.h"
#include "temporary_folder.h"

namespace grove::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kText = std::string(3000, 'a') + "the end";

http::TestAnswer ask(const http::Application& inner, http::TestRequest request = {},
                     web::CompressOptions options = {}) {
    if (http::find(request.headers, "Accept-Encoding") == nullptr)
        request.headers.emplace_back("Accept-Encoding", "gzip");
    return http::call(http::chain(inner, {web::compress(std::move(options))}), std::move(request));
}

http::Headers plain(http::Headers more = {}) {
    more.emplace_back("Content-Type", "text/plain");
    return more;
}

std::string text_of(const http::TestAnswer& answer) {
    return decoded(answer.header("Content-Encoding"), answer.body);
}

// The head that it holds is one client's. A Write of it must not reach the next one's answer.
GREENLET_TEST(Compress, EndsTheAnswerOfAnApplicationThatThrows) {
    std::optional<http::Write> kept;
    const auto keeping = [&kept](const std::function<void()>& fail) {
        return [&kept, fail](http::Environ&, http::StartResponse& start) -> http::Body {
            kept = start("200 OK", {{"Content-Type", "text/plain"}, {"X-Secret", "of the first"}});
            fail();
            return {};
        };
    };
    const std::vector<std::function<void()>> failures{[] { throw std::runtime_error{"no"}; },
                                                      [] {
                                                          throw http::HttpError{404, "no"};
                                                      },
                                                      [] { throw http::BadRequest{"no"}; },
                                                      [] {
                                                          throw Timeout{0, Duration{1}};
                                                      }};
    for (const auto& fail : failures) {
        EXPECT_NE(ask(keeping(fail)).status, 200);
        ASSERT_TRUE(kept.has_value());
        EXPECT_THROW((*kept)("x"), std::logic_error);
        kept.reset();
    }
}

GREENLET_TEST(Compress, EncodesAsTheClientWants) {
    for (const char* coding : {"br", "zstd", "gzip"}) {
        const http::TestAnswer answer =
            ask(answering("200 OK", plain(), kText), {.headers = {{"Accept-Encoding", coding}}});
        EXPECT_EQ(answer.header("Content-Encoding"), coding);
        EXPECT_EQ(answer.header("Vary"), "Accept-Encoding");
        EXPECT_EQ(answer.header("Content-Length"), std::to_string(answer.body.size()));
        EXPECT_LT(answer.body.size(), 200U);
        EXPECT_EQ(text_of(answer), kText);
    }
}

struct EncodedRow {
    const char* what;
    const char* status;
    http::Headers headers;
    bool encoded;
};

GREENLET_TEST(Compress, LeavesAnswersThatAreNotForIt) {
    const std::vector<EncodedRow> rows{
        {"plain", "200 OK", plain(), true},
        {"an error", "404 Not Found", plain(), true},
        {"with parameters", "200 OK", {{"Content-Type", "Text/HTML ; charset=utf-8"}}, true},
        {"svg", "200 OK", {{"Content-Type", "image/svg+xml"}}, true},
        {"another type", "200 OK", {{"Content-Type", "image/png"}}, false},
        {"no type", "200 OK", {}, false},
        {"a part", "200 OK", plain({{"Content-Range", "bytes 0-1/2"}}), false},
        {"206", "206 Partial Content", plain(), false},
        {"encoded", "200 OK", plain({{"Content-Encoding", "br"}}), false},
        {"no-transform", "200 OK", plain({{"Cache-Control", "public, No-Transform"}}), false},
        {"a digest", "200 OK", plain({{"Content-Digest", "sha-256=:YQ==:"}}), false},
        {"a cookie", "200 OK", plain({{"Set-Cookie", "a=b"}}), false},
    };
    for (const EncodedRow& row : rows) {
        const http::TestAnswer answer = ask(answering(row.status, row.headers, kText));
        const std::string coding = answer.header("Content-Encoding");
        EXPECT_EQ(coding == "gzip", row.encoded) << row.what;
        EXPECT_EQ(answer.body == kText, !row.encoded) << row.what;
    }
}

GREENLET_TEST(Compress, TellsVaryOnEveryAnswerOfAListedType) {
    const auto vary = [](const http::Application& inner, const char* accepted) {
        return ask(inner, {.headers = {{"Accept-Encoding", accepted}}}).header("Vary");
    };
    EXPECT_EQ(vary(answering("200 OK", plain(), "short"), "gzip"), "Accept-Encoding");
    EXPECT_EQ(vary(answering("200 OK", plain(), kText), "identity"), "Accept-Encoding");
    EXPECT_EQ(vary(answering("200 OK", plain({{"Set-Cookie", "a=b"}}), kText), "gzip"),
              "Accept-Encoding");
    EXPECT_EQ(vary(answering("200 OK", plain({{"Vary", "Cookie"}}), kText), "gzip"),
              "Cookie, Accept-Encoding");
    EXPECT_EQ(vary(answering("200 OK", plain({{"Vary", "accept-encoding"}}), kText), "gzip"),
              "accept-encoding");
    EXPECT_EQ(vary(answering("200 OK", plain({{"Vary", "*"}}), kText), "gzip"), "*");
    EXPECT_EQ(vary(answering("200 OK", {{"Content-Type", "image/png"}}, kText), "gzip"), "");
}

GREENLET_TEST(Compress, LeavesShortBodiesAndEncodesFromTheMinimumOn) {
    for (const std::size_t size : {999U, 1000U}) {
        const auto inner = answering("200 OK", plain(), std::string(size, 'a'));
        const auto answer = ask(inner, {}, {.minimum = 1000});
        EXPECT_EQ(answer.header("Content-Encoding"), size == 1000 ? "gzip" : "");
    }
    EXPECT_EQ(ask(answering("200 OK", plain(), ""), {}, {.minimum = 0}).status, 200);
}

GREENLET_TEST(Compress, MakesStrongTagsWeak) {
    const auto tag = [](const char* given) {
        return ask(answering("200 OK", plain({{"ETag", given}, {"Accept-Ranges", "bytes"}}), kText))
            .header("ETag");
    };
    EXPECT_EQ(tag("\"a\""), "W/\"a\"");
    EXPECT_EQ(tag("W/\"a\""), "W/\"a\"");
    EXPECT_EQ(ask(answering("200 OK", plain({{"ETag", "\"a\""}}), "short")).header("ETag"),
              "\"a\"");
    // A 304 has the tag that the client has kept.
    const auto unchanged = answering("304 Not Modified", {{"ETag", "\"a\""}}, "");
    const auto answer = ask(unchanged, {.headers = {{"If-None-Match", "\"b\", W/\"a\""}}});
    EXPECT_EQ(answer.header("ETag"), "W/\"a\"");
    EXPECT_EQ(answer.header("Vary"), "Accept-Encoding");
    EXPECT_EQ(ask(unchanged, {.headers = {{"If-None-Match", "\"a\""}}}).header("ETag"), "\"a\"");
}

GREENLET_TEST(Compress, AnswersHeadWithTheSameFieldsButTheLength) {
    const auto inner = answering(
        "200 OK", plain({{"ETag", "\"a\""}, {"Content-Length", std::to_string(kText.size())}}),
        kText);
    const auto got = ask(inner);
    const auto head = ask(inner, {.method = "HEAD"});
    for (const char* name : {"Content-Type", "Content-Encoding", "Vary", "ETag"})
        EXPECT_EQ(head.header(name), got.header(name)) << name;
    EXPECT_EQ(head.header("Content-Encoding"), "gzip");
    EXPECT_EQ(head.header("Content-Length"), "");
    EXPECT_THAT(head.body, IsEmpty());
    EXPECT_THAT(head.errors, IsEmpty());
}

GREENLET_TEST(Compress, SendsEachPieceAsItComes) {
    for (const char* coding : {"br", "zstd", "gzip"}) {
        std::vector<std::string> seen;  // what the outer one could decode after each piece
        const http::Middleware watch = [&](http::Application inner) -> http::Application {
            return [&, inner](http::Environ& environ, http::StartResponse& start) {
                http::Body body = inner(environ, start);
                auto bytes = std::make_shared<std::string>();
                auto kept = std::make_shared<http::Body>(std::move(body));
                return http::Body{[&, bytes, kept]() -> std::optional<std::string> {
                    auto piece = std::get<http::Body::Generator>(kept->content())();
                    if (!piece) return piece;
                    *bytes += *piece;
                    seen.push_back(decoded(coding, *bytes));
                    return piece;
                }};
            };
        };
        const auto app =
            http::chain(telling({"data: 1\n\n", "", "data: 2\n\n"}), {watch, web::compress()});
        const auto answer = http::call(app, {.headers = {{"Accept-Encoding", coding}}});
        EXPECT_EQ(text_of(answer), "data: 1\n\ndata: 2\n\n");
        ASSERT_GE(seen.size(), 2U) << coding;
        EXPECT_EQ(seen[0], "data: 1\n\n") << coding;
        EXPECT_EQ(seen[1], "data: 1\n\ndata: 2\n\n") << coding;
    }
}

GREENLET_TEST(Compress, EncodesEveryFormOfABody) {
    const TemporaryFolder folder;
    const std::string path = (folder.path() / "file").string();
    std::string large;
    for (int i = 0; i < 30000; ++i) large += "line " + std::to_string(i) + '\n';
    std::ofstream{path} << large;
    int closed = 0;
    const auto give = [&](auto make) {
        const http::Application inner = [&, make](http::Environ&, http::StartResponse& start) {
            start("200 OK", {{"Content-Type", "text/plain"}});
            return http::Body{make()}.on_close([&] { ++closed; });
        };
        const auto answer = ask(inner);
        EXPECT_EQ(answer.header("Content-Encoding"), "gzip");
        EXPECT_TRUE(answer.complete);
        return text_of(answer);
    };
    EXPECT_EQ(give([&] { return large; }), large);
    EXPECT_EQ(give([&] { return std::make_shared<const std::string>(large); }), large);
    EXPECT_EQ(give([&] { return std::vector<std::string>{kText, "", large}; }), kText + large);
    EXPECT_EQ(give([&] { return http::File{path}; }), large);
    EXPECT_EQ(give([&] { return http::File{path, 7, 2000}; }), large.substr(7, 2000));
    EXPECT_EQ(give([&] { return kText; }), kText);
    EXPECT_EQ(closed, 6) << "each body's on_close() is called once";
}

GREENLET_TEST(Compress, EncodesWhatIsWrittenAndWhatStartsLate) {
    const http::Application writes = [](http::Environ&, http::StartResponse& start) {
        const http::Write write = start("200 OK", {{"Content-Type", "text/plain"}});
        write("");
        write("one, ");
        return http::Body{"two"};
    };
    EXPECT_EQ(text_of(ask(writes)), "one, two");
    EXPECT_EQ(ask(writes).header("Content-Encoding"), "gzip");

    const http::Application late = [](http::Environ&, http::StartResponse& start) {
        return http::Body{[&start, step = 0]() mutable -> std::optional<std::string> {
            if (step++ > 0) return std::nullopt;
            start("200 OK", {{"Content-Type", "text/plain"}});
            return "late";
        }};
    };
    EXPECT_EQ(text_of(ask(late)), "late");
    EXPECT_EQ(ask(late).header("Content-Encoding"), "gzip");
    EXPECT_EQ(ask(late, {.method = "HEAD"}).header("Content-Encoding"), "gzip");
}

/// Nothing that a coding makes much smaller.
std::string noise(std::size_t size) {
    std::mt19937 random{1};  // NOLINT(cert-msc51-cpp): the same each time
    std::string text(size, '\0');
    for (char& byte : text) byte = static_cast<char>(random() & 0xff);
    return text;
}

/// Notes the sizes of what is sent.
http::Middleware measuring(std::vector<std::size_t>& sizes) {
    return [&sizes](http::Application inner) -> http::Application {
        return [&sizes, inner](http::Environ& environ, http::StartResponse& start) -> http::Body {
            const auto noting = std::make_shared<http::StartResponse>(
                [&](std::string status, http::Headers headers, std::exception_ptr error) {
                    const http::Write write =
                        start(std::move(status), std::move(headers), std::move(error));
                    return http::Write{[&sizes, write](std::string_view data) {
                        sizes.push_back(data.size());
                        write(data);
                    }};
                });
            const auto body = std::make_shared<http::Body>(inner(environ, *noting));
            return http::Body{[&sizes, noting, body]() -> std::optional<std::string> {
                auto piece = std::get<http::Body::Generator>(body->content())();
                if (piece) sizes.push_back(piece->size());
                return piece;
            }};
        };
    };
}

GREENLET_TEST(Compress, TakesLargePiecesBitByBit) {
    const std::string large = noise(2000000);
    const http::Application gives = telling({large, "the end"});
    const http::Application writes = [&](http::Environ&, http::StartResponse& start) {
        start("200 OK", {{"Content-Type", "text/plain"}})(large);
        return http::Body{[done = false]() mutable -> std::optional<std::string> {
            if (std::exchange(done, true)) return std::nullopt;
            return "the end";
        }};
    };
    for (const http::Application& inner : {gives, writes}) {
        for (const char* coding : {"br", "zstd", "gzip"}) {
            std::vector<std::size_t> sizes;
            const auto answer = http::call(http::chain(inner, {measuring(sizes), web::compress()}),
                                           {.headers = {{"Accept-Encoding", coding}}});
            EXPECT_TRUE(text_of(answer) == large + "the end") << coding;
            EXPECT_LT(*std::max_element(sizes.begin(), sizes.end()), large.size() / 2) << coding;
        }
    }
}

GREENLET_TEST(Compress, GathersNoMoreThanAQuarterOfAMebibyte) {
    const std::string large(4U << 20U, 'a');  // which gzip makes so small that it would keep all
    const http::Application writes = [&](http::Environ&, http::StartResponse& start) {
        start("200 OK", {{"Content-Type", "text/plain"}})(large);
        return http::Body{[]() -> std::optional<std::string> { return std::nullopt; }};
    };
    for (const http::Application& inner :
         {answering("200 OK", plain(), large), telling({large}), writes}) {
        for (const char* coding : {"br", "zstd", "gzip"}) {
            std::vector<std::size_t> sizes;
            const auto answer = http::call(http::chain(inner, {measuring(sizes), web::compress()}),
                                           {.headers = {{"Accept-Encoding", coding}}});
            EXPECT_TRUE(text_of(answer) == large) << coding;
            EXPECT_GE(sizes.size(), 16U) << coding;
        }
    }
}

GREENLET_TEST(Compress, SendsTheAnswerThatReplacesAnother) {
    const http::Application inner = [](http::Environ&, http::StartResponse& start) {
        start("200 OK", {{"Content-Type", "text/plain"}, {"X-First", "1"}});
        start("500 Broken", {{"Content-Type", "image/png"}},
              std::make_exception_ptr(std::runtime_error{"no"}));
        return http::Body{kText};
    };
    const auto answer = ask(inner);
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.header("X-First"), "");
    EXPECT_EQ(answer.body, kText);
}

GREENLET_TEST(Compress, PassesWhatIsThrown) {
    const http::Application throws = [](http::Environ&, http::StartResponse&) -> http::Body {
        throw http::HttpError{404, "", {{"Content-Type", "text/plain"}}};
    };
    const auto answer = ask(throws);
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.header("Vary"), "Accept-Encoding");
    EXPECT_EQ(answer.header("Content-Encoding"), "");
}

GREENLET_TEST(Compress, PassesWhatABodyThrows) {
    const auto answer =
        ask(throwing_later(http::HttpError{404, "no\n", {{"Content-Type", "text/plain"}}}));
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.body, "no\n");
    EXPECT_EQ(answer.header("Vary"), "Accept-Encoding");
    EXPECT_EQ(answer.header("Content-Encoding"), "");
}

GREENLET_TEST(Compress, IsOffWhereSizesTellSecretsUnlessToldOtherwise) {
    const auto inner = answering("200 OK", plain(), kText);
    const auto coding = [&](const char* site, web::CompressOptions options) {
        return ask(inner, {.headers = {{"Sec-Fetch-Site", site}}}, std::move(options))
            .header("Content-Encoding");
    };
    EXPECT_EQ(coding("cross-site", {}), "");
    EXPECT_EQ(coding("cross-site", {.cross_site = true}), "gzip");
    EXPECT_EQ(coding("same-origin", {}), "gzip");
    EXPECT_EQ(coding("none", {}), "gzip");
    const auto with_cookie = answering("200 OK", plain({{"Set-Cookie", "a=b"}}), kText);
    EXPECT_EQ(ask(with_cookie, {}, {.with_cookies = true}).header("Content-Encoding"), "gzip");
}

TEST(Compress, RefusesOptionsThatCannotBe) {
    EXPECT_THROW(web::compress({.level = 0}), std::invalid_argument);
    EXPECT_THROW(web::compress({.level = 10}), std::invalid_argument);
    EXPECT_THROW(web::compress({.types = {"text"}}), std::invalid_argument);
    EXPECT_NO_THROW(web::compress({.types = {"font/*"}, .level = 9}));
}

}  // namespace
}  // namespace grove::test
