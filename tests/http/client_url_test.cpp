#include "url.h"

#include <string>

#include <gmock/gmock.h>

#include "request_fields.h"

namespace grove::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string refusal_of(const std::string& text) {
    try {
        parse_url(text);
    } catch (const BadUrl& bad) {
        return bad.what();
    }
    return "taken";
}

// C-009
TEST(Url, IsTakenApartAndNotNormalised) {
    const Url url = parse_url("HTTPS://User.Example:8443/a/../b%7e?q=1&r#fragment");
    EXPECT_TRUE(url.tls);
    EXPECT_EQ(url.host, "user.example");
    EXPECT_EQ(url.port, 8443);
    EXPECT_EQ(url.authority, "User.Example:8443");
    EXPECT_EQ(url.target, "/a/../b%7e?q=1&r");
    EXPECT_EQ(url.text(), "https://User.Example:8443/a/../b%7e?q=1&r");
    EXPECT_EQ(url.shown(), "https://User.Example:8443/a/../b%7e");
    EXPECT_EQ(url.origin(), "https://user.example:8443");
}

TEST(Url, HasItsSchemesPortAndARootByItself) {
    EXPECT_EQ(parse_url("http://a").port, 80);
    EXPECT_EQ(parse_url("https://a:").port, 443);
    EXPECT_EQ(parse_url("http://a").target, "/");
    EXPECT_EQ(parse_url("http://a?q").target, "/?q");
    EXPECT_EQ(parse_url("http://a#f").target, "/");
    EXPECT_EQ(parse_url("http://a").origin(), parse_url("HTTP://A:80/x").origin());
    EXPECT_NE(parse_url("http://a:443").origin(), parse_url("https://a").origin());
    const Url v6 = parse_url("http://[::1]:81/x");
    EXPECT_EQ(v6.host, "::1");
    EXPECT_EQ(v6.port, 81);
    EXPECT_EQ(v6.authority, "[::1]:81");
    EXPECT_EQ(v6.origin(), "http://[::1]:81");
}

// C-010
TEST(Url, NamesAUnixSocketAndATarget) {
    const Url url = parse_url("http://unix:/run/a:b.sock:/x:/y?q");
    EXPECT_EQ(url.socket, "/run/a:b.sock");
    EXPECT_EQ(url.target, "/x:/y?q");
    EXPECT_EQ(url.authority, "localhost");
    EXPECT_EQ(url.text(), "http://unix:/run/a:b.sock:/x:/y?q");
    EXPECT_EQ(parse_url("http://unix:/run/s").target, "/");
    EXPECT_EQ(parse_url("http://unix/run").socket, "");
    EXPECT_NE(refusal_of("http://unix:/" + std::string(200, 'x')), "taken");
    EXPECT_NE(refusal_of("http://unix:/run/s?q"), "taken");
    // RFC 3986, sections 3.1 and 3.2.2: schemes and hosts have no case; paths have.
    const Url loud = parse_url("HTTP://UNIX:/Run/S:/X");
    EXPECT_EQ(loud.socket, "/Run/S");
    EXPECT_EQ(loud.target, "/X");
    EXPECT_EQ(loud.origin(), parse_url("http://Unix:/Run/S").origin());
    for (const char* none :
         {"http://unix:/", "http://unix:/:/x", "http://UNIX://", "http://unix:/?q"})
        EXPECT_NE(refusal_of(none), "taken") << none;
    EXPECT_EQ(parse_url("http://unix:").host, "unix");  // a name with the scheme's port
    EXPECT_EQ(parse_url("http://unix:81/x").host, "unix");
}

// C-009
TEST(Url, IsRefusedWithAReasonThatRepeatsNothing) {
    for (const char* bad : {"", "a", "/x", "ftp://a", "http:/a", "http://", "http:///x",
                            "http://a:0", "http://a:65536", "http://a:x", "http://[::1",
                            "http://a b/", "http://a/\r\nX: y", "http://a/\x80", "http://a/ b",
                            "http://secret@a/", "http://u:secret@a/", "https://secret@[::1]/"}) {
        EXPECT_NE(refusal_of(bad), "taken") << bad;
        EXPECT_THAT(refusal_of(bad), Not(HasSubstr("secret"))) << bad;
    }
}

// C-004: RFC 3986, section 5.4.
TEST(Url, ResolvesReferences) {
    const Url base = parse_url("http://a/b/c/d;p?q");
    const std::pair<const char*, const char*> rows[] = {
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g/"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q"},
        {"g#s", "http://a/b/c/g"},
        {"g?y#s", "http://a/b/c/g?y"},
        {";x", "http://a/b/c/;x"},
        {"g;x?y#s", "http://a/b/c/g;x?y"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../g", "http://a/g"},
        {"../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {"..g", "http://a/b/c/..g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"https://h:8/x/../y", "https://h:8/y"},
        // Servers write such bytes; RFC 3987, section 3.1.
        {"/\xc3\xa9", "http://a/%C3%A9"},
        {"\xc3\xa9/../\xff?\x80#\xc3\xa9", "http://a/b/c/%FF?%80"},
        {"?\xc3\xa9", "http://a/b/c/d;p?%C3%A9"},
        {"//g/\xc3\xa9", "http://g/%C3%A9"},
        {"https://g?\xc3\xa9=//", "https://g/?%C3%A9=//"},
        {"/%c3%A9//\xa9", "http://a/%c3%A9//%A9"},
    };
    for (const auto& [reference, meant] : rows)
        EXPECT_EQ(resolve_reference(base, reference).text(), meant) << reference;
    EXPECT_EQ(resolve_reference(parse_url("http://unix:/s:/a/b"), "../c").text(),
              "http://unix:/s:/c");
    for (const char* bad : {"ftp://a/", "mailto:a", "http:g", "//u@g/", "a b", "http://g\xc3\xa9/",
                            "//\xc3\xa9", "/\x7f", "/\xc3\xa9 b", "http:\xc3\xa9", "\xc3\xa9:x y"})
        EXPECT_THROW(resolve_reference(base, bad), BadUrl) << bad;
}

// C-009
TEST(RequestFields, AreWrittenAsTheyWereGiven) {
    std::string out;
    append_request_head(out, "GET", parse_url("http://a:8/x"), {{"x-Y", " z "}, {"x-y", ""}},
                        {.bytes = 3}, {.user_agent = "me", .accepts_codings = true});
    EXPECT_EQ(out,
              "GET /x HTTP/1.1\r\nHost: a:8\r\nx-Y:  z \r\nx-y: \r\nUser-Agent: me\r\n"
              "Accept-Encoding: gzip, deflate, br, zstd\r\nContent-Length: 3\r\n\r\n");
}

TEST(RequestFields, OfTheRequestReplaceTheClients) {
    std::string out;
    append_request_head(out, "GET", parse_url("http://a/"),
                        {{"HOST", "b"}, {"user-agent", "it"}, {"Upgrade", "x"}}, {.chunked = true},
                        {.user_agent = "me"});
    EXPECT_EQ(out,
              "GET / HTTP/1.1\r\nHOST: b\r\nuser-agent: it\r\nUpgrade: x\r\n"
              "Connection: Upgrade\r\nTransfer-Encoding: chunked\r\n\r\n");
}

// C-009
TEST(RequestFields, AreRefused) {
    const Headers rows[] = {{{"a b", "c"}},
                            {{"", "c"}},
                            {{"a:", "c"}},
                            {{"a", "b\r\nc: d"}},
                            {{"a", "b\n"}},
                            {{"a", std::string("b\0c", 3)}},
                            {{"Host", "a"}, {"host", "a"}},
                            {{"host", "a/b"}},
                            {{"host", ""}},
                            {{"Content-length", "1"}},
                            {{"Transfer-Encoding", "chunked"}},
                            {{"connection", "close"}}};
    for (const Headers& headers : rows)
        EXPECT_THROW(check_request("GET", headers), std::invalid_argument) << headers[0].first;
    for (const char* method : {"", "G T", "GET\r\n", "CONNECT"})
        EXPECT_THROW(check_request(method, {}), std::invalid_argument) << method;
    EXPECT_NO_THROW(check_request("PURGE", {{"a", "\tb\xff"}}));
}

}  // namespace
}  // namespace grove::http
