#include "response_head.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace grove::http {
namespace {

constexpr std::time_t kNow = 784111777;
#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

std::string head_of(const std::string& status, const Headers& headers, Framing framing,
                    std::uint64_t length = 0, Persistence persistence = Persistence::kImplied) {
    ResponseHead head;
    head.status = status;
    head.headers = &headers;
    head.fields = validate_headers(headers, validate_status(status));
    head.framing = framing;
    head.length = length;
    head.persistence = persistence;
    std::string out = "before|";
    append_response_head(out, head, kNow);
    return out;
}

TEST(ResponseHead, IsAppendedAsHttp11) {
    EXPECT_EQ(
        head_of("200 OK", {{"Content-Type", "text/plain"}, {"X-A", ""}}, Framing::kLength, 13),
        "before|HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-A: \r\n" DATE
        "Content-Length: 13\r\n\r\n");
}

// Some hundred bytes are gathered first, more are written where they go.
TEST(ResponseHead, IsTheSameWhateverItsSize) {
    for (std::size_t size = 0; size != 800; ++size) {
        const std::string value(size, 'v');
        EXPECT_EQ(head_of("200 OK", {{"X-A", value}}, Framing::kNone),
                  "before|HTTP/1.1 200 OK\r\nX-A: " + value + "\r\n" DATE "\r\n");
    }
}

TEST(ResponseHead, KeepsTheSpaceOfAnAbsentReason) {  // RFC 9112 section 4
    EXPECT_EQ(head_of("200", {}, Framing::kNone), "before|HTTP/1.1 200 \r\n" DATE "\r\n");
}

TEST(ResponseHead, SaysHowTheBodyIsFramed) {  // S-108
    EXPECT_EQ(head_of("200 OK", {}, Framing::kChunked),
              "before|HTTP/1.1 200 OK\r\n" DATE "Transfer-Encoding: chunked\r\n\r\n");
    EXPECT_EQ(head_of("200 OK", {}, Framing::kLength, 18446744073709551615U),
              "before|HTTP/1.1 200 OK\r\n" DATE "Content-Length: 18446744073709551615\r\n\r\n");
}

TEST(ResponseHead, SaysOnceWhatTheApplicationSaidToo) {  // S-109, S-131
    EXPECT_EQ(head_of("200 OK", {{"content-length", "3"}, {"Connection", "Close"}, {"X-A", "b"}},
                      Framing::kLength, 3, Persistence::kClose),
              "before|HTTP/1.1 200 OK\r\nX-A: b\r\n" DATE
              "Content-Length: 3\r\nConnection: close\r\n\r\n");
}

TEST(ResponseHead, DropsTheLengthOfAResponseThatHasNone) {  // S-111
    EXPECT_EQ(head_of("204 No Content", {{"Content-Length", "0"}}, Framing::kNone),
              "before|HTTP/1.1 204 No Content\r\n" DATE "\r\n");
}

TEST(ResponseHead, TellsAnOldClientThatTheConnectionStays) {  // S-130
    EXPECT_EQ(head_of("200 OK", {}, Framing::kLength, 0, Persistence::kKeepAlive),
              "before|HTTP/1.1 200 OK\r\n" DATE
              "Content-Length: 0\r\nConnection: keep-alive\r\n\r\n");
}

TEST(ResponseHead, TellsHowLongTheConnectionStays) {  // O-057
    using namespace std::chrono_literals;
    EXPECT_EQ(keep_alive_field(75s), "Keep-Alive: timeout=75\r\n");
    EXPECT_EQ(keep_alive_field(1999ms), "Keep-Alive: timeout=1\r\n");
    EXPECT_EQ(keep_alive_field(500ms), "Keep-Alive: timeout=0\r\n");
    EXPECT_EQ(keep_alive_field(std::nullopt), "");

    ResponseHead head;
    head.status = "200 OK";
    head.keep_alive = "Keep-Alive: timeout=75\r\n";
    for (const auto& [persistence, said] :
         {std::pair{Persistence::kKeepAlive,
                    "Connection: keep-alive\r\nKeep-Alive: timeout=75\r\n"},
          std::pair{Persistence::kClose, "Connection: close\r\n"},
          std::pair{Persistence::kImplied, ""}}) {
        head.persistence = persistence;
        std::string out;
        append_response_head(out, head, kNow);
        EXPECT_EQ(out, std::string{"HTTP/1.1 200 OK\r\n" DATE} + said + "\r\n");
    }
}

TEST(ResponseHead, LeavesTheDateThatWasGiven) {  // S-113
    EXPECT_EQ(head_of("200 OK", {{"DATE", "then"}}, Framing::kNone),
              "before|HTTP/1.1 200 OK\r\nDATE: then\r\n\r\n");
}

TEST(ResponseHead, PassesTheFieldsOfAnUpgrade) {  // S-135
    EXPECT_EQ(
        head_of("101 Switching Protocols", {{"Connection", "Upgrade"}, {"Upgrade", "foo"}},
                Framing::kNone),
        "before|HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n" DATE
        "\r\n");
}

TEST(ResponseHead, NamesTheServerOnlyIfTold) {  // S-113
    ResponseHead head;
    head.status = "200 OK";
    head.server = "grove";
    std::string out;
    append_response_head(out, head, kNow);
    EXPECT_EQ(out, "HTTP/1.1 200 OK\r\nServer: grove\r\n" DATE "\r\n");

    const Headers own{{"server", "mine"}};
    head.headers = &own;
    head.fields = validate_headers(own, 200);
    out.clear();
    append_response_head(out, head, kNow);
    EXPECT_EQ(out, "HTTP/1.1 200 OK\r\nserver: mine\r\n" DATE "\r\n");
}

TEST(SimpleResponse, IsTheReasonAsTextAndTheEndOfTheConnection) {  // S-114
    EXPECT_EQ(simple_response(500, kNow),
              "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\n" DATE
              "Content-Length: 21\r\nConnection: close\r\n\r\nInternal Server Error");
}

TEST(SimpleResponse, HasNoBodyForHead) {  // S-110
    EXPECT_EQ(simple_response(404, kNow, true),
              "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n" DATE
              "Content-Length: 9\r\nConnection: close\r\n\r\n");
}

}  // namespace
}  // namespace grove::http
