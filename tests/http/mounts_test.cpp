#include <grove/http/mounts.h>

#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace grove::http {
namespace {

Mounts mounts_at(const std::vector<std::string>& paths) {
    std::vector<Mount> mounts;
    for (const std::string& path : paths) mounts.push_back({.path = path});
    return Mounts{std::move(mounts)};
}

std::string found(const Mounts& mounts, std::string_view path) {
    const Mount* const mount = mounts.find(path);
    return mount == nullptr ? "none" : "[" + mount->path + "]";
}

TEST(Mounts, GiveAPathToTheLongestMountThatFits) {
    const Mounts mounts = mounts_at({"/", "/a", "/a/b/", "/ab"});

    EXPECT_EQ(found(mounts, "/"), "[]");
    EXPECT_EQ(found(mounts, ""), "[]");
    EXPECT_EQ(found(mounts, "*"), "[]");
    EXPECT_EQ(found(mounts, "/b"), "[]");
    EXPECT_EQ(found(mounts, "/abc"), "[]");
    EXPECT_EQ(found(mounts, "/a"), "[/a]");
    EXPECT_EQ(found(mounts, "/a/"), "[/a]");
    EXPECT_EQ(found(mounts, "/a//b"), "[/a]");
    EXPECT_EQ(found(mounts, "/a/bc"), "[/a]");
    EXPECT_EQ(found(mounts, "/a/b"), "[/a/b]");
    EXPECT_EQ(found(mounts, "/a/b/c"), "[/a/b]");
    EXPECT_EQ(found(mounts, "/ab/"), "[/ab]");
}

// Of many lengths, many of each: as a look at each from the longest on finds it.
TEST(Mounts, GiveAPathToTheLongestOfAThousand) {
    std::vector<std::string> paths{"/"};
    for (int number = 0; number < 333; ++number) {
        const std::string text = std::to_string(number);
        paths.push_back("/" + text);
        paths.push_back("/" + text + "/below");
        paths.push_back("/long/" + std::string(static_cast<std::size_t>(number), 'x'));
    }
    paths[3] = "/long/y";
    const Mounts mounts = mounts_at(paths);
    for (std::string path : paths) {
        path.resize(path.find_last_not_of('/') + 1);
        EXPECT_EQ(found(mounts, path), "[" + path + "]");
        EXPECT_EQ(found(mounts, path + "/"), "[" + path + "]");
        EXPECT_EQ(found(mounts, path + "/none/of/them"), "[" + path + "]");
        if (!path.ends_with("below")) {
            EXPECT_EQ(found(mounts, path + "z"), "[]") << path;
        }
    }
    EXPECT_EQ(found(mounts, "/7/belo"), "[/7]");
    EXPECT_EQ(found(mounts, "/333"), "[]");
}

TEST(Mounts, LeaveAPathToNobodyWhereNoneFits) {
    const Mounts mounts = mounts_at({"/a"});

    EXPECT_EQ(found(mounts, "/"), "none");
    EXPECT_EQ(found(mounts, ""), "none");
    EXPECT_EQ(found(mounts, "/A"), "none");
    EXPECT_EQ(found(mounts, "/ab"), "none");
    EXPECT_EQ(found(Mounts{{}}, "/"), "none");
}

TEST(Mounts, RefuseAPathThatIsNoneOrThereTwice) {
    EXPECT_THROW(mounts_at({"a"}), std::invalid_argument);
    EXPECT_THROW(mounts_at({""}), std::invalid_argument);
    EXPECT_THROW(mounts_at({"/a", "/b", "/a/"}), std::invalid_argument);
    EXPECT_THROW(mounts_at({"/", "//"}), std::invalid_argument);
}

}  // namespace
}  // namespace grove::http
