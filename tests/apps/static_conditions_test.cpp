// Conditional requests, ranges and compressed siblings of static's files.
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

#include <gmock/gmock.h>

#include "static_site.h"

namespace grove {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

class StaticConditions : public StaticSite {
protected:
    // Written at the time of RFC 9110's example.
    void write_old(const std::string& name, const std::string& content) const {
        write(name, content);
        const timespec times[2] = {{.tv_sec = kModified, .tv_nsec = 0},
                                   {.tv_sec = kModified, .tv_nsec = 0}};
        ASSERT_EQ(utimensat(AT_FDCWD, file(name).c_str(), times, 0), 0);
    }

    static constexpr std::time_t kModified = 784111777;
    const std::string before_ = "Sun, 06 Nov 1994 08:49:36 GMT\r\n";
    const std::string same_ = "Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    const std::string after_ = "Sun, 06 Nov 1994 08:49:38 GMT\r\n";
};

// RFC 9110 section 13.2.2
TEST_F(StaticConditions, AreLookedAtInTheirOrder) {
    write_old("f", "0123456789");
    const std::string etag = field(get("/f"), "ETag") + "\r\n";
    const std::string other = "\"other\"\r\n";
    const struct {
        std::string fields;
        int status;
    } rows[] = {
        {"If-None-Match: " + etag, 304},
        {"If-None-Match: W/" + etag, 304},
        {"If-None-Match: \"x\", " + etag, 304},
        {"If-None-Match: *\r\n", 304},
        {"If-None-Match: " + other, 200},
        {"If-Modified-Since: " + same_, 304},
        {"If-Modified-Since: " + after_, 304},
        {"If-Modified-Since: " + before_, 200},
        {"If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT\r\n", 304},
        {"If-Modified-Since: yesterday\r\n", 200},
        {"If-None-Match: " + other + "If-Modified-Since: " + same_, 200},
        {"If-None-Match: " + etag + "If-Modified-Since: " + before_, 304},
        {"If-Match: " + etag, 200},
        {"If-Match: *\r\n", 200},
        {"If-Match: " + other, 412},
        {"If-Match: W/" + etag, 412},
        {"If-Match: \"x\", " + etag, 200},
        {"If-Unmodified-Since: " + same_, 200},
        {"If-Unmodified-Since: " + before_, 412},
        {"If-Unmodified-Since: yesterday\r\n", 200},
        {"If-Match: " + etag + "If-Unmodified-Since: " + before_, 200},
        {"If-Match: " + etag + "If-None-Match: " + etag, 304},
        {"If-Match: " + other + "If-None-Match: " + etag, 412},
        {"If-None-Match: " + etag + "Range: bytes=0-0\r\n", 304},
    };
    for (const auto& [fields, expected] : rows) {
        EXPECT_EQ(status(get("/f", fields)), expected) << fields;
        const std::string head = server_.ask("HEAD /s/f HTTP/1.1", fields);
        EXPECT_EQ(status(head), expected) << fields;
    }
    const std::string not_modified = get("/f", "If-None-Match: " + etag);
    EXPECT_EQ(field(not_modified, "ETag") + "\r\n", etag);
    EXPECT_EQ(field(not_modified, "Last-Modified") + "\r\n", same_);
    EXPECT_EQ(body_of(not_modified), "");
}

TEST_F(StaticConditions, HaveATagThatChangesWithTheFile) {
    write("f", "one");
    const std::string etag = field(get("/f"), "ETag");
    EXPECT_EQ(field(get("/f"), "ETag"), etag);

    write("f", "two");

    EXPECT_NE(field(get("/f"), "ETag"), etag);
}

using StaticRanges = StaticConditions;

TEST_F(StaticRanges, AreSentAlone) {
    write_old("f.txt", "0123456789");
    const struct {
        const char* range;
        const char* content_range;
        const char* body;
    } rows[] = {
        {"bytes=0-0", "bytes 0-0/10", "0"},           {"bytes=2-4", "bytes 2-4/10", "234"},
        {"bytes=7-", "bytes 7-9/10", "789"},          {"bytes=-2", "bytes 8-9/10", "89"},
        {"bytes=0-99", "bytes 0-9/10", "0123456789"}, {"bytes=0-1,99-", "bytes 0-1/10", "01"},
    };
    for (const auto& [range, content_range, body] : rows) {
        const std::string answer = get("/f.txt", std::string{"Range: "} + range + "\r\n");
        EXPECT_EQ(status(answer), 206) << range;
        EXPECT_EQ(field(answer, "Content-Range"), content_range);
        EXPECT_EQ(field(answer, "Content-Type"), "text/plain; charset=utf-8");
        EXPECT_EQ(field(answer, "Content-Length"), std::to_string(std::string{body}.size()));
        EXPECT_EQ(body_of(answer), body);
    }
}

TEST_F(StaticRanges, BeyondTheEndAreRefused) {
    write_old("f", "0123456789");

    const std::string answer = get("/f", "Range: bytes=10-\r\n");

    EXPECT_EQ(status(answer), 416);
    EXPECT_EQ(field(answer, "Content-Range"), "bytes */10");
}

TEST_F(StaticRanges, ThatNobodyHonestAsksForGiveTheWhole) {
    write_old("f", "0123456789");

    for (const char* const range : {"bytes=x", "items=0-1", "bytes=0-,0-", "bytes=4-3"}) {
        const std::string answer = get("/f", std::string{"Range: "} + range + "\r\n");
        EXPECT_EQ(status(answer), 200) << range;
        EXPECT_EQ(body_of(answer), "0123456789") << range;
    }
}

TEST_F(StaticRanges, ComeTogetherInParts) {
    write_old("f.txt", "0123456789");

    const std::string answer = get("/f.txt", "Range: bytes=0-1, -1\r\n");

    EXPECT_EQ(status(answer), 206);
    EXPECT_EQ(field(answer, "Content-Range"), "");
    const std::string type = field(answer, "Content-Type");
    ASSERT_THAT(type, MatchesRegex("multipart/byteranges; boundary=[0-9a-f]{32}"));
    const std::string boundary = type.substr(type.find('=') + 1);
    const std::string head = "Content-Type: text/plain; charset=utf-8\r\nContent-Range: bytes ";
    const std::string expected = "\r\n--" + boundary + "\r\n" + head + "0-1/10\r\n\r\n01" +
                                 "\r\n--" + boundary + "\r\n" + head + "9-9/10\r\n\r\n9" +
                                 "\r\n--" + boundary + "--\r\n";
    EXPECT_EQ(body_of(answer), expected);
    EXPECT_EQ(field(answer, "Content-Length"), std::to_string(expected.size()));
}

TEST_F(StaticRanges, OfALargeFileAreItsBytes) {
    std::string content;
    while (content.size() < 1'000'000) content += std::to_string(content.size()) + ",";
    write_old("f", content);

    EXPECT_EQ(body_of(get("/f", "Range: bytes=100000-899999\r\n")),
              content.substr(100'000, 800'000));
    const std::string parts = body_of(get("/f", "Range: bytes=1-300000,400000-800000\r\n"));
    EXPECT_THAT(parts, HasSubstr(content.substr(1, 300'000) + "\r\n--"));
    EXPECT_THAT(parts, HasSubstr(content.substr(400'000, 400'001) + "\r\n--"));
}

// RFC 9110 section 13.1.5
TEST_F(StaticRanges, CountOnlyIfTheFileIsTheSame) {
    write_old("f", "0123456789");
    const std::string range = "Range: bytes=0-0\r\nIf-Range: ";
    const std::string etag = field(get("/f"), "ETag") + "\r\n";

    EXPECT_EQ(status(get("/f", range + etag)), 206);
    EXPECT_EQ(status(get("/f", range + same_)), 206);
    for (const std::string& condition : {std::string{"\"other\"\r\n"}, "W/" + etag, after_, before_,
                                         std::string{"nonsense\r\n"}}) {
        const std::string answer = get("/f", range + condition);
        EXPECT_EQ(status(answer), 200) << condition;
        EXPECT_EQ(body_of(answer), "0123456789") << condition;
    }
}

using StaticCodings = StaticSite;

TEST_F(StaticCodings, AreSentToThoseWhoAcceptThem) {
    write("a.css", "plain");
    write("a.css.br", "brotli");
    write("a.css.gz", "gzipped");
    write("b.css", "plain");
    write("b.css.gz", "gzipped");
    const struct {
        const char* path;
        const char* accept;
        const char* encoding;
        const char* body;
    } rows[] = {
        {"/a.css", "gzip, deflate, br", "br", "brotli"},
        {"/a.css", "gzip", "gzip", "gzipped"},
        {"/a.css", "br;q=0.1, gzip", "gzip", "gzipped"},
        {"/a.css", "deflate", "", "plain"},
        {"/a.css", "br;q=0, gzip;q=0", "", "plain"},
        {"/a.css", "identity, gzip;q=0.5", "", "plain"},
        {"/b.css", "gzip, deflate, br", "gzip", "gzipped"},
    };
    for (const auto& [path, accept, encoding, body] : rows) {
        const std::string answer = get(path, std::string{"Accept-Encoding: "} + accept + "\r\n");
        EXPECT_EQ(status(answer), 200) << accept;
        EXPECT_EQ(field(answer, "Content-Encoding"), encoding) << accept;
        EXPECT_EQ(field(answer, "Content-Type"), "text/css; charset=utf-8") << accept;
        EXPECT_EQ(field(answer, "Vary"), "Accept-Encoding") << accept;
        EXPECT_EQ(body_of(answer), body) << accept;
    }
}

TEST_F(StaticCodings, HaveTagsOfTheirOwn) {
    write("a.css", "12345");
    write("a.css.gz", "abcde");
    const std::string accept = "Accept-Encoding: gzip\r\n";
    const std::string plain = field(get("/a.css"), "ETag");
    const std::string gzipped = field(get("/a.css", accept), "ETag");

    EXPECT_NE(plain, gzipped);
    const std::string answer = get("/a.css", accept + "If-None-Match: " + gzipped + "\r\n");
    EXPECT_EQ(status(answer), 304);
    EXPECT_EQ(field(answer, "Vary"), "Accept-Encoding");
    EXPECT_EQ(status(get("/a.css", accept + "If-None-Match: " + plain + "\r\n")), 200);
    EXPECT_EQ(body_of(get("/a.css", accept + "Range: bytes=0-1\r\n")), "ab");
}

TEST_F(StaticCodings, MustBeRegularFilesWithinTheRoot) {
    write("a.css", "plain");
    std::filesystem::create_directories(file("a.css.br"));
    std::filesystem::create_symlink("/etc/passwd", file("a.css.gz"));

    const std::string answer = get("/a.css", "Accept-Encoding: gzip, br\r\n");

    EXPECT_EQ(field(answer, "Content-Encoding"), "");
    EXPECT_EQ(field(answer, "Vary"), "");
    EXPECT_EQ(body_of(answer), "plain");
}

}  // namespace
}  // namespace grove
