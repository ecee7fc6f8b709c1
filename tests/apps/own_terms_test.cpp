// An application's own limits, pool, methods and headers, as the configuration has them, by the real binary. A-030
#include <chrono>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serving.h"
#include "temporary_folder.h"

namespace grove {
namespace {

using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;

class OwnTerms : public testing::Test {
protected:
    std::string configuration() const {
        const std::string name = (folder_.path() / "grove.json").string();
        std::ofstream{name} << R"({
            "listen": ["127.0.0.1:0"], "log": {"access": "off", "error": "error.log"},
            "limits": {"body": 1000},
            "apps": [
                {"app": "echo"},
                {"mount": "/large", "app": "echo", "limits": {"body": 1048576},
                 "headers": {"X-Own": ["a", "b"], "Content-Type": "text/html"}},
                {"mount": "/large/not", "app": "echo"},
                {"mount": "/read", "app": "echo", "methods": ["GET", "QUERY"]},
                {"mount": "/s", "app": "stream", "pool": 1}]})";
        return name;
    }
    std::string post(const std::string& path, std::size_t length) const {
        return server_.ask("POST " + path + " HTTP/1.1",
                           "Content-Length: " + std::to_string(length) + "\r\n",
                           std::string(length, 'x'));
    }

    TemporaryFolder folder_;
    Serving server_{serve_command({configuration()}), (folder_.path() / "output").string()};
};

TEST_F(OwnTerms, BoundBodies) {  // A-030, A-031
    EXPECT_THAT(post("/", 1000), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(post("/large", 300'000), StartsWith("HTTP/1.1 200 "));
    // The head alone: the body is not waited for.
    for (const char* path : {"/", "/larger", "/large/not"}) {
        EXPECT_THAT(
            server_.ask(std::string{"POST "} + path + " HTTP/1.1", "Content-Length: 1001\r\n"),
            StartsWith("HTTP/1.1 413 "))
            << path;
    }
    EXPECT_THAT(server_.ask("POST /large HTTP/1.1", "Content-Length: 1048577\r\n"),
                StartsWith("HTTP/1.1 413 "));
}

TEST_F(OwnTerms, AllowMethods) {  // A-030
    EXPECT_THAT(server_.get("/read"), StartsWith("HTTP/1.1 200 "));
    const std::string refusal = server_.ask("DELETE /read HTTP/1.1");
    EXPECT_THAT(refusal, StartsWith("HTTP/1.1 405 "));
    EXPECT_THAT(refusal, HasSubstr("\r\nAllow: GET, HEAD, QUERY\r\n"));
    EXPECT_THAT(server_.ask("QUERY /read HTTP/1.1"), HasSubstr("QUERY"));
    EXPECT_THAT(server_.ask("QUERY / HTTP/1.1"), StartsWith("HTTP/1.1 501 "));
}

TEST_F(OwnTerms, AddHeaders) {  // A-030
    const std::string answer = server_.get("/large");
    EXPECT_THAT(answer, HasSubstr("\r\nX-Own: a\r\nX-Own: b\r\n"));
    EXPECT_THAT(answer, Not(HasSubstr("text/html"))) << "echo has said another";
    EXPECT_THAT(server_.get("/"), Not(HasSubstr("X-Own")));
}

TEST_F(OwnTerms, HaveAPoolInWhichOthersDoNotWait) {  // A-030
    const PlainClient first{server_.port};
    const auto begin = steady_clock::now();
    first.send("GET /s?chunks=2&size=1&delay=0.3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    first.read_until("1\r\n.\r\n");
    EXPECT_THAT(server_.get("/"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(server_.get("/s?chunks=1&size=1"), StartsWith("HTTP/1.1 200 "));
    EXPECT_GE(steady_clock::now() - begin, 590ms) << "when the first had ended";
    first.read_to_end();
}

}  // namespace
}  // namespace grove
