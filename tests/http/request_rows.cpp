#include "request_rows.h"

#include "served_application.h"

namespace grove::test {
namespace {

std::string with(std::string_view fields) { return get("/", fields); }

std::string line(std::string_view request_line) {
    return std::string{request_line} + "\r\nHost: h\r\n\r\n";
}

std::string chunked(std::string_view body, std::string_view target = "/") {
    return "POST " + std::string{target} +
           " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string{body};
}

}  // namespace

std::vector<RequestRow> taken_heads() {
    return {
        {"RFC 9112 2.1, S-132", get("/a") + get("/b"), "200 /a |200 /b ", 2},
        {"RFC 9112 2.2, S-040", "\r\n" + get("/a"), "200 /a ", 1},
        {"RFC 9112 2.2, O-055", "\r\n\r\n" + get("/a") + "\r\n\r\n" + get("/b") + "\r\n\r\n",
         "200 /a |200 /b ", 2},
        {"RFC 9112 2.2, S-053", "GET / HT", "", 0},
        {"RFC 9112 2.3, S-130", "GET / HTTP/1.0\r\n\r\n" + get("/b"), "200 / ", 1},
        {"RFC 9110 2.5, O-054", line("GET /a HTTP/1.2") + get("/b"), "200 /a |200 /b ", 2},
        {"RFC 9112 3.2.1, S-063", get("/a%2Fb%zz?x=%41"), "200 /a/b%zz ", 1},
        {"RFC 9112 3.2.2, S-065", get("http://g/a?b"), "200 /a ", 1},
        {"RFC 9112 3.2.4, S-065", line("OPTIONS * HTTP/1.1"), "200 * ", 1},
        {"RFC 9112 3.2, S-047", "GET / HTTP/1.0\r\nX: y\r\n\r\n", "200 / ", 1},
        {"RFC 9112 5.1, S-044", with("X:y\r\nX:\t y \t\r\nX:\r\n"), "200 / ", 1},
        {"RFC 9110 5.5, S-045", with("X: a\tb \xe9\r\n"), "200 / ", 1},
        {"RFC 9110 9.3.2, S-110", "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n" + get("/b"),
         "200 HEAD|200 /b ", 2},
        {"RFC 9112 9.3, S-130", with("Connection: Close\r\n") + get("/behind"), "200 / ", 1},
        {"RFC 9112 9.3, S-130", with("Connection: TE, close\r\n") + get("/behind"), "200 / ", 1},
        {"RFC 9112 9.3, S-130",
         "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.0\r\n\r\n" +
             get("/behind"),
         "200 /a |200 /b ", 2},
        {"RFC 9110 7.8, S-135", with("Connection: Upgrade\r\nUpgrade: h2c\r\n") + get("/b"),
         "200 / |200 /b ", 2},
        {"RFC 9110 10.1.1, S-085", post("abc", "Expect: 100-continue\r\n") + get("/b"),
         "200 / abc|200 /b ", 2},
        {"RFC 9110 10.1.1, S-085",
         "GET / HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\n\r\n", "200 / ", 1},
    };
}

std::vector<RequestRow> refused_heads() {
    std::vector<RequestRow> rows{
        {"RFC 9112 2.2, S-040", "GET / HTTP/1.1\nHost: h\n\n", "400", 0},
        {"RFC 9112 2.2, S-040", "GET / HTTP/1.1\r\nHost: h\n\r\n", "400", 0},
        {"RFC 9112 2.2, S-040", "GET / HTTP/1.1\r\nHost: h\r\n\n", "400", 0},
        {"RFC 9112 2.2, S-040", "GET / HTTP/1.1\rHost: h\r\r", "400", 0},
        {"RFC 9112 2.2, S-040", with("X: a\rb\r\n"), "400", 0},
        {"RFC 9112 2.2, O-055", "\r\n\r\n\r\n" + get(), "400", 0},
        {"RFC 9112 2.2, S-044", "GET / HTTP/1.1\r\n X: y\r\nHost: h\r\n\r\n", "400", 0},
        {"RFC 9112 3, S-040", line("GET  / HTTP/1.1"), "400", 0},
        {"RFC 9112 3, S-040", line("GET / HTTP/1.1 "), "400", 0},
        {"RFC 9112 3, S-040", line(" GET / HTTP/1.1"), "400", 0},
        {"RFC 9112 3, S-040", line("GET\t/\tHTTP/1.1"), "400", 0},
        {"RFC 9112 3, S-040", "GET /\r\n", "400", 0},
        {"RFC 9112 3, S-042", get("/" + std::string(20000, 'x')), "414", 0},
        {"RFC 9112 3, S-042", get("/" + std::string(8191 - 14 + 1, 'x')), "414", 0},
        {"RFC 9110 9.1, S-040", line("get / HTTP/1.1"), "501", 0},
        {"RFC 9110 9.1, S-040", line("FOO / HTTP/1.1"), "501", 0},
        {"RFC 9110 9.1, S-040", line("G@T / HTTP/1.1"), "400", 0},
        {"RFC 9112 2.3, S-041", line("GET / HTTP/2.0"), "505", 0},
        {"RFC 9112 2.3, S-041", line("GET / HTTP/0.9"), "505", 0},
        {"RFC 9112 2.3, S-041", line("GET / HTTP/1"), "400", 0},
        {"RFC 9112 2.3, S-041", line("GET / HTTP/1.10"), "400", 0},
        {"RFC 9112 2.3, S-041", line("GET / HTTP/01.1"), "400", 0},
        {"RFC 9112 2.3, S-041", line("GET / http/1.1"), "400", 0},
        {"RFC 9112 2.3, S-041", line("GET / RTSP/1.0"), "400", 0},
        {"RFC 9110 5.4, S-043", with("X: " + std::string(70000, 'x') + "\r\n"), "431", 0},
        {"RFC 9112 5.1, S-044", with("Content-Length : 3\r\n"), "400", 0},
        {"RFC 9112 5.1, S-044", with("garbage\r\n"), "400", 0},
        {"RFC 9112 5.1, S-044", with(": x\r\n"), "400", 0},
        {"RFC 9110 5.5, S-045", with("X: \x01\r\n"), "400", 0},
        {"RFC 9110 5.5, S-045", with("X: \x7f\r\n"), "400", 0},
        {"RFC 9110 5.5, S-045", with(std::string_view{"X: a\0b\r\n", 8}), "400", 0},
        {"RFC 9112 5.2, S-046", with("X-A: one\r\n two\r\n"), "400", 0},
        {"RFC 9112 5.2, S-046", with("Content-Length:\r\n\t3\r\n"), "400", 0},
        {"RFC 9112 5.2, S-046", with("Transfer-Encoding:\r\n chunked\r\n"), "400", 0},
        {"RFC 9112 3.2, S-047", "GET / HTTP/1.1\r\n\r\n", "400", 0},
        {"RFC 9112 3.2, S-047", with("Host: h\r\n"), "400", 0},
        {"RFC 9112 3.2, S-047", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400", 0},
        {"RFC 9112 3.2, S-047", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "400", 0},
        {"RFC 9112 6.2, S-048", with("Content-Length: +3\r\n"), "400", 0},
        {"RFC 9112 6.2, S-048", with("Content-Length: 3, 3\r\n"), "400", 0},
        {"RFC 9112 6.2, S-048", with("Content-Length:\r\n"), "400", 0},
        {"RFC 9112 6.3, S-048", with("Content-Length: 3\r\nContent-Length: 3\r\n"), "400", 0},
        {"RFC 9110 15.5.14, S-048", with("Content-Length: 16777217\r\n"), "413", 0},
        {"RFC 9112 6.1, S-049", with("Transfer-Encoding: gzip, chunked\r\n"), "501", 0},
        {"RFC 9112 6.1, O-056", with("Transfer-Encoding: identity, chunked\r\n"), "501", 0},
        {"RFC 9112 6.1, S-049", with("Transfer-Encoding: chunked, gzip\r\n"), "400", 0},
        {"RFC 9112 6.1, S-049",
         with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), "400", 0},
        {"RFC 9112 6.1, S-049", with("Transfer-Encoding: xchunked\r\n"), "400", 0},
        {"RFC 9112 6.1, S-049", with("Transfer-Encoding: identity\r\n"), "400", 0},
        {"RFC 9112 6.1, S-049", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "400", 0},
        {"RFC 9112 6.3, S-050", with("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), "400",
         0},
        {"RFC 9112 3.2, S-063", get("/%00"), "400", 0},
        {"RFC 9112 3.2, S-065", get("/a#b"), "400", 0},
        {"RFC 9112 3.2, S-065", get("a"), "400", 0},
        {"RFC 9112 3.2, S-065", get("/\xc3\xa9"), "400", 0},
        {"RFC 9112 3.2.3, S-065", line("CONNECT h:80 HTTP/1.1"), "501", 0},
        {"RFC 9112 3.2.4, S-065", get("*"), "400", 0},
        {"RFC 9110 8.3, S-068", with("Content-Type: a/b\r\nContent-Type: c/d\r\n"), "400", 0},
        {"RFC 9110 10.1.1, S-085", with("Expect: tea\r\n"), "417", 0},
    };
    for (RequestRow& row : rows) row.bytes += get("/behind");
    return rows;
}

std::vector<RequestRow> bodies() {
    return {
        {"RFC 9112 6.2, S-051", post("abc") + post("") + get("/b"), "200 / abc|200 / |200 /b ", 3},
        {"RFC 9112 6.3, S-051", line("POST /a HTTP/1.1") + get("/b"), "200 /a |200 /b ", 2},
        {"RFC 9110 9.3.2, S-051",
         "HEAD / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" + get(), "200 HEAD|200 / ",
         2},
        {"RFC 9110 9.3.1, S-051", with("Content-Length: 3\r\n") + "abc" + get("/b"),
         "200 / abc|200 /b ", 2},
        {"RFC 9110 5.6.3, O-052",
         "POST / HTTP/1.1\r\nHost:\th\t\r\nContent-Length:\t3\t\r\n\r\nabc" + get("/b"),
         "200 / abc|200 /b ", 2},
        {"RFC 9112 2.2, O-055", post("abc") + "\r\n\r\n" + get("/b"), "200 / abc|200 /b ", 2},
        {"RFC 9112 2.2, O-055", post("abc") + "\r\n\r\n\r\n" + get("/behind"), "200 / abc|400", 1},
        {"RFC 9112 2.2, O-055", chunked("0\r\n\r\n") + "\r\n\r\n" + get("/b"), "200 / |200 /b ", 2},
        {"RFC 9112 6.3, O-070", post("abc").substr(0, post("abc").size() - 1), "", 0},
        {"RFC 9112 9.3.2, O-050", post("ab") + post("abc").substr(0, post("abc").size() - 1),
         "200 / ab", 1},
        {"RFC 9112 9.3.2, O-050", get("/a") + post("ab") + chunked("3\r\nab"), "200 /a |200 / ab",
         2},
        {"RFC 9112 7.1, S-080", chunked("2\r\nab\r\n3\r\n\ncd\r\n0\r\n\r\n") + get("/b"),
         "200 / ab\ncd|200 /b ", 2},
        {"RFC 9112 7.1, S-082", chunked("000A\r\n0123456789\r\n00\r\n\r\n") + get("/b"),
         "200 / 0123456789|200 /b ", 2},
        {"RFC 9112 7.1.1, S-082", chunked("3;x=y\r\nabc\r\n0;z\r\n\r\n") + get("/b"),
         "200 / abc|200 /b ", 2},
        {"RFC 9112 7.1.2, S-083", chunked("3\r\nabc\r\n0\r\nX: y\r\nZ:\r\n\r\n") + get("/b"),
         "200 / abc|200 /b ", 2},
        {"RFC 9112 7.1.2, S-083", chunked("0\r\nContent-Length: 30\r\n\r\n") + get("/b"),
         "200 / |200 /b ", 2},
        {"RFC 9112 7.1, S-087", chunked("3\r\nabc\r\n0\r\n\r\n", "/unread") + get("/b"),
         "200 /unread|200 /b ", 2},
        {"RFC 9112 7.1, S-087",
         "POST /unread HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" + get("/b"),
         "200 /unread|200 /b ", 2},
        {"RFC 9112 7.1, S-082", chunked("-3\r\nabc\r\n0\r\n\r\n") + get("/behind"), "400", 1},
        {"RFC 9112 7.1, S-082", chunked("0x3\r\nabc\r\n0\r\n\r\n") + get("/behind"), "400", 1},
        {"RFC 9112 7.1, S-082", chunked(" 3\r\nabc\r\n0\r\n\r\n") + get("/behind"), "400", 1},
        {"RFC 9112 7.1, S-082", chunked("3 \r\nabc\r\n0\r\n\r\n") + get("/behind"), "400", 1},
        {"RFC 9112 7.1, S-082", chunked("\r\nabc\r\n0\r\n\r\n") + get("/behind"), "400", 1},
        {"RFC 9112 7.1, S-082", chunked("00000000000000003\r\nabc\r\n0\r\n\r\n") + get("/behind"),
         "400", 1},
        {"RFC 9112 7.1, S-082", chunked("FFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n") + get("/behind"),
         "413", 1},
        {"RFC 9112 7.1.1, S-082", chunked("3;e\nabc\r\n0\r\n\r\n") + get("/behind"), "400", 1},
        {"RFC 9112 7.1.1, O-053", chunked("3 ; x = \"y\"\r\nabc\r\n0\r\n\r\n") + get("/b"),
         "200 / abc|200 /b ", 2},
        {"RFC 9112 7.1.1, O-053", chunked("3;\r\nabc\r\n0\r\n\r\n") + get("/behind"), "400", 1},
        {"RFC 9112 7.1.1, O-053", chunked("3;x=\"\r\nabc\r\n0\r\n\r\n") + get("/behind"), "400", 1},
        {"RFC 9112 7.1.1, O-051",
         chunked("3;" + std::string(16384, 'x') + "\r\nabc\r\n0\r\n\r\n") + get("/behind"), "413",
         1},
        {"RFC 9112 7.1, S-082", chunked("3\r\nabcX0\r\n\r\n") + get("/behind"), "400", 1},
        {"RFC 9112 7.1, S-082", chunked("3\nabc\r\n0\r\n\r\n") + get("/behind"), "400", 1},
        {"RFC 9112 7.1.2, S-083", chunked("0\r\nbad trailer\r\n\r\n") + get("/behind"), "400", 1},
        {"RFC 9112 7.1.2, S-083", chunked("0\r\nX : y\r\n\r\n") + get("/behind"), "400", 1},
        {"RFC 9112 7.1.2, S-083", chunked("0\r\nbad\r\n\r\n", "/unread") + get("/behind"),
         "200 /unread", 1},
        {"RFC 9112 7.1, S-084", chunked("x\r\n", "/unread") + get("/behind"), "200 /unread", 1},
    };
}

}  // namespace grove::test
