// curl and the files of the application static: ranges, a download that goes on, compressed siblings.
#include <string>

#include <gmock/gmock.h>

#include "client_test.h"

namespace grove {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class CurlRanges : public ClientTest {
protected:
    CurlRanges() : ClientTest{"curl"} {
        write("site/f.txt", "0123456789");
        serve();
    }
    ~CurlRanges() override { stop(); }

    /// Head and body.
    std::string get(const std::string& arguments) const {
        const ProgramResult result =
            shell("curl -sS -i --max-time 60 " + arguments + " " + url("/files/f.txt"));
        EXPECT_EQ(result.exit_code, 0) << arguments << '\n' << result.errors;
        return result.output;
    }
};

TEST_F(CurlRanges, AreAnsweredWithJustThoseBytes) {
    EXPECT_THAT(get("-r 2-4"),
                AllOf(StartsWith("HTTP/1.1 206 Partial Content\r\n"),
                      HasSubstr("Content-Range: bytes 2-4/10\r\n"), EndsWith("\r\n\r\n234")));
    EXPECT_THAT(get("-r 7-"),
                AllOf(HasSubstr("Content-Range: bytes 7-9/10\r\n"), EndsWith("\r\n\r\n789")));
    EXPECT_THAT(get("-r -4"),
                AllOf(HasSubstr("Content-Range: bytes 6-9/10\r\n"), EndsWith("\r\n\r\n6789")));
}

TEST_F(CurlRanges, ThatAreSeveralComeInParts) {
    EXPECT_THAT(get("-r 0-1,-3"), AllOf(StartsWith("HTTP/1.1 206 "),
                                        HasSubstr("Content-Type: multipart/byteranges; boundary="),
                                        HasSubstr("Content-Range: bytes 0-1/10\r\n\r\n01\r\n--"),
                                        HasSubstr("Content-Range: bytes 7-9/10\r\n\r\n789\r\n--"),
                                        EndsWith("--\r\n")));
}

TEST_F(CurlRanges, BeyondTheEndAreRefused) {
    EXPECT_THAT(get("-r 10-"), AllOf(StartsWith("HTTP/1.1 416 Range Not Satisfiable\r\n"),
                                     HasSubstr("Content-Range: bytes */10\r\n")));
}

TEST_F(CurlRanges, CountOnlyForTheFileThatWasMeant) {
    const std::string head = get("-I");
    const std::size_t at = head.find("ETag: ") + 6;
    const std::string tag = head.substr(at, head.find("\r\n", at) - at);

    EXPECT_THAT(get("-r 2-4 -H 'If-Range: " + tag + "'"),
                AllOf(StartsWith("HTTP/1.1 206 "), EndsWith("\r\n\r\n234")));
    EXPECT_THAT(get("-r 2-4 -H 'If-Range: \"another\"'"),
                AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("\r\n\r\n0123456789")));
}

TEST_F(CurlRanges, LetADownloadGoOnWhereItEnded) {
    std::string content;
    while (content.size() < 1'500'000) content += std::to_string(content.size()) + " ";
    write("site/big", content);
    write("got", content.substr(0, 700'001));

    const ProgramResult result = shell(
        "curl -sS --max-time 60 -C - -o got -w '%{response_code} "
        "%{size_download}' " +
        url("/files/big"));

    EXPECT_EQ(result.output, "206 " + std::to_string(content.size() - 700'001));
    EXPECT_TRUE(content_of("got") == content);
}

TEST_F(CurlRanges, AreNotNeededForAFileThatHasNotChanged) {
    const std::string ask =
        "curl -sS --max-time 60 --etag-save tag --etag-compare tag -w '%{response_code} ' " +
        url("/files/f.txt");
    EXPECT_EQ(shell(": >tag && " + ask).output, "0123456789200 ");
    EXPECT_EQ(shell(ask).output, "304 ");
}

TEST_F(CurlRanges, AreNotNeededForACompressedSibling) {
    ASSERT_EQ(shell("gzip -k site/f.txt").exit_code, 0);
    EXPECT_THAT(get("--compressed"),
                AllOf(HasSubstr("Content-Encoding: gzip\r\n"), EndsWith("\r\n\r\n0123456789")));
}

}  // namespace
}  // namespace grove
