// The cases that the working group of RFC 6265 (http-state) tried browsers with: what a server's Set-Cookie leaves in
// a TestClient, and what an application finds in Cookie.
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <grove/testing.h>
#include <grove/web/cookie.h>
#include <grove/web/router.h>

#include "greenlet_test.h"

namespace grove::web {
namespace {

struct Case {
    std::vector<const char*> set;  ///< By the answer to /set/it of home.example.org.
    const char* sent;              ///< With a request for the same host and `target`.
    const char* target = "/set/more";
    const char* host = "home.example.org";
};

void check(const std::vector<Case>& cases) {
    for (const Case& row : cases) {
        http::TestClient client{[&row](http::Environ& environ, http::StartResponse& start) {
            Headers headers;
            if (environ["PATH_INFO"] == "/set/it") {
                for (const char* value : row.set) headers.emplace_back("Set-Cookie", value);
            }
            start("200 OK", std::move(headers));
            return http::Body{std::string{environ["HTTP_COOKIE"]}};
        }};
        EXPECT_EQ(client.get("/set/it", {{"Host", "home.example.org"}}).status, 200);
        std::string told;
        for (const char* value : row.set) told.append(value).append(" | ");
        EXPECT_EQ(client.get(row.target, {{"Host", row.host}}).body, row.sent)
            << told << " at " << row.host << row.target;
    }
}

GREENLET_TEST(HttpState, TakesNamesAndValuesAsTheyStand) {  // RFC 6265 section 5.2
    check({
        {{"foo=bar"}, "foo=bar"},
        {{"foo=bar", "baz=qux"}, "foo=bar; baz=qux"},
        {{"foo=bar", "FOO=qux"}, "foo=bar; FOO=qux"},
        {{"foo=bar", "foo=qux"}, "foo=qux"},
        {{"foo=bar", "baz=1", "foo=qux"}, "foo=qux; baz=1"},
        {{"foo=\tbar\t"}, "foo=bar"},
        {{"foo  =  bar  baz "}, "foo=bar  baz"},
        {{"foo bar=baz"}, "foo bar=baz"},
        {{"foo=b=c=d"}, "foo=b=c=d"},
        {{"foo==bar"}, "foo==bar"},
        {{"foo=\"bar\""}, "foo=\"bar\""},
        {{"foo=\"a;b\""}, "foo=\"a"},
        {{"foo=\"a b\\\"c\""}, "foo=\"a b\\\"c\""},
        {{"foo=\""}, "foo=\""},
        {{"\"foo\"=bar"}, "\"foo\"=bar"},
        {{"foo='a'"}, "foo='a'"},
        {{"foo="}, "foo="},
        {{"foo=;bar=baz"}, "foo="},
        {{"foo"}, ""},
        {{"foo;bar=baz"}, ""},
        {{"=bar"}, ""},
        {{"="}, ""},
        {{" = bar"}, ""},
        {{";foo=bar"}, ""},
        {{"   ;   foo=bar"}, ""},
        {{"$=bar", "1=2", "!a=3", "@a=4", "#a=5", "a.b=6", "a_b-c=7"},
         "$=bar; 1=2; !a=3; @a=4; #a=5; a.b=6; a_b-c=7"},
        {{"$Version=1; foo=bar"}, "$Version=1"},
        {{"foo=bar, baz=qux"}, "foo=bar, baz=qux"},
        {{"foo=\"bar, baz=qux\""}, "foo=\"bar, baz=qux\""},
        {{"a,b=c"}, "a,b=c"},
        {{"foo=bar; b,az=qux"}, "foo=bar"},
        {{"foo=%20%3B"}, "foo=%20%3B"},
        {{"foo=\xe3\x81\x82"}, "foo=\xe3\x81\x82"},
        {{"\xe3\x81\x82=bar"}, "\xe3\x81\x82=bar"},
        {{"foo=\xff"}, "foo=\xff"},
    });
}

GREENLET_TEST(HttpState, PassesOverAttributesThatItDoesNotKnow) {  // RFC 6265 section 5.2
    check({
        {{"foo=bar; version=1; comment=\"x\""}, "foo=bar"},
        {{"foo=bar;;; ; ;"}, "foo=bar"},
        {{"foo=bar; baz=qux; Secure2"}, "foo=bar"},
        {{"foo=bar; Secure=0; HttpOnly=no; SameSite=Unknown"}, "foo=bar"},
        {{"foo=bar; SECURE ; httponly"}, "foo=bar"},
        {{"foo=bar; Path = /set ; x"}, "foo=bar"},
        {{"foo=bar; =; = x; Path=/"}, "foo=bar", "/"},
    });
}

GREENLET_TEST(HttpState, EndsCookiesInTime) {  // RFC 6265 sections 5.1.1, 5.2.1, 5.2.2
    check({
        {{"foo=bar; Max-Age=1000"}, "foo=bar"},
        {{"foo=bar; Max-Age=0"}, ""},
        {{"foo=bar; max-age= 0 "}, ""},
        {{"foo=bar; Max-Age=-1000"}, ""},
        {{"foo=bar; Max-Age=00"}, ""},
        {{"foo=bar; Max-Age="}, "foo=bar"},
        {{"foo=bar; Max-Age"}, "foo=bar"},
        {{"foo=bar; Max-Age=-"}, "foo=bar"},
        {{"foo=bar; Max-Age=+0"}, "foo=bar"},
        {{"foo=bar; Max-Age=\"0\""}, "foo=bar"},
        {{"foo=bar; Max-Age=0x0"}, "foo=bar"},
        {{"foo=bar; Max-Age=0; Max-Age=9"}, "foo=bar"},
        {{"foo=bar; Max-Age=9; Max-Age=0"}, ""},
        {{"foo=bar; Max-Age=9; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}, "foo=bar"},
        {{"foo=bar; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}, ""},
        {{"foo=bar; expires=Thu, 01-Jan-1970 00:00:00 GMT"}, ""},
        {{"foo=bar; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Expires=Fri, 01 Jan 2200 00:00:00 GMT"},
         "foo=bar"},
        {{"foo=bar; Expires=\"Thu, 01 Jan 1970 00:00:00 GMT\""}, ""},
        {{"foo=bar; Expires=Thu, 01 Foo 1970 00:00:00 GMT"}, "foo=bar"},
        {{"foo=bar; Expires=never"}, "foo=bar"},
        {{"foo=bar; Expires="}, "foo=bar"},
        {{"foo=bar", "foo=; Max-Age=0"}, ""},
        {{"foo=bar", "foo=; Path=/; Max-Age=0"}, "foo=bar"},
        {{"foo=bar", "Foo=; Max-Age=0"}, "foo=bar"},
        {{"foo=bar; Path=/; Max-Age=0", "foo=qux"}, "foo=qux"},
    });
}

GREENLET_TEST(HttpState, SendsCookiesToTheirPaths) {  // RFC 6265 section 5.1.4
    check({
        {{"foo=bar"}, "foo=bar", "/set"},
        {{"foo=bar"}, "foo=bar", "/set/"},
        {{"foo=bar"}, "", "/"},
        {{"foo=bar"}, "", "/settle"},
        {{"foo=bar; Path=/"}, "foo=bar", "/any"},
        {{"foo=bar; Path=/get"}, "foo=bar", "/get"},
        {{"foo=bar; Path=/get"}, "foo=bar", "/get?q"},
        {{"foo=bar; Path=/get"}, "foo=bar", "/get/a/b"},
        {{"foo=bar; Path=/get"}, "", "/getx"},
        {{"foo=bar; Path=/get/"}, "", "/get"},
        {{"foo=bar; Path=/get/"}, "foo=bar", "/get/a"},
        {{"foo=bar; Path=/Get"}, "", "/get"},
        {{"foo=bar; PATH=/get"}, "foo=bar", "/get"},
        {{"foo=bar; Path=/g%65t"}, "", "/get"},
        {{"foo=bar; Path=/get;x"}, "foo=bar", "/get"},
        {{"foo=bar; Path=/get,x"}, "", "/get"},
        {{"foo=bar; Path="}, "foo=bar"},
        {{"foo=bar; Path"}, "foo=bar"},
        {{"foo=bar; Path=get"}, "foo=bar"},
        {{"foo=bar; Path=\"/\""}, "foo=bar"},
        {{"foo=bar; Path=\"/\""}, "", "/"},
        {{"foo=bar; Path=/get; Path=/other"}, "", "/get"},
        {{"foo=bar; Path=/other; Path=/get"}, "foo=bar", "/get"},
        {{"foo=bar; Path=/get; Path="}, "", "/get"},
        {{"foo=bar; Path=/get; Path="}, "foo=bar"},
    });
}

GREENLET_TEST(HttpState, SendsLongerPathsThenOlderCookiesFirst) {  // RFC 6265 section 5.4
    check({
        {{"a=1; Path=/", "b=2; Path=/set", "c=3; Path=/"}, "b=2; a=1; c=3"},
        {{"a=1; Path=/", "a=2; Path=/set/more", "a=3; Path=/set"}, "a=2; a=3; a=1"},
        {{"a=1; Path=/", "b=2; Path=/", "a=3; Path=/"}, "a=3; b=2"},
    });
}

GREENLET_TEST(HttpState, SendsCookiesToTheHostsOfTheirDomain) {  // RFC 6265 sections 5.1.3, 5.3
    const char* const kMore = "/set/more";
    check({
        {{"foo=bar"}, "", kMore, "example.org"},
        {{"foo=bar"}, "", kMore, "sub.home.example.org"},
        {{"foo=bar; Domain=home.example.org"}, "foo=bar", kMore, "sub.home.example.org"},
        {{"foo=bar; Domain=example.org"}, "foo=bar", kMore, "example.org"},
        {{"foo=bar; Domain=example.org"}, "foo=bar", kMore, "sibling.example.org"},
        {{"foo=bar; Domain=.example.org"}, "foo=bar", kMore, "sibling.example.org"},
        {{"foo=bar; domain=.EXAMPLE.Org"}, "foo=bar", kMore, "sibling.example.org"},
        {{"foo=bar; Domain= example.org "}, "foo=bar", kMore, "sibling.example.org"},
        {{"foo=bar; Domain=example.org"}, "", kMore, "anexample.org"},
        {{"foo=bar; Domain=..example.org"}, ""},
        {{"foo=bar; Domain=home.example.org."}, ""},
        {{"foo=bar; Domain=sibling.example.org"}, ""},
        {{"foo=bar; Domain=sub.home.example.org"}, ""},
        {{"foo=bar; Domain=ome.example.org"}, ""},
        {{"foo=bar; Domain=\"example.org\""}, ""},
        {{"foo=bar; Domain=other.test; Domain=example.org"}, "foo=bar", kMore, "example.org"},
        {{"foo=bar; Domain=example.org; Domain=other.test"}, ""},
        {{"foo=bar; Domain="}, "foo=bar"},
        {{"foo=bar; Domain"}, "foo=bar"},
        {{"foo=bar; Domain=example.org; Domain="}, "foo=bar", kMore, "example.org"},
        {{"a=1; Domain=example.org", "a=2"}, "a=1; a=2"},
    });
}

/// What the application finds, of the fields Cookie that were sent.
std::string found(const std::vector<const char*>& fields, const std::string& name) {
    http::TestRequest request;
    for (const char* field : fields) request.headers.emplace_back("Cookie", field);
    const http::TestAnswer answer = http::call(
        Router{}.get("/",
                     [&](Request& asked) { return text(asked.cookie(name).value_or("none")); }),
        request);
    return answer.status == 200 ? answer.body : std::to_string(answer.status);
}

GREENLET_TEST(HttpState, FindsCookiesInAllFields) {
    struct Row {
        std::vector<const char*> fields;
        const char* name;
        const char* found;
    };
    const std::string long_value(6000, 'v');
    const std::string long_field = "a=" + long_value + "; b=2";
    const Row rows[] = {
        {{"a=1", "b=2"}, "a", "1"},
        {{"a=1", "b=2"}, "b", "2"},
        {{"a=1", "a=2"}, "a", "1"},
        {{"b=1", "a=2; a=3"}, "a", "2"},
        {{"a=1;", "b=2"}, "b", "2"},
        {{"a=\"", "b=\"2\""}, "b", "\"2\""},
        {{"a", "=x", "a=1"}, "a", "1"},
        {{"", "a=1"}, "a", "1"},
        {{"a=1,b=2"}, "a", "1,b=2"},
        {{"a=1,b=2"}, "b", "none"},
        {{"a=\"x;b=2\""}, "a", "\"x"},
        {{"a=\"x;b=2\""}, "b", "2\""},
        {{"$Version=1; a=1; $Path=/"}, "a", "1"},
        {{"a=\xc3\xa9"}, "a", "\xc3\xa9"},
        {{"\xc3\xa9=1"}, "\xc3\xa9", "1"},
        {{"a=%C3%A9+"}, "a", "%C3%A9+"},
        {{"a=\tx\t;b=2"}, "a", "x"},
        {{"a=1; b=2"}, "", "none"},
        {{"=1"}, "", "none"},
        {{long_field.c_str()}, "a", long_value.c_str()},
        {{long_field.c_str()}, "b", "2"},
        {{}, "a", "none"},
    };
    for (const Row& row : rows) {
        std::string told;
        for (const char* field : row.fields) told.append(field).append(" | ");
        EXPECT_EQ(found(row.fields, row.name), row.found) << told << row.name;
    }
}

// RFC 6265 section 4.1.1: a token, and cookie-octets within quotes or without.
TEST(CookieGrammar, TakesTheseBytesAlone) {
    constexpr std::string_view kOfNames =
        "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~";
    constexpr std::string_view kOfValues =
        "!#$%&'()*+-./0123456789:<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}"
        "~";
    const auto is_taken = [](const Cookie& cookie) {
        try {
            static_cast<void>(set_cookie_value(cookie));
            return true;
        } catch (const std::invalid_argument&) {
            return false;
        }
    };
    for (int byte = 0; byte < 256; ++byte) {
        const std::string text = std::string{"a"} + static_cast<char>(byte) + 'b';
        const auto in = [byte](std::string_view all) {
            return all.find(static_cast<char>(byte)) != std::string_view::npos;
        };
        EXPECT_EQ(is_taken({.name = text}), in(kOfNames)) << byte;
        EXPECT_EQ(is_taken({.name = "a", .value = text}), in(kOfValues)) << byte;
        EXPECT_EQ(is_taken({.name = "a", .value = '"' + text + '"'}), in(kOfValues)) << byte;
    }
}

}  // namespace
}  // namespace grove::web
