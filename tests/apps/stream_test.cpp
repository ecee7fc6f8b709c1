// The plugin stream, by the real binary.
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serving.h"
#include "temporary_folder.h"

namespace grove {
namespace {

using std::chrono::steady_clock;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

class StreamApp : public testing::Test {
protected:
    TemporaryFolder folder_;
    Serving server_{
        serve_command({"--listen", "127.0.0.1:0", "--app", "stream:/s", "--access-log", "off"}),
        (folder_.path() / "output").string()};
};

TEST_F(StreamApp, SendsEachChunkAsOneChunkOfHttp) {
    const std::string answer = server_.get("/s?chunks=3&size=5");

    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
    EXPECT_EQ(body_of(answer), "5\r\n.....\r\n5\r\n.....\r\n5\r\n.....\r\n0\r\n\r\n");
    EXPECT_EQ(body_of(server_.get("/s?chunks=0")), "0\r\n\r\n");
}

TEST_F(StreamApp, LetsAnHttp10ClientFindTheEndByTheConnections) {
    const std::string answer = server_.ask("GET /s?chunks=2&size=3 HTTP/1.0");

    EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_EQ(body_of(answer), "......");
}

TEST_F(StreamApp, SleepsBeforeEachChunkWhileOthersAreServed) {
    const PlainClient slow{server_.port};
    slow.send("GET /s?chunks=2&size=1&delay=0.2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const auto begin = steady_clock::now();
    slow.read_until("1\r\n.\r\n");
    const auto first = steady_clock::now();
    const std::string other = server_.get("/s?chunks=1&size=1");
    const auto other_done = steady_clock::now();
    slow.read_to_end();
    const auto end = steady_clock::now();

    EXPECT_THAT(other, EndsWith("\r\n\r\n1\r\n.\r\n0\r\n\r\n"));
    EXPECT_GE(first - begin, 190ms);
    EXPECT_GE(end - first, 150ms);
    EXPECT_LT(other_done, end);
}

TEST_F(StreamApp, RefusesNonsenseWithAReason) {
    const struct {
        const char* query;
        const char* reason;
    } rows[] = {
        {"chunks=x", "chunks must be a whole number from 0 to 1000000\n"},
        {"chunks=-1", "chunks must be a whole number from 0 to 1000000\n"},
        {"chunks=1000001", "chunks must be a whole number from 0 to 1000000\n"},
        {"chunks=99999999999999999999", "chunks must be a whole number from 0 to 1000000\n"},
        {"chunks", "chunks must be a whole number from 0 to 1000000\n"},
        {"chunks=1%30", "chunks must be a whole number from 0 to 1000000\n"},
        {"size=0", "size must be a whole number from 1 to 1048576\n"},
        {"size=1048577", "size must be a whole number from 1 to 1048576\n"},
        {"size=1.5", "size must be a whole number from 1 to 1048576\n"},
        {"delay=-1", "delay must be a number of seconds from 0 to 3600\n"},
        {"delay=nan", "delay must be a number of seconds from 0 to 3600\n"},
        {"delay=inf", "delay must be a number of seconds from 0 to 3600\n"},
        {"delay=3601", "delay must be a number of seconds from 0 to 3600\n"},
        {"delay=1s", "delay must be a number of seconds from 0 to 3600\n"},
        {"size=1&size=2", "size stands twice in the query\n"},
        {"speed=1", "the query may hold chunks, size and delay, nothing else\n"},
        {"&", "the query may hold chunks, size and delay, nothing else\n"},
    };
    for (const auto& [query, reason] : rows) {
        const std::string answer = server_.get(std::string{"/s?"} + query);

        EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n")) << query;
        EXPECT_EQ(body_of(answer), reason) << query;
    }
}

}  // namespace
}  // namespace grove
