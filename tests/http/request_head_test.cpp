// Request heads beside what they mean: guard and parser together, each row cut in every way.
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "guard.h"
#include "parser.h"
#include "segments.h"

namespace grove::http {
namespace {

using namespace std::string_view_literals;
using testing::Padded;
using testing::Reads;
using testing::ways_to_cut;

/// A head's meaning as text; of the fields only those named X-.
std::string describe(const RequestHead& head) {
    std::string text{head.method};
    text.append(" ").append(head.path);
    if (!head.query.empty()) text.append("?").append(head.query);
    text += " 1." + std::to_string(head.version_minor);
    if (!head.host.empty()) text.append(" host=").append(head.host);
    text += head.keep_alive ? " keep" : " close";
    if (head.content_length) text += " length=" + std::to_string(*head.content_length);
    if (head.chunked) text += " chunked";
    if (head.expect_continue) text += " expect";
    if (head.upgrade) text += " upgrade";
    if (head.has_content_type) text.append(" type=").append(head.content_type);
    for (const Field& field : head.fields()) {
        if (field.name.starts_with("X-")) {
            text.append(" ").append(field.name).append("=<").append(field.value).append(">");
        }
    }
    return text;
}

/// The meaning of `bytes`, "more" if the head is not complete, or the status of the refusal.
std::string read_head(std::string_view bytes, const Reads& reads, RequestHead& head) {
    const Limits limits;
    Guard guard;
    for (const std::size_t length : reads) {
        const Padded buffer{bytes, length, 'a'};
        const GuardResult found = guard.feed(buffer.view(), limits);
        if (found.state == GuardState::kNeedMore) continue;
        if (found.state == GuardState::kRefused) return std::to_string(found.refusal.status);
        const auto whole = buffer.view().substr(found.skipped, found.head_length);
        if (const auto refusal = HeadParser::parse(whole, limits, head)) {
            EXPECT_FALSE(refusal->why.empty());
            return std::to_string(refusal->status);
        }
        return describe(head);
    }
    return "more";
}

struct Row {
    std::string_view rule;  ///< Of the project's specification, or an RFC's section.
    std::string_view bytes;
    std::string_view meaning;
};

template <std::size_t N>
void expect_meanings(const Row (&rows)[N]) {
    RequestHead head;  // one for all: nothing of a request may show in the next
    for (const Row& row : rows) {
        for (const Reads& reads : ways_to_cut(row.bytes.size())) {
            ASSERT_EQ(read_head(row.bytes, reads, head), row.meaning)
                << row.rule << " " << ::testing::PrintToString(row.bytes) << " cut at "
                << reads.front();
        }
    }
}

/// A GET of / on HTTP/1.1 with Host: h and these further field lines.
#define WITH(FIELDS) "GET / HTTP/1.1\r\nHost: h\r\n" FIELDS "\r\n\r\n"sv
#define POST(FIELDS) "POST / HTTP/1.1\r\nHost: h\r\n" FIELDS "\r\n\r\n"sv
#define HOST(TEXT) "GET / HTTP/1.1\r\nHost: " TEXT "\r\n\r\n"sv
#define OLD(FIELDS) "GET / HTTP/1.0\r\n" FIELDS "\r\n\r\n"sv
/// A request for this target, and one with this method.
#define TARGET(TEXT) "GET " TEXT " HTTP/1.1\r\nHost: h\r\n\r\n"sv
#define LINE(TEXT) TEXT "\r\nHost: h\r\n\r\n"sv

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

TEST(RequestHead, HasWhiteSpaceAroundAnyValue) {  // RFC 9112 5, RFC 9110 5.6.3
    expect_meanings({
        {"O-052", POST("Content-Length: 3\t"), "POST / 1.1 host=h keep length=3"},
        {"O-052", POST("Content-Length:\t 3 \t \t"), "POST / 1.1 host=h keep length=3"},
        {"O-052", POST("Content-Length:\t3\t\r\nX-A:\t\ta\tb\t\t\r\nX-B:\t\r\nX-C:"),
         "POST / 1.1 host=h keep length=3 X-A=<a\tb> X-B=<> X-C=<>"},
        {"O-052", POST("Transfer-Encoding:\tchunked\t"), "POST / 1.1 host=h keep chunked"},
        {"O-052", POST("Transfer-Encoding: chunked\t \t"), "POST / 1.1 host=h keep chunked"},
        {"O-052", WITH("Connection:\tclose\t"), "GET / 1.1 host=h close"},
        {"O-052", WITH("Connection: keep-alive\t,\tclose\t"), "GET / 1.1 host=h close"},
        {"O-052", OLD("Connection: \tkeep-alive\t "), "GET / 1.0 keep"},
        {"O-052", WITH("Connection:\tupgrade\t\r\nUpgrade:\ta\t"), "GET / 1.1 host=h keep upgrade"},
        {"O-052", HOST("\th\t"), "GET / 1.1 host=h keep"},
        {"O-052", POST("Content-Type:\ta/b\t"), "POST / 1.1 host=h keep type=a/b"},
        {"O-052", POST("Content-Length: 3\t\r\nExpect:\t100-continue\t"),
         "POST / 1.1 host=h keep length=3 expect"},
        {"O-052", POST("Content-Length: 3\t3"), "400"},
        {"O-052", POST("Content-Length:\t"), "400"},
        {"O-052", POST("Content-Length: 3\v"), "400"},
        {"O-052", POST("Content-Length: 3\t\r\nContent-Length: 3\t"), "400"},
        {"O-052", POST("Content-Length: 3\t\r\nTransfer-Encoding: chunked\t"), "400"},
        {"O-052", POST("Content-Length\t: 3"), "400"},
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

TEST(RequestHead, HasAContentLengthOfDigits) {
    expect_meanings({
        {"S-048", POST("Content-Length: 3"), "POST / 1.1 host=h keep length=3"},
        {"S-048", POST("content-LENGTH:\t3 "), "POST / 1.1 host=h keep length=3"},
        {"S-048", POST("Content-Length: 0"), "POST / 1.1 host=h keep length=0"},
        {"S-048", POST("Content-Length: 0000000000000000005"), "POST / 1.1 host=h keep length=5"},
        {"S-048", POST("Content-Length: 16777216"), "POST / 1.1 host=h keep length=16777216"},
        {"S-048", POST("Content-Length: 16777217"), "413"},
        {"S-048", POST("Content-Length: 9999999999999999999"), "413"},
        {"S-048", POST("Content-Length: 18446744073709551621"), "400"},
        {"S-048", POST("Content-Length: 999999999999999999999999999999"), "400"},
        {"S-048", POST("Content-Length: 00000000000000000005"), "400"},
        {"S-048", POST("Content-Length: +3"), "400"},
        {"S-048", POST("Content-Length: -0"), "400"},
        {"S-048", POST("Content-Length: -1"), "400"},
        {"S-048", POST("Content-Length: 3_0"), "400"},
        {"S-048", POST("Content-Length: 0x3"), "400"},
        {"S-048", POST("Content-Length: 3,3"), "400"},
        {"S-048", POST("Content-Length: ,3"), "400"},
        {"S-048", POST("Content-Length: 3 3"), "400"},
        {"S-048", POST("Content-Length: 5x"), "400"},
        {"S-048", POST("Content-Length: 5.0"), "400"},
        {"S-048", POST("Content-Length: \xb2"), "400"},
        {"S-048", POST("Content-Length:"), "400"},
        {"S-048", POST("Content-Length 3"), "400"},
        {"S-048", POST("Content-Length: 3\r\nContent-Length: 3"), "400"},
        {"S-048", POST("Content-Length: 0\r\nContent-Length: 3"), "400"},
        {"S-051", POST("X-A: no length"), "POST / 1.1 host=h keep X-A=<no length>"},
        {"S-066", POST("Content_Length: 3"), "POST / 1.1 host=h keep"},
    });
}

TEST(RequestHead, HasNoTransferCodingButChunked) {
    expect_meanings({
        {"S-049", POST("Transfer-Encoding: chunked"), "POST / 1.1 host=h keep chunked"},
        {"S-049", POST("transfer-encoding:  CHUNKED \t"), "POST / 1.1 host=h keep chunked"},
        {"S-049", POST("Transfer-Encoding: gzip"), "501"},
        {"S-049", POST("Transfer-Encoding: foo"), "501"},
        {"S-049", POST("Transfer-Encoding: gzip, chunked"), "501"},
        {"S-049", POST("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked"), "501"},
        {"S-049", POST("Transfer-Encoding: chunked, gzip"), "400"},
        {"S-049", POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: x"), "400"},
        {"S-049", POST("Transfer-Encoding: chunked, chunked"), "400"},
        {"S-049", POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), "400"},
        {"S-049", POST("Transfer-Encoding: xchunked"), "400"},
        {"S-049", POST("Transfer-Encoding: chunkedx"), "400"},
        {"S-049", POST("Transfer-Encoding: chunked x"), "400"},
        {"S-049", POST("Transfer-Encoding: 'chunked'"), "400"},
        {"S-049", POST("Transfer-Encoding: \"chunked\""), "400"},
        {"S-049", POST("Transfer-Encoding: chunked;q=1"), "400"},
        {"S-049", POST("Transfer-Encoding: identity"), "400"},
        {"O-056", POST("Transfer-Encoding: identity, chunked"), "501"},
        {"O-056", POST("Transfer-Encoding: Identity\r\nTransfer-Encoding:\tCHUNKED\t"), "501"},
        {"O-056", POST("Transfer-Encoding: gzip, identity ,br,chunked"), "501"},
        {"O-056", POST("Transfer-Encoding: xchunked, chunked"), "501"},
        {"O-056", POST("Transfer-Encoding: gzip;q=1, chunked"), "501"},
        {"O-056", POST("Transfer-Encoding: gzip ; a=\"b;\\\"c\"; d = e, chunked"), "501"},
        {"O-056", POST("Transfer-Encoding: gzip;, chunked"), "400"},
        {"O-056", POST("Transfer-Encoding: gzip;=1, chunked"), "400"},
        {"O-056", POST("Transfer-Encoding: gzip;a=\"b, chunked"), "400"},
        {"O-056", POST("Transfer-Encoding: ;q=1, chunked"), "400"},
        {"O-056", POST("Transfer-Encoding: gz ip, chunked"), "400"},
        {"O-056", POST("Transfer-Encoding: gzip, , chunked"), "400"},
        {"O-056", POST("Transfer-Encoding: identity, chunked, chunked"), "400"},
        {"O-056", POST("Transfer-Encoding: identity, chunked, gzip"), "400"},
        {"O-056", POST("Transfer-Encoding: identity, chunked;q=1"), "400"},
        {"O-056", POST("Transfer-Encoding: identity, chunked ;q=1"), "400"},
        {"O-056", POST("Transfer-Encoding: identity, gzip"), "400"},
        {"O-056", POST("Transfer-Encoding: gzip, xchunked"), "400"},
        {"O-056", POST("Content-Length: 3\r\nTransfer-Encoding: identity, chunked"), "400"},
        {"O-056", OLD("Transfer-Encoding: identity, chunked"), "400"},
        {"S-049", POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"), "400"},
        {"S-049", POST("Transfer-Encoding:"), "400"},
        {"S-049", POST("Transfer-Encoding: , ,"), "400"},
        {"S-049", POST("Transfer-Encoding: ,chunked"), "400"},
        {"S-049", POST("Transfer-Encoding: chunked,"), "400"},
        {"S-049",
         POST("Transfer-Encoding: \xa0"
              "chunked\xa0"),
         "400"},
        {"S-049", POST("Transfer-Encoding: \vchunked"), "400"},
        {"S-049", POST("Transfer-Encoding : chunked"), "400"},
        {"S-049", POST("Transfer-Encoding\0: chunked"), "400"},
        {"S-049", OLD("Transfer-Encoding: chunked"), "400"},
        {"S-049", POST("Transfer-Encodings: chunked"), "POST / 1.1 host=h keep"},
        {"S-066", POST("Transfer_Encoding: chunked"), "POST / 1.1 host=h keep"},
    });
}

TEST(RequestHead, SaysTheLengthOfItsBodyInOneWay) {
    expect_meanings({
        {"S-050", POST("Content-Length: 4\r\nTransfer-Encoding: chunked"), "400"},
        {"S-050", POST("Transfer-Encoding: chunked\r\nContent-Length: 4"), "400"},
        {"S-050", POST("Content-Length: 0\r\nTransfer-Encoding: chunked"), "400"},
        {"S-050", POST("Content-Length: x\r\nTransfer-Encoding: chunked"), "400"},
        {"S-050", POST("Transfer-Encoding: gzip\r\nContent-Length: 4"), "400"},
        {"S-050", OLD("Transfer-Encoding: chunked\r\nContent-Length: 0"), "400"},
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

TEST(RequestHead, SaysWhetherTheConnectionStays) {
    expect_meanings({
        {"S-130", WITH("Connection: close"), "GET / 1.1 host=h close"},
        {"S-130", WITH("cOnNeCtIoN: cLoSe"), "GET / 1.1 host=h close"},
        {"S-130", WITH("Connection: close\t"), "GET / 1.1 host=h close"},
        {"S-130", WITH("Connection: close, TE"), "GET / 1.1 host=h close"},
        {"S-130", WITH("Connection: ,\t close ,"), "GET / 1.1 host=h close"},
        {"S-130", WITH("Connection:x,close,y"), "GET / 1.1 host=h close"},
        {"S-130", WITH("Connection: close, keep-alive"), "GET / 1.1 host=h close"},
        {"S-130", WITH("Connection: keep-alive\r\nConnection: close"), "GET / 1.1 host=h close"},
        {"S-130", WITH("Connection: closed"), "GET / 1.1 host=h keep"},
        {"S-130", WITH("Connection:"), "GET / 1.1 host=h keep"},
        {"S-130", WITH("Proxy-Connection: close"), "GET / 1.1 host=h keep"},
        {"S-130", OLD("Connection: Keep-Alive"), "GET / 1.0 keep"},
        {"S-130", OLD("Connection: x, keep-alive"), "GET / 1.0 keep"},
        {"S-130", OLD("Connection: keep-alive, close"), "GET / 1.0 close"},
        {"S-130", OLD("Connection: x"), "GET / 1.0 close"},
    });
}

TEST(RequestHead, MayAskForAnUpgrade) {
    expect_meanings({
        {"S-135", WITH("Connection: Upgrade\r\nUpgrade: foo/2"), "GET / 1.1 host=h keep upgrade"},
        {"S-135", WITH("Upgrade: foo\r\nConnection: x, UPGRADE"), "GET / 1.1 host=h keep upgrade"},
        {"S-135", WITH("Upgrade: foo"), "GET / 1.1 host=h keep"},
        {"S-135", OLD("Connection: upgrade, keep-alive\r\nUpgrade: foo"), "GET / 1.0 keep"},
        {"S-135", WITH("Connection: upgrade"), "GET / 1.1 host=h keep"},
        {"S-135", POST("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nContent-Length: 3"),
         "POST / 1.1 host=h keep length=3 upgrade"},
    });
}

TEST(RequestHead, MayExpectToContinueAndNothingElse) {
    expect_meanings({
        {"S-085", POST("Content-Length: 5\r\nExpect: 100-continue"),
         "POST / 1.1 host=h keep length=5 expect"},
        {"S-085", POST("Expect: 100-CONTINUE\r\nTransfer-Encoding: chunked"),
         "POST / 1.1 host=h keep chunked expect"},
        {"S-085", OLD("Content-Length: 5\r\nExpect: 100-continue"), "GET / 1.0 close length=5"},
        {"RFC 9110 10.1.1", WITH("Expect: 100-continue"), "GET / 1.1 host=h keep"},
        {"S-085", WITH("Expect: foo=bar;baz"), "417"},
        {"S-085", POST("Content-Length: 5\r\nExpect: 100-continue, foo"), "417"},
        {"S-085", POST("Content-Length: 5\r\nExpect: foo\r\nExpect: 100-continue"), "417"},
        {"S-048", POST("Content-Length: 99999999\r\nExpect: 100-continue"), "413"},
        {"S-050", POST("Content-Length: 5\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue"),
         "400"},
    });
}

TEST(RequestHead, HasOneContentTypeAtMost) {
    expect_meanings({
        {"S-068", POST("Content-Type: text/x-y"), "POST / 1.1 host=h keep type=text/x-y"},
        {"S-068", POST("content-type:"), "POST / 1.1 host=h keep type="},
        {"S-068", POST("Content-Type: a/b\r\nContent-Type: a/b"), "400"},
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
