// Tags that static makes of what is in a file (O-060).
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <grove/core/file_descriptor.h>
#include <grove/core/greenlet.h>

#include "apps/static/content_tags.h"
#include "apps/static/site.h"
#include "static_site.h"

namespace grove {
namespace {

using namespace std::chrono_literals;

void set_time(const std::string& file, std::time_t seconds) {
    const timespec times[] = {{seconds, 0}, {seconds, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
}

/// A file open for reading, and what fstat() says of it.
struct OpenOne {
    explicit OpenOne(const std::string& name) : file{::open(name.c_str(), O_RDONLY | O_CLOEXEC)} {
        EXPECT_EQ(::fstat(file.get(), &status), 0);
    }
    FileDescriptor file;
    struct stat status {};
};

std::string text_of(const std::string& name) {
    std::ifstream stream{name, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

TEST(ContentTags, AreTheHalfOfSha256) {
    EXPECT_EQ(ContentTags::digest_of("abc"), "ba7816bf8f01cfea414140de5dae2223");
    EXPECT_EQ(ContentTags::digest_of(""), "e3b0c44298fc1c149afbf4c8996fb924");
}

// The test's own program: large, and older than what is written now.
TEST(ContentTags, ReadAFileThatStaysOnceForAllWhoAsk) {
    const OpenOne one{"/proc/self/exe"};
    ASSERT_GT(one.status.st_size, 4 * 65536);
    ContentTags tags;
    std::optional<std::string> first;
    std::optional<std::string> second;
    const Greenlet reader = spawn([&] { first = tags.of(one.file.get(), one.status); });
    const Greenlet other = spawn([&] { second = tags.of(one.file.get(), one.status); });
    sleep();
    EXPECT_EQ(first, std::nullopt) << "the hub had no turn";
    reader.join();
    other.join();
    EXPECT_EQ(first, ContentTags::digest_of(text_of("/proc/self/exe")));
    EXPECT_EQ(second, first);
    EXPECT_EQ(tags.of(one.file.get(), one.status), first);
    EXPECT_EQ(tags.times_read(), 1U);
}

TEST(ContentTags, AreMadeByTheNextIfWhoReadsIsKilled) {
    const OpenOne one{"/proc/self/exe"};
    ContentTags tags;
    std::optional<std::string> first;
    std::optional<std::string> second;
    const Greenlet reader = spawn([&] { first = tags.of(one.file.get(), one.status); });
    const Greenlet waiting = spawn([&] { tags.of(one.file.get(), one.status); });
    const Greenlet other = spawn([&] { second = tags.of(one.file.get(), one.status); });
    sleep();
    waiting.kill();
    reader.kill();
    other.join();
    EXPECT_EQ(first, std::nullopt);
    EXPECT_EQ(second, ContentTags::digest_of(text_of("/proc/self/exe")));
    EXPECT_EQ(tags.times_read(), 2U);
}

TEST(ContentTags, OfAShorterFileAreNone) {
    OpenOne one{"/proc/self/exe"};
    ++one.status.st_size;
    ContentTags tags;
    EXPECT_EQ(tags.of(one.file.get(), one.status), std::nullopt);
}

// Else its next bytes would go out under the tag of those before.
TEST(ContentTags, OfAFileThatChangesMeanwhileAreNone) {
    const TemporaryFolder folder;
    const std::string name = (folder.path() / "file").string();
    std::ofstream{name} << std::string(300'000, 'a');
    set_time(name, 1'000'000'000);
    const OpenOne one{name};
    ContentTags tags;
    std::optional<std::string> tag{"not told"};
    const Greenlet reader = spawn([&] { tag = tags.of(one.file.get(), one.status); });
    sleep();

    std::ofstream{name} << std::string(300'000, 'b');
    reader.join();

    EXPECT_EQ(tag, std::nullopt);
}

// Its time may be that of what was read before: until Linux 6.13, which tells apart what was looked at between.
TEST(ContentTags, SeeASecondWriteWithinATickOfTheClock) {  // O-060
    const TemporaryFolder folder;
    const std::string name = (folder.path() / "f").string();
    ContentTags tags;
    for (int i = 100; i < 300; ++i) {  // some within a tick
        const std::string content = std::to_string(i);
        std::ofstream{name, std::ios::binary} << content;
        set_time(name, 1);
        const OpenOne one{name};
        EXPECT_EQ(tags.of(one.file.get(), one.status), ContentTags::digest_of(content));
    }
}

TEST(ContentTags, AreOfKeptBytesToo) {  // O-060, O-063
    const TemporaryFolder folder;
    const std::string name = (folder.path() / "f").string();
    std::ofstream{name} << "abc";
    for (const auto lifetime : {KeptFiles::Clock::duration{1h}, KeptFiles::Clock::duration{0}}) {
        Site site{ServedRoot{folder.path().string()}, ContentTypes{}, lifetime};
        site.tag_by_content();
        for (const auto wanted :
             {Site::Wanted::kBytes, Site::Wanted::kBytes, Site::Wanted::kDescriptor}) {
            EXPECT_EQ(site.find("f", "", wanted).file->etag,
                      "\"ba7816bf8f01cfea414140de5dae2223\"");
        }
    }
}

class StaticContentTags : public StaticSite {
protected:
    std::string ask(const std::string& fields = "", const std::string& method = "GET") const {
        return server_.ask(method + " /content/f HTTP/1.1", fields);
    }
};

TEST_F(StaticContentTags, StayWhenAFileIsTouchedAndChangeWithItsBytes) {  // O-060
    write("f", "abc");
    const std::string etag = "\"ba7816bf8f01cfea414140de5dae2223\"";
    const std::string condition = "If-None-Match: " + etag + "\r\n";
    EXPECT_EQ(field(ask(), "ETag"), etag);
    set_time(file("f"), 784111777);
    EXPECT_EQ(status(ask(condition)), 304);
    EXPECT_EQ(status(ask(condition, "HEAD")), 304);
    EXPECT_EQ(field(ask("", "HEAD"), "ETag"), etag);

    write("f", "abd");
    set_time(file("f"), 784111777);
    EXPECT_EQ(body_of(ask(condition)), "abd");
    EXPECT_NE(field(ask(), "ETag"), etag);
}

TEST_F(StaticContentTags, HoldForRanges) {  // O-060
    write("f", "abc");
    const std::string range =
        "Range: bytes=1-1\r\nIf-Range: \"ba7816bf8f01cfea414140de5dae2223\"\r\n";
    EXPECT_EQ(status(ask(range)), 206);
    set_time(file("f"), 784111777);
    EXPECT_EQ(body_of(ask(range)), "b");
    write("f", "xyz");
    set_time(file("f"), 784111777);
    const std::string whole = ask(range);
    EXPECT_EQ(status(whole), 200);
    EXPECT_EQ(body_of(whole), "xyz");
}

TEST_F(StaticContentTags, OfCodingsAreTheirOwn) {  // O-060
    for (const char* const name : {"f", "f.br", "f.gz"}) write(name, "abc");
    const std::string digest = "\"ba7816bf8f01cfea414140de5dae2223";
    EXPECT_EQ(field(ask(), "ETag"), digest + '"');
    EXPECT_EQ(field(ask("Accept-Encoding: br\r\n"), "ETag"), digest + "-br\"");
    EXPECT_EQ(field(ask("Accept-Encoding: gzip\r\n"), "ETag"), digest + "-gzip\"");
}

}  // namespace
}  // namespace grove
