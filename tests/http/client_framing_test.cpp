// Answers beside what they mean to a client, each cut at every byte (C-005, C-015).
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "read_answer.h"

namespace grove::test {
namespace {

using namespace std::string_view_literals;

std::vector<std::size_t> one_by_one(std::size_t size) {
    std::vector<std::size_t> reads;
    for (std::size_t at = 1; at <= size; ++at) reads.push_back(at);
    return reads;
}

void expect_meaning(std::string_view bytes, const std::string& meaning,
                    const AskedFor& asked = {}) {
    EXPECT_EQ(read_answer(bytes, {bytes.size()}, asked), meaning) << bytes;
    EXPECT_EQ(read_answer(bytes, one_by_one(bytes.size()), asked), meaning)
        << "byte by byte: " << bytes;
    for (std::size_t at = 1; at < bytes.size(); ++at)
        EXPECT_EQ(read_answer(bytes, {at, bytes.size()}, asked), meaning) << at << ": " << bytes;
}

#define OK "HTTP/1.1 200 OK\r\n"

// C-015
TEST(AnswerFraming, EndsBodiesByLengthChunksOrTheConnection) {
    expect_meaning(OK "Content-Length: 5\r\n\r\nhello", "200 Content-Length=5 body=hello end");
    expect_meaning(OK "Content-Length: 0\r\n\r\n", "200 Content-Length=0 body= end");
    expect_meaning(OK "Content-Length: 2\r\n\r\nhello", "200 Content-Length=2 body=he end rest=3");
    expect_meaning(OK "Content-Length: 6\r\n\r\nhello", "200 Content-Length=6 body=hello cut");
    expect_meaning(OK "\r\nhello", "200 body=hello closed");
    expect_meaning(OK "Connection: close\r\n\r\n", "200 Connection=close closes body= closed");
    expect_meaning("HTTP/1.0 200 OK\r\n\r\nhi", "200 closes body=hi closed");
    expect_meaning("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
                   "200 Connection=keep-alive Content-Length=0 body= end");
    expect_meaning(OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n!",
                   "200 Transfer-Encoding=chunked body=abcde end rest=1");
    expect_meaning(OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\nC:  d \r\n\r\n",
                   "200 Transfer-Encoding=chunked body=abc trailers A=b C=d end");
    expect_meaning(OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
                   "200 Transfer-Encoding=chunked body=abc cut");
    expect_meaning(OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n",
                   "200 Transfer-Encoding=chunked body=abc cut");
}

// C-015
TEST(AnswerFraming, KnowsAnswersWithoutABody) {
    expect_meaning(OK "Content-Length: 5\r\n\r\n", "200 Content-Length=5 body= end",
                   {.method = "HEAD"});
    expect_meaning(OK "Transfer-Encoding: chunked\r\n\r\n",
                   "200 Transfer-Encoding=chunked body= end", {.method = "HEAD"});
    expect_meaning("HTTP/1.1 204 No Content\r\n\r\n", "204 body= end");
    expect_meaning("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
                   "304 Content-Length=9 body= end");
}

// C-015
TEST(AnswerFraming, SkipsInterimAnswers) {
    expect_meaning("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" OK
                   "Content-Length: 1\r\n\r\nx",
                   "200 Content-Length=1 body=x end");
    expect_meaning("HTTP/1.1 102 Processing\r\n\r\n", "cut");
}

// C-005
TEST(AnswerFraming, TakesStatusLinesWithoutAReason) {
    expect_meaning("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200 Content-Length=0 body= end");
    expect_meaning("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200 Content-Length=0 body= end");
    expect_meaning("HTTP/1.1 999 x\xff y\r\nContent-Length: 0\r\n\r\n",
                   "999 Content-Length=0 body= end");
    expect_meaning("HTTP/1.7 200 OK\r\nContent-Length: 0\t\r\n\r\n",
                   "200 Content-Length=0 body= end");
}

// C-005
TEST(AnswerFraming, RefusesWhatIsNoAnswer) {
    for (const std::string_view bytes :
         {"HTTP/1.1 2000 OK\r\n\r\n"sv, "HTTP/1.1 20 OK\r\n\r\n"sv, "HTTP/1.1  200 OK\r\n\r\n"sv,
          "HTTP/1.1 200OK\r\n\r\n"sv, "HTTP/1.1 099 x\r\n\r\n"sv, "HTTP/1.1 20x OK\r\n\r\n"sv,
          "\r\nHTTP/1.1 200 OK\r\n\r\n"sv, "ICY 200 OK\r\n\r\n"sv, "http/1.1 200 OK\r\n\r\n"sv,
          "HTTP/1.1 200 OK\n\r\n"sv, "HTTP/1.1 200 OK\r\r\n"sv, "HTTP/1.1 200 O\0K\r\n\r\n"sv,
          "GET / HTTP/1.1\r\n\r\n"sv,
          "HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"sv})
        expect_meaning(bytes, "refused 400");
    expect_meaning("HTTP/2.0 200 OK\r\n\r\n", "refused 505");
}

// C-005
TEST(AnswerFraming, RefusesFieldsAsAServerDoes) {
    for (const std::string_view fields :
         {"Content-Length: 1\r\nContent-Length: 1\r\n"sv, "Content-Length: 1, 1\r\n"sv,
          "Content-Length: -1\r\n"sv, "Content-Length: +1\r\n"sv, "Content-Length:\r\n"sv,
          "Content-Length: 99999999999999999999\r\n"sv,
          "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"sv,
          "Transfer-Encoding: chunked, chunked\r\n"sv, "Transfer-Encoding: chunked, gzip\r\n"sv,
          "Transfer-Encoding: identity\r\n"sv, "A: b\r\n c\r\n"sv, "A: b\0c\r\n"sv, "A : b\r\n"sv,
          ": b\r\n"sv, "A: b\n"sv, "A\r\n"sv, " A: b\r\n"sv})
        expect_meaning(std::string{OK} + std::string{fields} + "\r\nx", "refused 400");
    expect_meaning(OK "Transfer-Encoding: gzip, chunked\r\n\r\n", "refused 501");
    expect_meaning("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "refused 400");
}

// C-005
TEST(AnswerFraming, RefusesBrokenChunks) {
    for (const std::string_view chunks :
         {"\r\n"sv, "x\r\n"sv, "0x1\r\na\r\n0\r\n\r\n"sv, "1\r\nab\r\n"sv, "1\na\r\n"sv,
          "11111111111111111\r\n"sv, "0\r\nA\r\n\r\n"sv, "0\r\n A: b\r\n\r\n"sv}) {
        expect_meaning(std::string{OK "Transfer-Encoding: chunked\r\n\r\n"} + std::string{chunks},
                       "refused 400");
    }
}

// C-005
TEST(AnswerFraming, BoundsAllHeadsTogether) {
    const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";           // 25 bytes
    const std::string last = "HTTP/1.1 204 No Content\r\nA: bcd\r\n\r\n";  // 35 bytes
    EXPECT_EQ(interim.size() + last.size(), 60U);
    expect_meaning(interim + last, "204 A=bcd body= end", {.most = 60});
    expect_meaning(interim + last, "refused 431", {.most = 59});
    expect_meaning(last, "refused 431", {.most = 34});
    // What is wrong beyond the limit is not looked at, however much has come.
    expect_meaning(OK "A: " + std::string(30, 'b') + "\r\n c: d\r\n\r\n", "refused 431",
                   {.most = 50});
    expect_meaning(
        OK "Transfer-Encoding: chunked\r\n\r\n0\r\n" + std::string(50, 'a') + ": b\r\n\r\n",
        "refused 431", {.most = 52});
}

// C-005
TEST(AnswerFraming, LetsOnlyTheUpgradeThroughThatWasAskedFor) {
    const std::string_view bytes =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\nabc";
    expect_meaning(bytes, "101 Connection=Upgrade Upgrade=WebSocket body= end rest=3",
                   {.upgrade = "h2c, websocket"});
    expect_meaning(bytes, "refused 400", {.upgrade = "h2c"});
    expect_meaning(bytes, "refused 400");
    expect_meaning("HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n", "refused 400",
                   {.upgrade = "websocket"});
}

}  // namespace
}  // namespace grove::test
