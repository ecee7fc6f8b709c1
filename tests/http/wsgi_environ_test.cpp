// What an application sees of a request (S-060 to S-071).
#include <map>
#include <string>
#include <string_view>

#include <gmock/gmock.h>

#include <grove/core/connect.h>

#include "greenlet_test.h"
#include "served_application.h"
#include "temporary_folder.h"

namespace grove::test {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

using Items = std::map<std::string, std::string>;

/// The environ of one request, whole.
Items environ_of(std::string_view request) {
    Items seen;
    ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
        seen = environ.items();
        for (const auto& [key, value] : seen) EXPECT_EQ(environ[key], value) << key;
        start("200 OK", {});
        return http::Body{};
    }};
    Client client{served.address()};
    client.send(request);
    EXPECT_EQ(client.answer().status, 200);
    return seen;
}

GREENLET_TEST(WsgiEnviron, MakesAValueOnceForARequest) {
    ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
        for (const char* key :
             {"PATH_INFO", "REMOTE_ADDR", "REMOTE_PORT", "SERVER_NAME", "SERVER_PORT"}) {
            const std::string_view first = environ[key];
            EXPECT_EQ(environ[key].data(), first.data()) << key;
        }
        start("200 OK", {});
        return http::Body{};
    }};
    EXPECT_EQ(served.ask("GET /%61 HTTP/1.1\r\nHost: h\r\n\r\n").status, 200);
}

GREENLET_TEST(WsgiEnviron, HoldsTheKeysOfPep3333) {  // S-061
    std::string port;
    Items seen;
    ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
        seen = environ.items();
        start("200 OK", {});
        return http::Body{};
    }};
    EXPECT_EQ(
        served
            .ask("POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Type: t/x\r\nContent-Length: 0\r\n\r\n")
            .status,
        200);

    EXPECT_NE(seen["REMOTE_PORT"], "");
    seen.erase("REMOTE_PORT");
    EXPECT_TRUE(seen["SERVER_SOFTWARE"].starts_with("grove/"));
    seen.erase("SERVER_SOFTWARE");
    EXPECT_THAT(seen, UnorderedElementsAre(
                          Pair("REQUEST_METHOD", "POST"), Pair("SCRIPT_NAME", ""),
                          Pair("PATH_INFO", "/a"), Pair("QUERY_STRING", "b"),
                          Pair("REQUEST_URI", "/a?b"), Pair("CONTENT_TYPE", "t/x"),
                          Pair("CONTENT_LENGTH", "0"), Pair("SERVER_NAME", "127.0.0.1"),
                          Pair("SERVER_PORT", std::to_string(served.server.server_port())),
                          Pair("SERVER_PROTOCOL", "HTTP/1.1"), Pair("GATEWAY_INTERFACE", "CGI/1.1"),
                          Pair("REMOTE_ADDR", "127.0.0.1"), Pair("HTTP_HOST", "h"),
                          Pair("wsgi.version", "1.0"), Pair("wsgi.url_scheme", "http"),
                          Pair("wsgi.multithread", "false"), Pair("wsgi.multiprocess", "false"),
                          Pair("wsgi.run_once", "false"), Pair("wsgi.input_terminated", "true")));
}

GREENLET_TEST(WsgiEnviron, HasTheVersionThatIsSpoken) {  // O-054, RFC 9110 2.5
    ServedApplication served{[](http::Environ& environ, http::StartResponse& start) {
        start("200 OK", {});
        return http::Body{environ["SERVER_PROTOCOL"]};
    }};
    for (const std::string_view version : {"1.1", "1.2", "1.9"}) {
        const std::string asked =
            "GET / HTTP/" + std::string{version} + "\r\nHost: h\r\nConnection: close\r\n\r\n";
        const std::string said = served.say(asked);
        EXPECT_TRUE(said.starts_with("HTTP/1.1 200 ")) << said;
        EXPECT_TRUE(said.ends_with("HTTP/1.1")) << said;
    }
    EXPECT_EQ(served.ask("GET / HTTP/1.0\r\n\r\n").body, "HTTP/1.0");
}

GREENLET_TEST(WsgiEnviron, OfAUnixSocketNamesAServerButNoClient) {  // S-061, S-062
    const TemporaryFolder folder;
    const std::string path = folder.path() / "socket";
    std::map<std::string, std::string> items;
    http::WsgiServer server{"unix:" + path,
                            [&](http::Environ& environ, http::StartResponse& start) {
                                items = environ.items();
                                start("200 OK", {});
                                return http::Body{};
                            }};
    server.start();
    Client client{connect(Address::unix_path(path), kPatience)};
    client.send(get());
    EXPECT_EQ(client.answer().status, 200);

    EXPECT_EQ(items["SERVER_NAME"], "localhost");
    EXPECT_EQ(items["SERVER_PORT"], "80");
    EXPECT_EQ(items.count("REMOTE_ADDR") + items.count("REMOTE_PORT"), 0U);
    client.close();
    server.stop();
}

GREENLET_TEST(WsgiEnviron, TellsWhatIsConfigured) {  // S-061, S-062, S-113
    ServedApplication served{
        [](http::Environ& environ, http::StartResponse& start) {
            start("200 OK", {});
            return http::Body{std::string{environ["SERVER_NAME"]} + " " +
                              std::string{environ["wsgi.multiprocess"]}};
        },
        {.server_name = "me.example", .server_header = "grove", .multiprocess = true}};

    const Answer answer = served.ask(get());

    EXPECT_EQ(answer.body, "me.example true");
    EXPECT_EQ(answer.field("server"), "grove");
}

GREENLET_TEST(WsgiEnviron, HasNoContentKeysUnlessTheyWereSent) {  // S-061
    const Items plain = environ_of(get());
    EXPECT_EQ(plain.count("CONTENT_TYPE") + plain.count("CONTENT_LENGTH"), 0U);

    const Items chunked = environ_of(get("/", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n");
    EXPECT_EQ(chunked.count("CONTENT_LENGTH"), 0U);
    EXPECT_EQ(chunked.at("HTTP_TRANSFER_ENCODING"), "chunked");
}

GREENLET_TEST(WsgiEnviron, DecodesThePathOnceAndLeavesTheQueryRaw) {  // S-060, S-063, S-064
    struct Row {
        std::string_view target, path, query;
    };
    constexpr Row kRows[] = {
        {"/a%2Fb%zz?x=%41", "/a/b%zz", "x=%41"},
        {"/%D0%BF", "/\xd0\xbf", ""},
        {"/%ff", "/\xff", ""},
        {"/a?b?c", "/a", "b?c"},
        {"/a?", "/a", ""},
        {"/a+b//../%2e", "/a+b//../.", ""},
        {"/%2541", "/%41", ""},
    };
    for (const Row& row : kRows) {
        const Items seen = environ_of(get(row.target));
        EXPECT_EQ(seen.at("PATH_INFO"), row.path) << row.target;
        EXPECT_EQ(seen.at("QUERY_STRING"), row.query) << row.target;
    }
}

GREENLET_TEST(WsgiEnviron, OfAnAbsoluteTargetTakesTheHostFromIt) {  // S-065
    const Items seen = environ_of("GET http://g:81/a?b HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(seen.at("PATH_INFO"), "/a");
    EXPECT_EQ(seen.at("QUERY_STRING"), "b");
    EXPECT_EQ(seen.at("HTTP_HOST"), "g:81");

    const Items no_host = environ_of("GET http://g/ HTTP/1.0\r\n\r\n");
    EXPECT_EQ(no_host.at("HTTP_HOST"), "g");  // also where no Host field came
}

GREENLET_TEST(WsgiEnviron,
              NamesFieldsInCapitalsAndDropsThoseThatCouldPose) {  // S-060, S-066, S-067, S-071
    const Items seen =
        environ_of(get("/",
                       "x-auth: 2\r\nX_Auth: 1\r\nX_Other: 1\r\nProxy: http://evil\r\n"
                       "Proxy-Connection: close\r\nX-Raw: \xff\r\nX-Forwarded-Proto: https\r\n"
                       "Content-Length: 0\r\n"));
    EXPECT_EQ(seen.at("HTTP_X_AUTH"), "2");
    EXPECT_EQ(seen.count("HTTP_X_OTHER"), 0U);
    EXPECT_EQ(seen.count("HTTP_PROXY"), 0U);
    EXPECT_EQ(seen.at("HTTP_PROXY_CONNECTION"), "close");
    EXPECT_EQ(seen.at("HTTP_X_RAW"), "\xff");
    EXPECT_EQ(seen.count("HTTP_CONTENT_LENGTH"), 0U);
    EXPECT_EQ(seen.at("wsgi.url_scheme"), "http");
    EXPECT_EQ(seen.at("HTTP_X_FORWARDED_PROTO"), "https");
}

GREENLET_TEST(WsgiEnviron, JoinsFieldsOfOneName) {  // S-068
    const Items seen =
        environ_of(get("/",
                       "X-Y: 2\r\nCookie: a=1\r\nx-y: 3\r\nCookie: b=2\r\nX-Cookie: 1\r\n"
                       "X-Cookie: 2\r\n"));
    EXPECT_EQ(seen.at("HTTP_X_Y"), "2,3");
    EXPECT_EQ(seen.at("HTTP_COOKIE"), "a=1; b=2");
    EXPECT_EQ(seen.at("HTTP_X_COOKIE"), "1,2");
}

GREENLET_TEST(WsgiEnviron, KnowsOnlyTheKeysOfPep3333) {  // S-066
    ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
        EXPECT_FALSE(environ.get("HTTP_X-Y"));
        EXPECT_FALSE(environ.get("HTTP_x_y"));
        EXPECT_FALSE(environ.get("HTTP_"));
        EXPECT_FALSE(environ.get(""));
        EXPECT_FALSE(environ.get("CONTENT_TYPE"));
        EXPECT_EQ(environ["HTTP_X_Y"], "1");
        start("200 OK", {});
        return http::Body{};
    }};
    EXPECT_EQ(served.ask(get("/", "X-Y: 1\r\n")).status, 200);
}

GREENLET_TEST(WsgiEnviron, IsFreshForEachRequest) {  // S-069
    std::vector<std::string> seen;
    ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
        seen.emplace_back(environ["my.key"]);
        seen.emplace_back(environ["PATH_INFO"]);
        environ.set("my.key", "set");
        environ.set("PATH_INFO", "/changed");
        environ.set("my.key", "again");
        EXPECT_EQ(environ["my.key"], "again");
        EXPECT_EQ(environ.items().at("PATH_INFO"), "/changed");
        start("200 OK", {});
        return http::Body{};
    }};
    Client client{served.address()};

    client.send(get("/one") + get("/two"));
    client.answer();
    client.answer();

    EXPECT_THAT(seen, ElementsAre("", "/one", "", "/two"));
}

GREENLET_TEST(WsgiEnviron, HasAStreamForErrors) {
    ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
        environ.errors() << "one\ntwo";
        start("200 OK", {});
        return http::Body{};
    }};
    EXPECT_EQ(served.ask(get()).status, 200);
    EXPECT_THAT(served.errors, ElementsAre("one", "two"));
}

GREENLET_TEST(WsgiEnviron, HasAStreamForErrorsThatForgesNothing) {  // O-082
    ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
        environ.errors() << "bad: " << environ["PATH_INFO"] << "\n\n" << std::flush << "last";
        start("200 OK", {});
        return http::Body{};
    }};
    EXPECT_EQ(served.ask(get("/%1b%5b2J%0d")).status, 200);
    EXPECT_EQ(served.ask(get("/\\x1b%0aforged%7f%80%c2%9b%e2%80%ae")).status, 200);
    EXPECT_THAT(served.errors, ElementsAre("bad: /\\x1b[2J\\x0d", "last", "bad: /\\x5cx1b",
                                           "forged\\x7f\\x80\\xc2\\x9b\\xe2\\x80\\xae", "last"));
}

GREENLET_TEST(WsgiEnviron, StaysOutOfTheErrorLog) {  // S-070
    ServedApplication served{[](http::Environ&, http::StartResponse&) -> http::Body {
        throw std::runtime_error{"broken"};
    }};
    EXPECT_EQ(served.ask(get("/secret-path", "Authorization: s3cret\r\nCookie: s3cret\r\n")).status,
              500);

    ASSERT_EQ(served.errors.size(), 1U);
    EXPECT_THAT(served.errors[0], ::testing::HasSubstr("broken"));
    EXPECT_THAT(served.errors[0], ::testing::Not(::testing::HasSubstr("s3cret")));
}

}  // namespace
}  // namespace grove::test
