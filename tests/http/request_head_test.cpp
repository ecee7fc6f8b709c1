// Request heads beside what they mean: lines, methods, versions, fields and targets.
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "head_meanings.h"
#include "parser.h"

namespace grove::http {
namespace {

using namespace std::string_view_literals;
using testing::describe;
using testing::expect_meanings;
using testing::read_head;

TEST(RequestHead, HasARequestLineOfThreePartsAndSingleSpaces) {
    expect_meanings({
        {"S-040", LINE("GET / HTTP/1.1"), "GET / 1.1 host=h keep"},
        {"S-040", LINE("GET  / HTTP/1.1"), "400"},
        {"S-040", LINE("GET /  HTTP/1.1"), "400"},
        {"S-040", LINE("GET / HTTP/1.1 "), "400"},
        {"S-040", LINE(" GET / HTTP/1.1"), "400"},
        {"S-040", LINE("GET\t/ HTTP/1.1"), "400"},
        {"S-040", LINE("GET /\tHTTP/1.1"), "400"},
        {"S-040", LINE("GET\v/\vHTTP/1.1"), "400"},
        {"S-040", LINE("GET\xa0/\xa0HTTP/1.1"), "400"},
        {"S-040", LINE("GET /"), "400"},
        {"S-040", LINE("GET / "), "400"},
        {"S-040", LINE("GET"), "400"},
        {"S-040", LINE("GET HTTP/1.1"), "400"},
        {"S-040", LINE("GET / foo HTTP/1.1"), "400"},
        {"S-040", LINE(""), "400"},  // an empty line, then "Host: h" for a request line
    });
}

TEST(RequestHead, EndsItsLinesWithCrlfOnly) {
    expect_meanings({
        {"S-040", "GET / HTTP/1.1\nHost: h\r\n\r\n"sv, "400"},
        {"S-040", "GET / HTTP/1.1\r\nHost: h\n\r\n"sv, "400"},
        {"S-040", "GET / HTTP/1.1\r\nHost: h\r\n\n"sv, "400"},
        {"S-040", "GET / HTTP/1.1\rHost: h\r\r"sv, "400"},
        {"S-040", "GET / HTTP/1.1\r\nHost: h\r\n\rZ"sv, "400"},
        {"S-040", "GET / HTTP/1.1\r\nHost: h\rX-A: b\r\n\r\n"sv, "400"},
        {"S-040", "GET / HTTP/1.1\r\n\r\n"sv, "400"},  // no Host
        {"S-040", "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"sv, "GET / 1.1 host=h keep"},
        {"O-055", "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"sv, "GET / 1.1 host=h keep"},
        {"O-055", "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"sv, "400"},
        {"S-040", "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"sv, "400"},
        {"S-040", "\rGET / HTTP/1.1\r\nHost: h\r\n\r\n"sv, "400"},
    });
}

// S-040: one RequestHead, used again and again, knows the host that it judged last.
TEST(RequestHead, JudgesAHostThatDiffersFromTheLastOne) {
    RequestHead head;
    const auto status_for = [&head](const std::string& host) {
        const std::string bytes = "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
        const Refusal refusal = HeadParser::parse(bytes, Limits{}, head);
        EXPECT_EQ(head.host, host);
        return refusal.status;
    };
    const std::string longest(48, 'a');
    EXPECT_EQ(status_for(""), 0);
    for (const std::string& host : {std::string{"example.org"}, longest, longest + "b"}) {
        EXPECT_EQ(status_for(host), 0) << host;
        EXPECT_EQ(status_for(host), 0) << host;
        std::string bad = host;
        bad.back() = '/';
        EXPECT_EQ(status_for(bad), 400) << bad;
        EXPECT_EQ(status_for(host + "/"), 400) << host;
        EXPECT_EQ(status_for(bad), 400) << "what was refused is not known";
        EXPECT_EQ(status_for(host.substr(1)), 0) << host;
    }
}

TEST(RequestHead, HasAMethodThatIsKnown) {
    expect_meanings({
        {"S-040", LINE("PROPFIND / HTTP/1.1"), "PROPFIND / 1.1 host=h keep"},
        {"S-040", LINE("M-SEARCH / HTTP/1.1"), "M-SEARCH / 1.1 host=h keep"},
        {"S-040", LINE("UNSUBSCRIBE / HTTP/1.1"), "UNSUBSCRIBE / 1.1 host=h keep"},
        {"S-040", LINE("get / HTTP/1.1"), "501"},
        {"S-040", LINE("FOO / HTTP/1.1"), "501"},
        {"S-040", LINE("123 / HTTP/1.1"), "501"},
        {"S-040", LINE("PRI * HTTP/2.0"), "501"},
        {"S-040", LINE("DESCRIBE / RTSP/1.0"), "501"},
        {"S-040", LINE("QUERY / HTTP/1.1"), "501"},
        {"S-065", LINE("CONNECT h:443 HTTP/1.1"), "501"},
        {"RFC 9110 9.1", LINE("GET() / HTTP/1.1"), "400"},
        {"RFC 9110 9.1", LINE("G\0T / HTTP/1.1"), "400"},
        {"RFC 9112 4", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"sv, "400"},
    });
}

TEST(RequestHead, ServesEveryMethodOfItsOwnList) {  // S-040: also where llhttp is another version
    for (const std::string_view method :
         {"DELETE",   "GET",        "HEAD",     "POST",   "PUT",       "OPTIONS",     "TRACE",
          "COPY",     "LOCK",       "MKCOL",    "MOVE",   "PROPFIND",  "PROPPATCH",   "SEARCH",
          "UNLOCK",   "BIND",       "REBIND",   "UNBIND", "ACL",       "REPORT",      "MKACTIVITY",
          "CHECKOUT", "MERGE",      "M-SEARCH", "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "PATCH",
          "PURGE",    "MKCALENDAR", "LINK",     "UNLINK", "SOURCE"}) {
        const std::string bytes = std::string{method} + " / HTTP/1.1\r\nHost: h\r\n\r\n";
        RequestHead head;
        EXPECT_EQ(read_head(bytes, {bytes.size()}, head),
                  std::string{method} + " / 1.1 host=h keep");
    }
}

TEST(RequestHead, IsOfHttp10OrHttp11) {
    expect_meanings({
        {"S-041", LINE("GET / HTTP/1.0"), "GET / 1.0 host=h close"},
        {"S-041", LINE("GET / HTTP/2.0"), "505"},
        {"S-041", LINE("GET / HTTP/3.0"), "505"},
        {"S-041", LINE("GET / HTTP/0.9"), "505"},
        {"O-054", LINE("GET / HTTP/1.2"), "GET / 1.1 host=h keep"},
        {"O-054", LINE("GET / HTTP/1.9"), "GET / 1.1 host=h keep"},
        {"O-054", "POST / HTTP/1.3\r\nHost: h\r\nTransfer-Encoding:\tchunked\t\r\n\r\n"sv,
         "POST / 1.1 host=h keep chunked"},
        {"O-054",
         "POST / HTTP/1.2\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"sv,
         "POST / 1.1 host=h keep length=3 expect"},
        {"O-054", "GET / HTTP/1.2\r\n\r\n"sv, "400"},
        {"O-054", LINE("GET / HTTP/2.1"), "505"},
        {"O-054", LINE("GET / HTTP/0.1"), "505"},
        {"S-041", LINE("GET / HTTP/1"), "400"},
        {"S-041", LINE("GET / HTTP/1."), "400"},
        {"S-041", LINE("GET / HTTP/1,1"), "400"},
        {"S-041", LINE("GET / HTTP/1.10"), "400"},
        {"S-041", LINE("GET / HTTP/1.32"), "400"},
        {"S-041", LINE("GET / HTTP/01.1"), "400"},
        {"S-041", LINE("GET / HTTP/-1.1"), "400"},
        {"S-041", LINE("GET / HTTP/4294967297.1"), "400"},
        {"S-041", LINE("GET / http/1.1"), "400"},
        {"S-041", LINE("GET / HTTPS/1.1"), "400"},
        {"S-041", LINE("GET / RTSP/1.0"), "400"},
        {"S-041", LINE("SOURCE / ICE/1.0"), "400"},
    });
}

TEST(RequestHead, HasFieldLinesOfNameColonValue) {
    expect_meanings({
        {"S-044", WITH("X-A: one"), "GET / 1.1 host=h keep X-A=<one>"},
        {"S-044", WITH("X-A:one"), "GET / 1.1 host=h keep X-A=<one>"},
        {"S-044", WITH("X-A:\t one \t "), "GET / 1.1 host=h keep X-A=<one>"},
        {"S-044", WITH("X-A:"), "GET / 1.1 host=h keep X-A=<>"},
        {"S-044", WITH("X-A:  \t "), "GET / 1.1 host=h keep X-A=<>"},
        {"S-044", WITH("X-A:\r\nX-B: 2"), "GET / 1.1 host=h keep X-A=<> X-B=<2>"},
        {"S-044", WITH("X-A: a  b\tc"), "GET / 1.1 host=h keep X-A=<a  b\tc>"},
        {"S-044", WITH("X-A: b:c: d"), "GET / 1.1 host=h keep X-A=<b:c: d>"},
        {"S-044", WITH("X-!#$%&'*+.^_`|~9: 1"), "GET / 1.1 host=h keep X-!#$%&'*+.^_`|~9=<1>"},
        {"S-068", WITH("X-A: 1\r\nX-B: z\r\nX-A: 2"),
         "GET / 1.1 host=h keep X-A=<1> X-B=<z> X-A=<2>"},
        {"S-044", WITH("X-A : one"), "400"},
        {"S-044", WITH("X-A\t: one"), "400"},
        {"S-044", WITH("garbage"), "400"},
        {"S-044", WITH(":"), "400"},
        {"S-044", WITH(": x"), "400"},
        {"S-044", "GET / HTTP/1.1\r\n X-A: y\r\nHost: h\r\n\r\n"sv, "400"},
        {"RFC 9110 5.1", WITH("X\0A: 1"), "400"},
        {"RFC 9110 5.1",
         WITH("X\x7f"
              "A: 1"),
         "400"},
        {"RFC 9110 5.1", WITH("X-A\x85: 1"), "400"},
        {"RFC 9110 5.1", WITH("Fo@: 1"), "400"},
        {"RFC 9110 5.1", WITH("\"XA\": 1"), "400"},
        {"RFC 9110 5.1", WITH("X?A: 1"), "400"},
    });
}

TEST(RequestHead, HasValuesWithoutControls) {
    expect_meanings({
        {"S-045", WITH("X-A: \xe9\xff"), "GET / 1.1 host=h keep X-A=<\xe9\xff>"},
        {"S-045", WITH("X-A: a\0b"), "400"},
        {"S-045",
         WITH("X-A: a\x01"
              "b"),
         "400"},
        {"S-045", WITH("X-A: a\x7f"), "400"},
        {"S-045", WITH("X-A: test\a"), "400"},
        {"S-045", WITH("X-A: a\rX-B: b"), "400"},
        {"S-045", WITH("X-A: a\nX-B: b"), "400"},
        {"S-045", WITH("X-A:\rX-B: b"), "400"},
        {"S-045", WITH("X-A: \v5"), "400"},
    });
}

TEST(RequestHead, IsNeverFolded) {
    expect_meanings({
        {"S-046", WITH("X-A: one\r\n two"), "400"},
        {"S-046", WITH("X-A: one\r\n\ttwo"), "400"},
        {"S-046", WITH("X-A: one\r\n \r\nX-B: 2"), "400"},
        {"S-046", WITH("Content-Length: 1\r\n 0"), "400"},
        {"S-046", WITH("X-A: y\r\n Content-Length: 10"), "400"},
        {"S-046", WITH("X-A: y\r\n Transfer-Encoding: chunked"), "400"},
        {"S-046", "GET / HTTP/1.1\r\nHost: h\r\n ost\r\n\r\n"sv, "400"},
    });
}

TEST(RequestHead, NamesItsHostOnce) {
    expect_meanings({
        {"S-047", "GET / HTTP/1.1\r\nX: y\r\n\r\n"sv, "400"},
        {"S-047", "GET / HTTP/1.0\r\n\r\n"sv, "GET / 1.0 close"},
        {"S-047", WITH("hOST: other"), "400"},
        {"S-047", OLD("Host: a\r\nHost: a"), "400"},
        {"S-047", HOST("a b"), "400"},
        {"S-047", HOST("a,\tb"), "400"},
        {"S-047", HOST("[::1"), "400"},
        {"S-047", HOST("a/b"), "400"},
        {"S-047", OLD("Host: a/b"), "400"},
        {"S-047", HOST("h\0.evil"), "400"},
        {"S-047", HOST("\t h \t"), "GET / 1.1 host=h keep"},
        {"S-047", HOST("[::1]:80"), "GET / 1.1 host=[::1]:80 keep"},
        {"RFC 9112 3.2", HOST(""), "GET / 1.1 keep"},
    });
}

TEST(RequestHead, SplitsItsTargetIntoPathAndQuery) {
    expect_meanings({
        {"S-063", TARGET("/a%2Fb%zz?x=%41"), "GET /a%2Fb%zz?x=%41 1.1 host=h keep"},
        {"S-064", TARGET("/a?b?c"), "GET /a?b?c 1.1 host=h keep"},
        {"S-064", TARGET("/a?"), "GET /a 1.1 host=h keep"},
        {"S-064", TARGET("/?"), "GET / 1.1 host=h keep"},
        {"S-063", TARGET("//a/../b//"), "GET //a/../b// 1.1 host=h keep"},
        {"S-063", TARGET("/a%00b"), "400"},
        {"S-063", TARGET("/%%00"), "400"},
        {"S-063", TARGET("/%2500"), "GET /%2500 1.1 host=h keep"},
        {"S-063", TARGET("/?x=%00"), "GET /?x=%00 1.1 host=h keep"},
        {"S-065", TARGET("/\"<>[]\\^`{|}~!$&'()*+,;=:@-._"),
         "GET /\"<>[]\\^`{|}~!$&'()*+,;=:@-._ 1.1 host=h keep"},
        {"S-065", TARGET("/?\"<>[]\\^`{|}~!$&'()*+,;=:@-._/"),
         "GET /?\"<>[]\\^`{|}~!$&'()*+,;=:@-._/ 1.1 host=h keep"},
        {"S-065", TARGET("/a#b"), "400"},
        {"S-065", TARGET("/?a#b"), "400"},
        {"S-065", TARGET("/\x01"), "400"},
        {"S-065", TARGET("/\x7f"), "400"},
        {"S-065", TARGET("/\xd0\xbf"), "400"},
    });
}

TEST(RequestHead, HasATargetInOneOfThreeForms) {
    expect_meanings({
        {"S-065", TARGET("http://other/a?b"), "GET /a?b 1.1 host=other keep"},
        {"S-065", TARGET("HTTP://Other/a"), "GET /a 1.1 host=Other keep"},
        {"S-065", TARGET("https://other:443/"), "GET / 1.1 host=other:443 keep"},
        {"S-065", TARGET("http://[::1]:80/a"), "GET /a 1.1 host=[::1]:80 keep"},
        {"S-065", TARGET("http://other"), "GET / 1.1 host=other keep"},
        {"S-065", TARGET("http://other?x=1"), "GET /?x=1 1.1 host=other keep"},
        {"RFC 9110 4.2.1", TARGET("http:///a"), "400"},
        {"RFC 9110 4.2.4", TARGET("http://u:p@other/a"), "400"},
        {"S-065", TARGET("http://a:b/"), "400"},
        {"S-065", TARGET("http:/a"), "400"},
        {"S-065", TARGET("ftp://other/a"), "400"},
        {"S-065", TARGET("other:80"), "400"},
        {"S-065", TARGET("other"), "400"},
        {"S-065", TARGET("!"), "400"},
        {"S-065", TARGET("?a"), "400"},
        {"S-065", TARGET("*"), "400"},
        {"S-065", LINE("OPTIONS * HTTP/1.1"), "OPTIONS * 1.1 host=h keep"},
        {"S-065", LINE("OPTIONS *a HTTP/1.1"), "400"},
        {"S-065", LINE("OPTIONS /a HTTP/1.1"), "OPTIONS /a 1.1 host=h keep"},
        {"S-047", "GET http://other/ HTTP/1.1\r\nX: y\r\n\r\n"sv, "400"},
        {"S-047", "GET http://other/ HTTP/1.1\r\nHost: a b\r\n\r\n"sv, "400"},
    });
}

TEST(RequestHead, KeepsItsMemoryButNothingElseFromOneRequestToTheNext) {  // S-069
    const std::string_view rich = POST(
        "Content-Type: a/b\r\nConnection: close, upgrade\r\nUpgrade: x\r\n"
        "Content-Length: 5\r\nExpect: 100-continue");
    const std::string_view plain = OLD("X-A: 1");
    RequestHead head;
    ASSERT_FALSE(HeadParser::parse(rich, {}, head));
    const Field* const memory = head.fields().data();

    ASSERT_FALSE(HeadParser::parse(plain, {}, head));

    EXPECT_EQ(describe(head), "GET / 1.0 close X-A=<1>");
    EXPECT_EQ(head.fields().data(), memory);
}

TEST(RequestHead, FindsAFieldInAnyCase) {
    RequestHead head;
    ASSERT_FALSE(HeadParser::parse(WITH("X-Mixed-cAsE: v\r\nx-mixed-case: w"), {}, head));

    ASSERT_NE(head.find("x-mixed-case"), nullptr);
    EXPECT_EQ(head.find("x-mixed-case")->value, "v");
    EXPECT_EQ(head.find("x-other"), nullptr);
}

}  // namespace
}  // namespace grove::http
