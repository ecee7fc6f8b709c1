// Environ::for_each() and REQUEST_URI.
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "greenlet_test.h"
#include "request_rows.h"
#include "served_application.h"

namespace grove::test {
namespace {

using ::testing::Contains;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

using Visited = std::vector<std::pair<std::string, std::string>>;

Visited visited(const http::Environ& environ) {
    Visited all;
    environ.for_each(
        [&](std::string_view key, std::string_view value) { all.emplace_back(key, value); });
    return all;
}

/// All that is visited is what items() has, and what get() gives; nothing comes twice.
void expect_the_same(const http::Environ& environ, std::string_view of) {
    const Visited all = visited(environ);
    const std::map<std::string, std::string> map{all.begin(), all.end()};
    EXPECT_EQ(map.size(), all.size()) << of;
    EXPECT_EQ(map, environ.items()) << of;
    for (const auto& [key, value] : all) EXPECT_EQ(environ[key], value) << of;
}

/// Compares before and after the body is read, as far as that can be.
http::Application comparing(std::string_view of) {
    return [of](http::Environ& environ, http::StartResponse& start) {
        expect_the_same(environ, of);
        environ.input().read();
        expect_the_same(environ, of);
        start("200 OK", {});
        return http::Body{};
    };
}

void say_and_hear_out(ServedApplication& served, std::string_view bytes) {
    Client client{served.address()};
    try {
        client.send(bytes);
        client.finish_sending();
        client.read_to_end();
    } catch (const std::system_error&) {  // refused, and closed, before all of it was sent
    }
}

GREENLET_TEST(EnvironForEach, GivesWhatItemsGivesForTheWholeCorpus) {
    int calls = 0;
    for (const auto& rows : {taken_heads(), refused_heads(), bodies()}) {
        for (const RequestRow& row : rows) {
            ServedApplication served{comparing(row.bytes)};
            say_and_hear_out(served, row.bytes);
            calls += served.calls;
        }
    }
    EXPECT_GT(calls, 50);
}

GREENLET_TEST(EnvironForEach, GivesFieldsOfOneNameOnceAndHidesWhatGetHides) {
    ServedApplication served{[](http::Environ& environ, http::StartResponse& start) {
        const std::string bytes = "many fields";
        expect_the_same(environ, bytes);
        const Visited all = visited(environ);
        EXPECT_THAT(all, Contains(Pair("HTTP_X_Y", "2,3")));
        EXPECT_THAT(all, Contains(Pair("HTTP_COOKIE", "a=1; b=2")));
        EXPECT_THAT(all, Contains(Pair("HTTP_X_AUTH", "2")));
        EXPECT_THAT(all, Contains(Pair("HTTP_HOST", "h")));
        for (const char* key : {"HTTP_PROXY", "HTTP_CONTENT_LENGTH", "HTTP_X_OTHER"})
            EXPECT_THAT(all, Not(Contains(Key(key))));
        start("200 OK", {});
        return http::Body{};
    }};
    EXPECT_EQ(served
                  .ask(get("/",
                           "X-Y: 2\r\nCookie: a=1\r\nX_Auth: 1\r\nx-auth: 2\r\nx-y: 3\r\n"
                           "Cookie: b=2\r\nX_Other: 1\r\nProxy: evil\r\nContent-Length: 0\r\n"))
                  .status,
              200);
}

GREENLET_TEST(EnvironForEach, TellsOfTheHostThatTheTargetOrAProxyNames) {  // A-010, O-088
    const auto seen = [](std::string_view request) {
        std::string host;
        ServedApplication served{
            [&](http::Environ& environ, http::StartResponse& start) {
                expect_the_same(environ, "a host");
                for (const auto& [key, value] : visited(environ)) {
                    if (key == "HTTP_HOST") host += value;
                }
                start("200 OK", {});
                return http::Body{};
            },
            {.trusted_proxies = {"127.0.0.1"}, .forwarded = http::Forwarded::kXForwardedAll}};
        served.ask(request);
        return host;
    };
    EXPECT_EQ(seen(get()), "h");
    EXPECT_EQ(seen("GET http://g:81/ HTTP/1.1\r\nHost: h\r\n\r\n"), "g:81");
    EXPECT_EQ(seen("GET http://g/ HTTP/1.0\r\n\r\n"), "g");
    EXPECT_EQ(seen("GET / HTTP/1.0\r\n\r\n"), "");
    EXPECT_EQ(seen("GET / HTTP/1.0\r\nX-Forwarded-Host: a.org\r\n\r\n"), "a.org");
}

GREENLET_TEST(EnvironForEach, GivesTheLastThatWasSet) {  // A-010, S-069
    ServedApplication served{[](http::Environ& environ, http::StartResponse& start) {
        for (const char* key : {"PATH_INFO", "HTTP_X", "HTTP_HOST", "my.key", "SSL_CLIENT_CERT"}) {
            environ.set(key, "first");
            environ.set(key, "last");
        }
        EXPECT_EQ(environ.items().count("SSL_CLIENT_CERT"), 0U);
        const Visited all = visited(environ);
        EXPECT_EQ(std::map(all.begin(), all.end()), environ.items());
        EXPECT_EQ(all.size(), environ.items().size());
        for (const char* key : {"PATH_INFO", "HTTP_X", "HTTP_HOST", "my.key"})
            EXPECT_THAT(all, Contains(Pair(key, "last")));
        start("200 OK", {});
        return http::Body{};
    }};
    EXPECT_EQ(served.ask(get("/a", "X: sent\r\n")).status, 200);
}

GREENLET_TEST(EnvironForEach, EndsThoughItsFunctionSetsMore) {
    ServedApplication served{[](http::Environ& environ, http::StartResponse& start) {
        environ.set("my.key", "value");
        const std::size_t before = visited(environ).size();
        std::size_t count = 0;
        environ.for_each([&](std::string_view, std::string_view) {
            environ.set("my." + std::to_string(++count), "more");
        });
        EXPECT_EQ(environ["my." + std::to_string(count)], "more");
        EXPECT_GE(count, before);  // each key that was there, and perhaps some of the new ones
        EXPECT_EQ(visited(environ).size(), before + count);
        start("200 OK", {});
        return http::Body{};
    }};
    EXPECT_EQ(served.ask(get()).status, 200);
}

GREENLET_TEST(EnvironForEach, LetsWhatItsFunctionThrowsPass) {
    ServedApplication served{[](http::Environ& environ, http::StartResponse& start) {
        EXPECT_THROW(environ.for_each([](std::string_view, std::string_view) {
            throw std::runtime_error{"enough"};
        }),
                     std::runtime_error);
        start("200 OK", {});
        return http::Body{};
    }};
    EXPECT_EQ(served.ask(get()).status, 200);
}

GREENLET_TEST(RequestUri, IsTheTargetAsItWasSent) {
    ServedApplication served{tell({"REQUEST_URI"})};
    for (const std::string target :
         {"/", "/a%2Fb", "//a//b", "/?", "/a?b=%20c&d", "/a/../b", "/%zz", "/a?b?c", "*",
          "http://g:81/a?b", "HTTP://g", "http://g?x"}) {
        const std::string request =
            (target == "*" ? "OPTIONS " : "GET ") + target + " HTTP/1.1\r\nHost: h\r\n\r\n";
        EXPECT_EQ(served.ask(request).body, target + "|");
    }
}

GREENLET_TEST(RequestUri, StaysWhenTheMountTakesItsPart) {
    ServedApplication served{[](http::Environ& environ, http::StartResponse& start) {
        environ.set("PATH_INFO", "/rest");
        start("200 OK", {});
        return http::Body{environ["REQUEST_URI"]};
    }};
    EXPECT_EQ(served.ask(get("/shop%20a/rest")).body, "/shop%20a/rest");
}

}  // namespace
}  // namespace grove::test
