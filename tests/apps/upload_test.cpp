// The plugin upload, by the real binary.
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sanitized.h"
#include "serving.h"
#include "temporary_folder.h"

namespace grove {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class UploadApp : public testing::Test {
protected:
    static std::string length(std::size_t bytes) {
        return "Content-Length: " + std::to_string(bytes) + "\r\n";
    }

    TemporaryFolder folder_;
    Serving server_{
        serve_command({"--listen", "127.0.0.1:0", "--app", "upload", "--access-log", "off"}),
        (folder_.path() / "output").string()};
};

// The digests are FIPS 180-4's and NIST's examples.
TEST_F(UploadApp, TellsHowManyBytesCameAndTheirDigest) {
    const std::string abc = server_.ask("POST / HTTP/1.1", length(3), "abc");
    EXPECT_THAT(abc, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(abc, HasSubstr("\r\nContent-Type: application/json\r\n"));
    EXPECT_EQ(body_of(abc),
              "{\"bytes\": 3, \"sha256\": "
              "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"}\n");

    EXPECT_EQ(body_of(server_.ask("POST / HTTP/1.1", length(0))),
              "{\"bytes\": 0, \"sha256\": "
              "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}\n");

    const std::string chunked = server_.ask("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n",
                                            "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n");
    EXPECT_EQ(body_of(chunked), body_of(abc));
}

TEST_F(UploadApp, TakesABodyOfManyPieces) {
    const std::string million(1'000'000, 'a');

    EXPECT_EQ(body_of(server_.ask("POST / HTTP/1.1", length(million.size()), million)),
              "{\"bytes\": 1000000, \"sha256\": "
              "\"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0\"}\n");
}

TEST_F(UploadApp, NeverHoldsABodyWhole) {
#if defined(GROVE_TEST_SANITIZED)
    GTEST_SKIP() << "memory is the sanitizer's";
#endif
    const auto resident_kib = [this] {
        std::ifstream status{"/proc/" + std::to_string(server_.workers().front()) + "/status"};
        std::string line;
        while (std::getline(status, line) && !line.starts_with("VmHWM:")) {
        }
        return std::stol(line.substr(std::string{"VmHWM:"}.size()));
    };
    const std::string body(16'000'000, 'a');  // the limit is 16 MiB
    server_.ask("POST / HTTP/1.1", length(10), "0123456789");
    const long before = resident_kib();

    const std::string answer = server_.ask("POST / HTTP/1.1", length(body.size()), body);

    EXPECT_THAT(answer, HasSubstr("{\"bytes\": 16000000,"));
    EXPECT_LT(resident_kib() - before, 4096);
}

TEST_F(UploadApp, TakesPostAlone) {
    for (const char* method : {"GET", "PUT", "DELETE"}) {
        const std::string answer = server_.ask(std::string{method} + " / HTTP/1.1");

        EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 Method Not Allowed\r\n")) << method;
        EXPECT_THAT(answer, HasSubstr("\r\nAllow: POST\r\n")) << method;
    }
}

}  // namespace
}  // namespace grove
