// What the fields of a request head say of its body and its connection.
#include <string_view>

#include <gtest/gtest.h>

#include "head_meanings.h"

namespace grove::http {
namespace {

using namespace std::string_view_literals;
using testing::expect_meanings;

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

}  // namespace
}  // namespace grove::http
