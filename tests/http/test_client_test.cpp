// A client that keeps cookies, by the rules of RFC 6265 section 5.
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/greenlet.h>
#include <grove/http/environ.h>
#include <grove/http/input.h>
#include <grove/testing.h>

#include "greenlet_test.h"

namespace grove::http {
namespace {

/// Sets what the field X-Set says, and answers with the Cookie field.
Body set_and_tell(Environ& environ, StartResponse& start_response) {
    Headers headers;
    if (const auto set = environ.get("HTTP_X_SET")) headers.emplace_back("Set-Cookie", *set);
    start_response("200 OK", std::move(headers));
    return std::string{environ["HTTP_COOKIE"]};
}

GREENLET_TEST(TestClient, SendsTheCookiesThatItWasGiven) {
    struct CookieRow {
        const char* set;     ///< By the answer to /a/b.
        const char* target;  ///< Asked for then.
        const char* sent;
    };
    const CookieRow rows[] = {
        {"foo=bar", "/a/b", "foo=bar"},
        {"foo=bar", "/a", "foo=bar"},  // section 5.1.4: the default path is /a
        {"foo=bar", "/", ""},
        {"foo=bar; Path=/", "/x?y", "foo=bar"},
        {"foo=bar; Path=/x", "/xy", ""},
        {"foo=bar; Path=/x", "/x/y", "foo=bar"},
        {"foo=bar; path=x", "/a", "foo=bar"},
        {"foo=bar; Secure; HttpOnly; SameSite=Strict", "/a", "foo=bar"},
        {"foo=bar; Domain=other.test", "/a", ""},  // section 5.3, step 6: is ignored
        {"foo=bar; Domain=host", "/a", ""},
        {"foo=bar; Domain=LocalHost", "/a", "foo=bar"},
        {"foo=bar; Domain=.localhost", "/a", "foo=bar"},
        {"foo=bar; Domain=", "/a", "foo=bar"},
        {"foo=bar; Domain=other.test; Domain=localhost", "/a", "foo=bar"},
        {"foo=bar", "http://localhost:80/a?b", "foo=bar"},
        {"foo=bar; Path=/", "http://localhost", "foo=bar"},
        {"foo=bar", "http://other.test/a", ""},
        {" foo = bar ; Path=/", "/", "foo=bar"},
        {"foo=bar=baz", "/a", "foo=bar=baz"},
        {"foo=", "/a", "foo="},
        {"foo=\"q\"", "/a", "foo=\"q\""},
        {"foo", "/a", ""},
        {"=bar", "/a", ""},
        {"foo=bar; Max-Age=10", "/a", "foo=bar"},
        {"foo=bar; Max-Age=99999999999999999999", "/a", "foo=bar"},
        {"foo=bar; Max-Age=0", "/a", ""},
        {"foo=bar; Max-Age=-1", "/a", ""},
        {"foo=bar; Max-Age=x", "/a", "foo=bar"},
        {"foo=bar; Expires=Mon, 10-Dec-2007 13:02:24 GMT", "/a", ""},
        {"foo=bar; expires=Thu, 10 Apr 2200 16:33:12 GMT", "/a", "foo=bar"},
        {"foo=bar; expires=Thu, 10 Apr 9999 16:33:12 GMT", "/a", "foo=bar"},
        {"foo=bar; expires=1601-01-01", "/a", "foo=bar"},  // no date: no time
        {"foo=bar; Expires=Mon, 10-Dec-2007 13:02:24 GMT; Max-Age=10", "/a", "foo=bar"},
        {"foo=bar; Max-Age=0; Expires=Thu, 10 Apr 2200 16:33:12 GMT", "/a", ""},
    };
    for (const CookieRow& row : rows) {
        TestClient client{set_and_tell};
        client.get("/a/b", {{"X-Set", row.set}});
        EXPECT_EQ(client.get(row.target).body, row.sent) << row.set << " at " << row.target;
    }
}

GREENLET_TEST(TestClient, KeepsOneOfANameAndPath) {
    TestClient client{set_and_tell};
    client.get("/", {{"X-Set", "a=1; Path=/"}});
    client.get("/", {{"X-Set", "b=2; Path=/"}});
    client.get("/", {{"X-Set", "a=3; Path=/x"}});
    client.get("/", {{"X-Set", "a=4; Path=/"}});

    EXPECT_EQ(client.get("/").body, "a=4; b=2");
    EXPECT_EQ(client.get("/x").body, "a=3; a=4; b=2");
    EXPECT_EQ(client.cookie("b"), "2");
    EXPECT_EQ(client.cookie("c"), std::nullopt);
    EXPECT_EQ(client.get("/", {{"Cookie", "own=1"}}).body, "own=1");

    client.get("/", {{"X-Set", "b=; Max-Age=0; Path=/"}});
    EXPECT_EQ(client.cookie("b"), std::nullopt);
    EXPECT_EQ(client.get("/").body, "a=4");
    client.clear_cookies();
    EXPECT_EQ(client.get("/").body, "");
}

GREENLET_TEST(TestClient, SendsACookieToTheHostsOfItsDomain) {  // R-051, RFC 6265 section 5.1.3
    struct HostRow {
        const char* set;   ///< By a.test.
        const char* host;  ///< Asked then.
        const char* sent;
    };
    const HostRow rows[] = {
        {"foo=bar", "a.test", "foo=bar"},
        {"foo=bar", "A.test:8080", "foo=bar"},
        {"foo=bar", "b.a.test", ""},
        {"foo=bar", "localhost", ""},
        {"foo=bar; Domain=a.test", "a.test", "foo=bar"},
        {"foo=bar; Domain=a.test", "b.a.test", "foo=bar"},
        {"foo=bar; Domain=a.test", "ba.test", ""},
        {"foo=bar; Domain=b.a.test", "b.a.test", ""},
        {"foo=bar; Domain=a.test", "[::1]:80", ""},
    };
    for (const HostRow& row : rows) {
        TestClient client{set_and_tell};
        client.get("/", {{"Host", "a.test"}, {"X-Set", row.set}});
        EXPECT_EQ(client.get("/", {{"Host", row.host}}).body, row.sent)
            << row.set << " at " << row.host;
    }
    TestClient client{set_and_tell};
    client.get("/", {{"Host", "10.0.0.1"}, {"X-Set", "foo=bar; Domain=0.0.1"}});
    EXPECT_EQ(client.get("/", {{"Host", "10.0.0.1"}}).body, "") << "an address has no domain";
}

GREENLET_TEST(TestClient, PostsABody) {
    TestClient client{[](Environ& environ, StartResponse& start_response) -> Body {
        start_response("200 OK", {});
        return std::string{environ["REQUEST_METHOD"]} + ' ' + std::string{environ["CONTENT_TYPE"]} +
               ' ' + environ.input().read();
    }};

    EXPECT_EQ(client.post("/", "body", {{"Content-Type", "text/plain"}}).body,
              "POST text/plain body");
    EXPECT_EQ(client.send({.method = "PUT", .body = "x"}).body, "PUT  x");
    EXPECT_THROW(TestClient{nullptr}, std::invalid_argument);
}

GREENLET_TEST(TestClient, EndsTheHandlerWhenItsCallerIsKilled) {
    bool runs = false;
    TestClient client{[&runs](Environ&, StartResponse&) -> Body {
        runs = true;
        sleep(std::chrono::hours{1});
        return {};
    }};
    auto caller = spawn([&client] { client.get("/"); });
    while (!runs) sleep();

    caller.kill();
    EXPECT_TRUE(caller.ready());
}

}  // namespace
}  // namespace grove::http
