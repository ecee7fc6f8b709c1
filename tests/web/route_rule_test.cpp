// Rules, the paths that they have in common, and which is more special.
#include "route_rule.h"

#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace grove::web {
namespace {

enum class Relation { kApart, kEqual, kInner, kOuter, kCrossed };

Relation relation(const char* left, const char* right) {
    const RulePath a = parse_rule(left);
    const RulePath b = parse_rule(right);
    if (!overlap(a, b)) return Relation::kApart;
    if (within(a, b)) return within(b, a) ? Relation::kEqual : Relation::kInner;
    return within(b, a) ? Relation::kOuter : Relation::kCrossed;
}

Relation turned(Relation relation) {
    return relation == Relation::kInner   ? Relation::kOuter
           : relation == Relation::kOuter ? Relation::kInner
                                          : relation;
}

TEST(Rules, AreMoreSpecialIfTheOtherMatchesAllTheirPaths) {
    struct Row {
        const char* left;
        const char* right;
        Relation relation;
    };
    using enum Relation;
    const Row rows[] = {
        {"/a", "/a", kEqual},
        {"/a", "/b", kApart},
        {"/a", "/a/", kApart},
        {"/a", "/{x}", kInner},
        {"/{x}", "/{y:str}", kEqual},
        {"/{x:int}", "/{y}", kInner},
        {"/{x:uuid}", "/{y}", kInner},
        {"/{x:int}", "/{y:uint}", kCrossed},
        {"/{x:int}", "/{y:uuid}", kApart},
        {"/12", "/{x:int}", kInner},
        {"/a", "/{x:int}", kApart},
        {"/", "/{x}", kApart},
        {"/a/{x}", "/{y}/b", kCrossed},
        {"/a/{x}", "/{y}/{z}", kInner},
        {"/{x:int}/a", "/{y:uint}/b", kApart},
        {"/{x:int}/{y}", "/{z}/b", kCrossed},
        {"/a/b", "/{rest:path}", kInner},
        {"/", "/{rest:path}", kApart},
        {"/a/", "/a/{rest:path}", kApart},
        {"/a/b/", "/a/{rest:path}", kInner},
        {"/{x}", "/{rest:path}", kInner},
        {"/{x}/{rest:path}", "/{all:path}", kInner},
        {"/a/{rest:path}", "/{x}/{all:path}", kInner},
        {"/a/{rest:path}", "/{x}/b", kCrossed},
        {"", "/", kApart},
        {"", "/{rest:path}", kApart},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(relation(row.left, row.right), row.relation) << row.left << ' ' << row.right;
        EXPECT_EQ(relation(row.right, row.left), turned(row.relation))
            << row.right << ' ' << row.left;
    }
}

TEST(Rules, OfMountedApplicationsHaveAllBelow) {
    RulePath mount = parse_rule("/a");
    mount.segments.push_back({{}, Converter::kBelow});
    for (const char* rule : {"/a", "/a/", "/a/b", "/a/{x}", "/a/{rest:path}"}) {
        EXPECT_TRUE(overlap(parse_rule(rule), mount)) << rule;
        EXPECT_TRUE(within(parse_rule(rule), mount)) << rule;
        EXPECT_FALSE(within(mount, parse_rule(rule))) << rule;
    }
    EXPECT_FALSE(overlap(mount, parse_rule("/ab")));
    EXPECT_TRUE(within(mount, parse_rule("/{x:path}")));
    EXPECT_TRUE(overlap(mount, parse_rule("/{x}/b")));
    EXPECT_FALSE(within(parse_rule("/{x}/b"), mount));
}

TEST(Rules, AreRefusedIfTheyAreNone) {
    for (const char* rule :
         {"a", "a/b", "/{}", "/{x", "/x}", "/a{x}", "/{x}b", "/{x:}", "/{x:real}", "/{x:path}/b",
          "/{x:path}/", "/{x}/{x}", "/{x-y}", "/{x:int:int}"})
        EXPECT_THROW((void)parse_rule(rule), std::invalid_argument) << rule;
}

TEST(Converters, AcceptWholeSegments) {
    struct Row {
        Converter converter;
        const char* segment;
        bool accepted;
    };
    using enum Converter;
    const Row rows[] = {
        {kInt, "0", true},
        {kInt, "007", true},
        {kInt, "9223372036854775807", true},
        {kInt, "9223372036854775808", false},
        {kInt, "-1", false},
        {kInt, "+1", false},
        {kInt, "", false},
        {kInt, " 1", false},
        {kInt, "1a", false},
        {kInt, "0x1", false},
        {kUint, "18446744073709551615", true},
        {kUint, "18446744073709551616", false},
        {kUint, "-1", false},
        {kUuid, "123e4567-e89b-12d3-a456-426614174000", true},
        {kUuid, "123E4567-E89B-12D3-A456-426614174000", true},
        {kUuid, "123e4567e89b12d3a456426614174000", false},
        {kUuid, "123e4567-e89b-12d3-a456-42661417400g", false},
        {kUuid, "{23e4567-e89b-12d3-a456-426614174000", false},
        {kStr, "a", true},
        {kStr, "", false},
        {kPath, "a/b", true},
        {kPath, "", false},
    };
    for (const Row& row : rows)
        EXPECT_EQ(accepts(row.converter, row.segment), row.accepted) << row.segment;
}

}  // namespace
}  // namespace grove::web
