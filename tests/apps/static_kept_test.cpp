// What static takes files to be: as they were read a moment ago, and what is said of those without a time (O-060 to
// O-063).
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "apps/static/kept_files.h"
#include "apps/static/site.h"
#include "temporary_folder.h"

namespace grove {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Kind = Site::Found::Kind;
using Wanted = Site::Wanted;

class StaticKept : public testing::Test {
protected:
    StaticKept() { fs::create_directory(root_); }

    void write(const std::string& name, const std::string& content) const {
        std::ofstream{root_ / name, std::ios::binary} << content;
    }
    void set_time(const std::string& name, std::time_t seconds) const {
        const timespec times[] = {{seconds, 0}, {seconds, 0}};
        ASSERT_EQ(::utimensat(AT_FDCWD, (root_ / name).c_str(), times, 0), 0);
    }
    [[nodiscard]] Site site(KeptFiles::Clock::duration lifetime) const {
        return Site{ServedRoot{root_}, ContentTypes{}, lifetime};
    }
    /// "none", or the bytes that are kept; "open": a descriptor has them.
    static std::string seen(Site& site, const std::string& path, const std::string& accept = "",
                            Wanted wanted = Wanted::kBytes,
                            KeptFiles::Clock::time_point now = KeptFiles::Clock::now()) {
        const Site::Found found = site.find(path, accept, wanted, now);
        if (found.kind != Kind::kFile) return "none";
        if (wanted == Wanted::kDescriptor || !found.file->bytes)
            return found.descriptor ? "open" : "lost";
        return *found.file->bytes;
    }

    TemporaryFolder folder_;
    fs::path root_ = folder_.path() / "root";
};

TEST_F(StaticKept, IsGivenAsItWasUntilItsTimeIsOver) {  // O-063
    write("f", "old");
    Site kept = site(1h);
    Site fresh = site(0h);
    Site brief = site(1ns);
    EXPECT_EQ(seen(kept, "f"), "old");
    EXPECT_EQ(seen(brief, "f"), "old");
    EXPECT_EQ(seen(fresh, "f"), "open");
    const std::string etag = kept.find("f", "", Wanted::kBytes).file->etag;

    write("f", "other");

    EXPECT_EQ(seen(kept, "f"), "old");
    EXPECT_EQ(kept.find("f", "", Wanted::kBytes).file->etag, etag);
    EXPECT_EQ(seen(brief, "f"), "other");
    EXPECT_NE(fresh.find("f", "", Wanted::kBytes).file->etag, etag);
    fs::remove(root_ / "f");
    EXPECT_EQ(seen(kept, "f"), "old");
    EXPECT_EQ(seen(brief, "f"), "none");
}

TEST_F(StaticKept, IsNotOlderThanWhatARangeWasOf) {  // O-063
    const KeptFiles::Clock::time_point now{100h};
    write("f", "old");
    Site kept = site(1h);
    EXPECT_EQ(seen(kept, "f", "", Wanted::kBytes, now), "old");
    write("f", "other");
    EXPECT_EQ(seen(kept, "f", "", Wanted::kBytes, now), "old");

    const Site::Found range = kept.find("f", "", Wanted::kDescriptor, now);
    EXPECT_TRUE(range.descriptor);
    EXPECT_EQ(range.file->size, 5U) << "as it is";

    EXPECT_EQ(seen(kept, "f", "", Wanted::kBytes, now), "other");
}

TEST_F(StaticKept, IsOneTextForAllThatAskForIt) {  // O-063
    write("f", "text");
    Site kept = site(1h);
    const auto first = kept.find("f", "", Wanted::kBytes).file->bytes;
    EXPECT_EQ(kept.find("f", "", Wanted::kBytes).file->bytes, first);
    EXPECT_EQ(*first, "text");
}

TEST_F(StaticKept, HasItsOtherCodings) {  // O-063
    write("f", "plain");
    write("f.gz", "gzipped");
    Site kept = site(1h);
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(seen(kept, "f"), "plain");
        EXPECT_EQ(seen(kept, "f", "br, gzip"), "gzipped");
        EXPECT_EQ(seen(kept, "f", "gzip;q=0"), "plain");
        EXPECT_TRUE(kept.find("f", "", Wanted::kBytes).file->varies);
        fs::remove(root_ / "f.gz");
    }
}

TEST_F(StaticKept, IsSmallAndNotManyBytesInAll) {
    write("large", std::string(KeptFiles::kMostBytes + 1, 'x'));
    write("large.gz", "gzipped");
    Site kept = site(1h);
    EXPECT_EQ(seen(kept, "large"), "open");
    EXPECT_EQ(seen(kept, "large", "gzip"), "open");
    EXPECT_EQ(seen(kept, "large"), "open");

    KeptFiles files{1h};
    const auto now = KeptFiles::Clock::now();
    std::size_t there = 0;
    constexpr int kFiles = 300;
    for (int number = 0; number < kFiles; ++number) {
        auto file = std::make_shared<Representation>();
        file->bytes = std::make_shared<std::string>(KeptFiles::kMostBytes, 'x');
        files.keep(std::to_string(number), {file}, now);
        EXPECT_NE(files.find(std::to_string(number), now), nullptr);
    }
    for (int number = 0; number < kFiles; ++number)
        there += files.find(std::to_string(number), now) != nullptr ? KeptFiles::kMostBytes : 0;
    EXPECT_GT(there, 0U);
    EXPECT_LE(there, KeptFiles::kMostBytesInAll);
}

TEST_F(StaticKept, RootMayBeReplaced) {  // O-062
    write("f", "old");
    const fs::path link = folder_.path() / "link";
    fs::create_directory_symlink(root_, link);
    Site by_name{ServedRoot{root_}, ContentTypes{}, 1ns};
    Site by_link{ServedRoot{link}, ContentTypes{}, 1ns};
    Site kept{ServedRoot{root_}, ContentTypes{}, 1h};
    EXPECT_EQ(seen(by_name, "f"), "old");
    EXPECT_EQ(seen(by_link, "f"), "old");
    EXPECT_EQ(seen(kept, "f"), "old");

    fs::rename(root_, folder_.path() / "before");
    EXPECT_EQ(seen(by_name, "f"), "old") << "there is no other yet";
    fs::create_directory(root_);
    write("f", "new");
    fs::create_directory(folder_.path() / "next");
    std::ofstream{folder_.path() / "next/f"} << "next";
    fs::remove(link);
    fs::create_directory_symlink(folder_.path() / "next", link);

    EXPECT_EQ(seen(by_name, "f"), "new");
    EXPECT_EQ(seen(by_link, "f"), "next");
    EXPECT_EQ(seen(kept, "f"), "old");
    std::ofstream{folder_.path() / "secret"} << "out";
    fs::create_symlink("../secret", root_ / "out");
    EXPECT_EQ(seen(by_name, "out"), "none");
}

// Nor does what came from the folder before come back.
TEST_F(StaticKept, OfAReplacedRootIsNoOlderThanItsLifetime) {  // O-062, O-063
    constexpr KeptFiles::Clock::time_point begin{100h};
    const auto replace_root = [&](const std::string& content) {
        fs::rename(root_, folder_.path() / ("before " + content));
        fs::create_directory(root_);
        write("f", content);
    };
    write("f", "old");
    for (const bool range_comes_first : {false, true}) {
        Site kept = site(1h);
        const std::string before = *kept.find("f", "", Wanted::kBytes, begin).file->bytes;
        EXPECT_EQ(seen(kept, "f", "", Wanted::kBytes, begin + 59min), before);
        write("late", before);
        EXPECT_EQ(seen(kept, "late", "", Wanted::kBytes, begin + 59min), before);
        replace_root(before + "'");
        write("late", before + "'");
        EXPECT_EQ(seen(kept, "late", "", Wanted::kBytes, begin + 59min), before);

        if (range_comes_first) {
            EXPECT_EQ(seen(kept, "none", "", Wanted::kDescriptor, begin + 60min), "none");
        }
        EXPECT_EQ(seen(kept, "late", "", Wanted::kBytes, begin + 60min), before + "'");
        EXPECT_EQ(seen(kept, "f", "", Wanted::kBytes, begin + 60min), before + "'");
    }
}

TEST_F(StaticKept, WithoutATimeIsToldApartByWhatElseChanges) {  // O-060
    for (const std::time_t time : {0, 1}) {
        Site fresh = site(0h);
        write("f", "one");
        set_time("f", time);
        const auto before = fresh.find("f", "", Wanted::kBytes).file;
        EXPECT_EQ(fresh.find("f", "", Wanted::kBytes).file->etag, before->etag);
        EXPECT_EQ(before->modified, std::nullopt);

        write("g", "two");
        set_time("g", time);
        fs::rename(root_ / "g", root_ / "f");

        EXPECT_NE(fresh.find("f", "", Wanted::kBytes).file->etag, before->etag);
    }
    write("f", "one");
    set_time("f", 2);
    Site fresh = site(0h);
    EXPECT_EQ(fresh.find("f", "", Wanted::kBytes).file->modified, 2);
}

TEST_F(StaticKept, OfTheFutureIsNotLaterThanNow) {  // O-061
    write("f", "one");
    set_time("f", std::time(nullptr) + 3600);
    Site fresh = site(0h);
    EXPECT_LE(fresh.find("f", "", Wanted::kBytes).file->modified, std::time(nullptr));
}

}  // namespace
}  // namespace grove
