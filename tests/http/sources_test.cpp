#include <grove/http/sources.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temporary_folder.h"

namespace grove::http {
namespace {

using testing::ElementsAre;

// As another process gets them.
std::vector<FileDescriptor> duplicates(Sources& sources) {
    std::vector<FileDescriptor> all;
    for (const int fd : sources.descriptors()) all.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    return all;
}

class SourcesOfFiles : public testing::Test {
protected:
    std::string write(const std::string& text) const {
        std::ofstream{file_, std::ios::binary} << text;
        return file_;
    }
    /// What becomes of bytes that another process has sent as what it kept.
    static std::string refusal_of(const std::string& bytes) {
        std::vector<FileDescriptor> kept;
        kept.emplace_back(::memfd_create("kept", MFD_CLOEXEC));
        EXPECT_EQ(::write(kept[0].get(), bytes.data(), bytes.size()),
                  static_cast<ssize_t>(bytes.size()));
        try {
            Sources sources{std::move(kept)};
            return "none";
        } catch (const std::runtime_error& error) {
            return error.what();
        }
    }

    TemporaryFolder folder_;
    std::string file_ = folder_.path() / "file";
    std::vector<std::string> told_;
    std::function<void(const std::string&)> tell_ = [this](const std::string& what) {
        told_.push_back(what);
    };
};

TEST_F(SourcesOfFiles, AreReadAnewEachTimeIfNothingIsKept) {
    Sources sources;
    EXPECT_EQ(sources.text(write("one")), "one");
    EXPECT_EQ(sources.text(write("two")), "two");
    EXPECT_THAT(sources.descriptors(), testing::IsEmpty());
}

// O-005
TEST_F(SourcesOfFiles, AreReadOnceAndForAllWhoGetThem) {
    const std::string bytes{"a\0b\n\xff", 5};
    Sources sources{tell_};
    EXPECT_EQ(sources.text(write(bytes)), bytes);
    EXPECT_EQ(sources.text(write("another")), bytes);
    EXPECT_THAT(told_, ElementsAre("reading " + file_));

    Sources handed{duplicates(sources)};
    EXPECT_EQ(handed.text(file_), bytes);
    EXPECT_EQ((Sources{duplicates(handed)}.text(file_)), bytes);
    EXPECT_THROW((void)handed.text("/etc/hostname"), std::logic_error) << "it reads nothing";
}

TEST_F(SourcesOfFiles, MayHaveOpenFiles) {
    write("content");
    Sources sources{tell_};
    const auto open = [&] {
        return Sources::Content{.bytes = "beside",
                                .file = FileDescriptor{::open(file_.c_str(), O_RDONLY)}};
    };
    sources.get("opening", open);
    sources.get("nothing", [] { return Sources::Content{}; });

    Sources handed{duplicates(sources)};
    const auto never = []() -> Sources::Content { throw std::logic_error{"never"}; };
    const Sources::Content content = handed.get("opening", never);
    EXPECT_EQ(content.bytes, "beside");
    std::string text(7, ' ');
    EXPECT_EQ(::pread(content.file.get(), text.data(), text.size(), 0), 7);
    EXPECT_EQ(text, "content");
    EXPECT_FALSE(handed.get("nothing", never).file);
}

TEST_F(SourcesOfFiles, CannotBeChangedByWhoeverHasThem) {
    Sources sources{tell_};
    sources.text(write("text"));
    const std::vector<FileDescriptor> kept = duplicates(sources);
    EXPECT_LT(::pwrite(kept.at(0).get(), "x", 1, 0), 0);
    EXPECT_LT(::ftruncate(kept[0].get(), 0), 0);
    EXPECT_EQ(sources.text(file_), "text");
}

// O-079: what a worker has of them is closed before its plugins run.
TEST_F(SourcesOfFiles, ThatAreClosedHaveNothing) {
    Sources sources{tell_};
    sources.text(write("private"));
    Sources handed{duplicates(sources)};
    handed.close();
    EXPECT_THAT(handed.descriptors(), testing::IsEmpty());
    EXPECT_THROW((void)handed.text(file_), std::logic_error);
    EXPECT_EQ(sources.text(file_), "private") << "the other's";
}

TEST_F(SourcesOfFiles, SayWhyTheyCannotBeRead) {
    Sources sources{tell_};
    try {
        sources.text(file_);
        ADD_FAILURE() << "there is no such file";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code().value(), ENOENT);
    }
    write("");
    ASSERT_EQ(::truncate(file_.c_str(), (16L << 20) + 1), 0);
    EXPECT_THROW(sources.text(file_), std::system_error);
    ASSERT_EQ(::truncate(file_.c_str(), 16L << 20), 0);
    EXPECT_EQ(sources.text(file_).size(), 16UL << 20);
}

// A record is a head of 16 bytes (how many bytes, how many of the name, which file), a name, bytes.
TEST_F(SourcesOfFiles, AreNotBelievedTheirSizes) {
    const auto record = [](std::uint64_t bytes, std::uint32_t name_bytes, std::uint32_t file) {
        std::string head(16, '\0');
        std::memcpy(head.data(), &bytes, 8);
        std::memcpy(head.data() + 8, &name_bytes, 4);
        std::memcpy(head.data() + 12, &file, 4);
        return head + "nametext";
    };
    const std::string broken = "the kept files of the configuration are broken";
    EXPECT_EQ(refusal_of(""), "none");
    EXPECT_EQ(refusal_of(record(4, 4, 0)), "none");
    EXPECT_EQ(refusal_of(record(5, 4, 0)), broken);
    EXPECT_EQ(refusal_of(record(~0ULL, 4, 0)), broken);
    EXPECT_EQ(refusal_of(record(~0ULL - 3, 4, 0)), broken);
    EXPECT_EQ(refusal_of(record(0, ~0U, 0)), broken);
    EXPECT_EQ(refusal_of(record(4, 4, 1)), broken);
    EXPECT_EQ(refusal_of(record(4, 4, 0) + "x"), broken);
    EXPECT_THROW(Sources{std::vector<FileDescriptor>{}}, std::runtime_error);
}

}  // namespace
}  // namespace grove::http
