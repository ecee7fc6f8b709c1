// curl: keep-alive, an upgrade that is not granted, 100-continue, uploads, HEAD, many at once.
#include <string>

#include <gmock/gmock.h>

#include "client_test.h"
#include "test_certificates.h"

namespace grove {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Curl : public ClientTest {
protected:
    Curl() : ClientTest{"curl"} {}

    ProgramResult curl(const std::string& arguments) const {
        const ProgramResult result = shell("curl -sS --max-time 60 " + arguments);
        EXPECT_EQ(result.exit_code, 0) << arguments << '\n' << result.errors;
        return result;
    }

    /// Told after each body: version, status, connections that were opened for it.
    static constexpr const char* kTell = "-w '[%{http_version} %{response_code} %{num_connects}]' ";
};

TEST_F(Curl, AsksTwiceOverOneConnection) {
    serve();
    EXPECT_EQ(curl(kTell + url("/") + " " + url("/status/404")).output,
              "Hello, World![1.1 200 1]404 Not Found\n[1.1 404 0]");
    stop();
}

TEST_F(Curl, GetsHttp11WhenItAsksForAnUpgradeToHttp2) {
    serve();
    EXPECT_EQ(curl(std::string{"--http2 "} + kTell + url("/") + " " + url("/")).output,
              "Hello, World![1.1 200 1]Hello, World![1.1 200 0]");
    // with a body, which must not be taken for the new protocol
    EXPECT_EQ(
        curl(std::string{"--http2 -d abc "} + kTell + url("/status/200") + " " + url("/status/403"))
            .output,
        "200 OK\n[1.1 200 1]403 Forbidden\n[1.1 403 0]");
    stop();
}

TEST_F(Curl, GetsHttp2OverTlsUnlessThatIsOff) {  // H2-001
    test::Authority authority{folder_.path()};
    static_cast<void>(authority.issue("localhost", {"DNS:localhost"}));
    const std::string listener = R"({"address": "127.0.0.1:0",
        "tls": {"certificate": "localhost.pem", "key": "localhost.key"}})";
    serve("", listener);
    const auto ask = [&] {
        return curl("-k " + std::string{kTell} + url("/") + " " + url("/status/404")).output;
    };
    EXPECT_EQ(ask(), "Hello, World![2 200 1]404 Not Found\n[2 404 0]");
    stop();
    serve(R"("http2": false, )", listener);
    EXPECT_EQ(ask(), "Hello, World![1.1 200 1]404 Not Found\n[1.1 404 0]");
    stop();
}

TEST_F(Curl, SpeaksHttp10) {
    serve();
    EXPECT_EQ(curl(std::string{"--http1.0 "} + kTell + url("/")).output,
              "Hello, World![1.1 200 1]");
    stop();
}

// S-085: curl would wait for a minute.
TEST_F(Curl, IsToldToContinue) {
    serve();
    const ProgramResult result =
        curl("-v -H 'Expect: 100-continue' --expect100-timeout 60 -d abc " + url("/echo"));
    EXPECT_THAT(result.errors,
                AllOf(HasSubstr("HTTP/1.1 100 Continue"), HasSubstr("HTTP/1.1 200 OK")));
    EXPECT_THAT(result.output, HasSubstr("\"body\":\"abc\""));
    stop();
}

// S-086
TEST_F(Curl, KeepsItsBodyIfNobodyWantsIt) {
    serve();
    const ProgramResult result =
        curl("-v -H 'Expect: 100-continue' --expect100-timeout 60 -d abc " + url("/status/403") +
             " " + kTell);
    EXPECT_THAT(result.errors, Not(HasSubstr("100 Continue")));
    EXPECT_EQ(result.output, "403 Forbidden\n[1.1 403 1]");
    EXPECT_THAT(curl("-H 'Expect: a-wonder' -d abc " + url("/") + " " + kTell).output,
                HasSubstr("[1.1 417 1]"));
    stop();
}

TEST_F(Curl, UploadsWhatItReadsFromAPipe) {
    write("big", std::string(3'000'000, 'b') + "end");
    serve();
    const std::string sum = shell("sha256sum < big").output.substr(0, 64);
    const std::string expected = R"({"bytes": 3000003, "sha256": ")" + sum + "\"}\n";

    const ProgramResult piped =
        shell("cat big | curl -sS --max-time 60 -v -X POST -T - " + url("/upload"));
    EXPECT_EQ(piped.output, expected);
    EXPECT_THAT(piped.errors, HasSubstr("Transfer-Encoding: chunked"));
    EXPECT_EQ(curl("-X POST -T big " + url("/upload")).output, expected);
    stop();
}

TEST_F(Curl, GetsTheHeadOfWhatItWouldGet) {
    write("site/f.txt", "0123456789");
    serve();
    // the second over the same connection: no byte of a body lay between
    EXPECT_THAT(
        curl(std::string{"-I "} + kTell + url("/files/f.txt") + " " + url("/status/404")).output,
        AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Length: 10\r\n"),
              HasSubstr("[1.1 200 1]HTTP/1.1 404 Not Found\r\n"), HasSubstr("[1.1 404 0]")));
    stop();
}

TEST_F(Curl, GetsManyAtOnce) {
    serve(R"("pool": 4, )");
    const ProgramResult result =
        curl("-Z --parallel-max 20 -w '%{response_code}\\n' -o /dev/null '" + url("/?[1-100]'"));
    std::string expected;
    for (int count = 0; count < 100; ++count) expected += "200\n";
    EXPECT_EQ(result.output, expected);
    stop();
}

TEST_F(Curl, SaysWhoItIsBeforeItAsks) {  // O-088
    serve(R"("trusted_proxies": ["127.0.0.1"], )",
          R"({"address": "127.0.0.1:0", "proxy_protocol": "v1"})");
    const ProgramResult result = curl("--haproxy-protocol " + url("/echo") + " " + url("/echo") +
                                      " -w '[%{local_ip} %{num_connects}]'");
    EXPECT_THAT(result.output, HasSubstr(R"("remote_addr":"127.0.0.1")"));
    EXPECT_THAT(result.output, AllOf(HasSubstr("[127.0.0.1 1]"), HasSubstr("[127.0.0.1 0]")));
    const ProgramResult without = shell("curl -sS --max-time 60 " + url("/echo"));
    EXPECT_NE(without.exit_code, 0) << without.output;
    stop();  // the log is written then
    EXPECT_THAT(content_of("error.log"), HasSubstr(": refused: its PROXY header is missing"));
}

}  // namespace
}  // namespace grove
