// Which rule a path finds.
#include "route_tree.h"
#include "route_match.h"

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace grove::web {
namespace {

Response say(Request&) { return text(""); }

Routes routes_of(const std::vector<const char*>& rules, const std::string& method = "GET") {
    Routes routes;
    for (const char* rule : rules)
        routes.add({.path = parse_rule(rule), .methods = {method}, .handler = say});
    return routes;
}

/// "rule value value", "" if there is none.
std::string found(const RouteTree& tree, const RequestPath& path, const char* method = "GET") {
    const Route* const found = tree.find(path, method);
    if (found == nullptr) return "";
    std::string told = found->path.text;
    for (const RuleSegment& segment : found->path.segments) {
        if (!segment.converter) continue;
        told += ' ' + decoded(find_parameter(found->path, path, segment.text)->sent, path);
    }
    return told;
}

struct PathRow {
    const char* path;
    const char* found;
};

TEST(RouteTree, FindsTheMostSpecialRuleAndGoesBack) {
    const Routes routes = routes_of({"/{all:path}", "/{x}/{y}/c", "/a/{y}/d", "/a/b/e", "/{x}",
                                     "/a", "/{n:int}", "/{id:uuid}", "/", "/{x}/"});
    const RouteTree tree{routes.routes};
    for (const PathRow& row :
         {PathRow{"/", "/"}, PathRow{"/a", "/a"}, PathRow{"/b", "/{x} b"},
          PathRow{"/12", "/{n:int} 12"},
          PathRow{"/99999999999999999999", "/{x} 99999999999999999999"},
          PathRow{"/123e4567-e89b-12d3-a456-426614174000",
                  "/{id:uuid} 123e4567-e89b-12d3-a456-426614174000"},
          PathRow{"/a/b/e", "/a/b/e"}, PathRow{"/a/b/d", "/a/{y}/d b"},
          PathRow{"/a/b/c", "/{x}/{y}/c a b"}, PathRow{"/a/b/f", "/{all:path} a/b/f"},
          PathRow{"/a/", "/{x}/ a"}, PathRow{"//", "/{all:path} /"},
          PathRow{"/a//", "/{all:path} a//"}, PathRow{"*", ""}, PathRow{"a", ""}, PathRow{"", "/"}})
        EXPECT_EQ(found(tree, {row.path, false}), row.found) << row.path;
}

TEST(RouteTree, DecodesSegmentsOnce) {
    const Routes routes = routes_of({"/a b", "/p/{x}/{y}", "/files/{rest:path}", "/{x}"});
    const RouteTree tree{routes.routes};
    for (const PathRow& row :
         {PathRow{"/a%20b", "/a b"}, PathRow{"/a%2Fb", "/{x} a/b"},
          PathRow{"/p/a%2Fb/c", "/p/{x}/{y} a/b c"}, PathRow{"/p/%2541/x", "/p/{x}/{y} %41 x"},
          PathRow{"/%66iles/a%2Fb/c", "/files/{rest:path} a/b/c"}, PathRow{"/%zz", "/{x} %zz"}})
        EXPECT_EQ(found(tree, {row.path, true}), row.found) << row.path;
    EXPECT_EQ(found(tree, {"/a%20b", false}), "/{x} a%20b");
}

TEST(RouteTree, PassesOverRulesWithoutTheMethod) {
    Routes routes = routes_of({"/a"});
    routes.add({.path = parse_rule("/{x}"), .methods = {"POST"}, .handler = say});
    routes.add({.path = parse_rule("/b"), .methods = {"GET"}, .handler = say});
    routes.add({.path = parse_rule("/b"), .methods = {"HEAD"}, .handler = say});
    const RouteTree tree{routes.routes};

    EXPECT_EQ(found(tree, {"/a", false}, "POST"), "/{x} a");
    EXPECT_EQ(found(tree, {"/a", false}, "HEAD"), "/a");
    EXPECT_EQ(found(tree, {"/a", false}, "PUT"), "");
    EXPECT_EQ(tree.find({"/b", false}, "HEAD"), &routes.routes[3]);
    EXPECT_EQ(tree.all({"/b", false}).size(), 3U);
    EXPECT_TRUE(tree.all({"/a/b", false}).empty());
}

TEST(Routes, MayNotShareAPathUnlessOneIsMoreSpecial) {
    for (const std::vector<const char*>& rules :
         {std::vector{"/a", "/a"}, std::vector{"/{x}", "/{y}"}, std::vector{"/a/{x}", "/{y}/b"},
          std::vector{"/{x:int}", "/{y:uint}"}, std::vector{"/a/{rest:path}", "/{x}/b"}}) {
        try {
            routes_of(rules);
            ADD_FAILURE() << rules[0] << ' ' << rules[1];
        } catch (const std::invalid_argument& error) {  // names both
            EXPECT_NE(std::string{error.what()}.find('"' + std::string{rules[0]} + '"'),
                      std::string::npos);
            EXPECT_NE(std::string{error.what()}.find('"' + std::string{rules[1]} + '"'),
                      std::string::npos);
        }
    }
}

TEST(RouteTree, TellsTextsApartThatDifferInOneByte) {
    std::vector<std::string> texts{""};
    for (const std::size_t size : {1U, 7U, 8U, 9U, 17U}) {
        for (std::size_t at = 0; at != size; ++at) {
            texts.emplace_back(size, 'a');
            texts.back()[at] = 'b';
        }
    }
    Routes routes;
    for (const std::string& text : texts)
        routes.add({.path = parse_rule("/in/" + text), .methods = {"GET"}, .handler = say});
    const RouteTree tree{routes.routes};
    for (const std::string& text : texts)
        EXPECT_EQ(found(tree, {"/in/" + text, false}), "/in/" + text);
    for (const std::size_t size : {1U, 7U, 8U, 9U, 17U})
        EXPECT_EQ(found(tree, {"/in/" + std::string(size, 'a'), false}), "");
}

// Found by search: as children of the root both have the same hash, and a client may know such texts too.
TEST(RouteTree, TellsTextsApartThatHaveOneHash) {
    Routes routes = routes_of({"/r029505", "/another"});
    const RouteTree tree{routes.routes};
    EXPECT_EQ(found(tree, {"/r029505", false}), "/r029505");
    EXPECT_EQ(found(tree, {"/r076229", false}), "");
}

TEST(RouteTree, HoldsAThousandRules) {
    Routes routes;
    for (int n = 0; n < 1000; ++n) {
        routes.add({.path = parse_rule("/things" + std::to_string(n) + "/{id:int}/parts"),
                    .methods = {"GET"},
                    .handler = say});
    }
    const RouteTree tree{routes.routes};

    EXPECT_EQ(found(tree, {"/things999/7/parts", false}), "/things999/{id:int}/parts 7");
    EXPECT_EQ(found(tree, {"/things1000/7/parts", false}), "");
}

}  // namespace
}  // namespace grove::web
