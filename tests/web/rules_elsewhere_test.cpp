// What Werkzeug 3 and the ServeMux of Go 1.22 do with rules and paths, and what grove does. The rules
// are written as grove's are; where grove differs from the other, the row says why.
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <grove/http/environ.h>
#include <grove/testing.h>
#include <grove/web/router.h>

#include "greenlet_test.h"

namespace grove::web {
namespace {

struct Fact {
    std::vector<const char*> rules;  ///< "GET /a", in the order in which they are added.
    const char* asked;               ///< "GET /a"; "": the rules are all that counts.
    /// "/a/{x} value": the rule that answers, with its values (to HEAD: ""); "404"; "405 ALLOW"; "308 LOCATION";
    /// "refused": the rules cannot stand together, or one of them is not a rule; "taken": they are rules.
    const char* there;
    const char* here = nullptr;  ///< Null: the same.
    const char* why = "";        ///< `here` differs.
};

// "/{a:int}/{b}": a, b
std::vector<std::string> names_in(std::string_view rule) {
    std::vector<std::string> names;
    for (std::size_t at = 0; (at = rule.find('{', at)) != std::string_view::npos; ++at)
        names.emplace_back(rule.substr(at + 1, rule.find_first_of(":}", at) - at - 1));
    return names;
}

Response tell_match(Request& request) {
    std::string told{request.environ()["grove.route"]};
    for (const std::string& name : names_in(told)) {
        // A number is told as it was parsed.
        if (told.find('{' + name + ":int}") != std::string::npos) {
            told += ' ' + std::to_string(request.path<std::int64_t>(name));
        } else {
            told += ' ' + request.path<std::string>(name);
        }
    }
    return text(told);
}

std::string first_word(std::string_view text) {
    return std::string{text.substr(0, text.find(' '))};
}
std::string rest(std::string_view text) { return std::string{text.substr(text.find(' ') + 1)}; }

std::string told_by_grove(const Fact& fact, const RouterOptions& options) {
    Router router{options};
    try {
        for (const char* rule : fact.rules) router.route(first_word(rule), rest(rule), tell_match);
    } catch (const std::invalid_argument&) {
        return "refused";
    }
    const std::string asked = fact.asked;
    if (asked.empty()) return "taken";
    const http::TestAnswer answer =
        http::call(router, {.method = first_word(asked), .target = rest(asked)});
    if (answer.status == 200) return answer.body;
    std::string told = std::to_string(answer.status);
    if (answer.status == 405) told += ' ' + answer.header("allow");
    if (answer.status == 308) told += ' ' + answer.header("location");
    return told;
}

void hold(const std::vector<Fact>& facts, const RouterOptions& options = {}) {
    for (const Fact& fact : facts) {
        std::string row = std::string{fact.asked} + " among";
        for (const char* rule : fact.rules) row.append(" ").append(rule);
        SCOPED_TRACE(row);
        EXPECT_EQ(told_by_grove(fact, options), fact.here != nullptr ? fact.here : fact.there);
        EXPECT_EQ(fact.here != nullptr, *fact.why != '\0') << "a difference has its reason";
        if (fact.here != nullptr) {
            EXPECT_STRNE(fact.here, fact.there);
        }
    }
}

GREENLET_TEST(RulesOfWerkzeug, ChooseAsGroveDoes) {
    hold({
        // The order of registration does not count: text, then int, then str, then path.
        {{"GET /{x}", "GET /a"}, "GET /a", "/a"},
        {{"GET /a", "GET /{x}"}, "GET /a", "/a"},
        {{"GET /{x}", "GET /a"}, "GET /b", "/{x} b"},
        {{"GET /{x}", "GET /{n:int}"}, "GET /7", "/{n:int} 7"},
        {{"GET /{x}", "GET /{n:int}"}, "GET /7a", "/{x} 7a"},
        {{"GET /{n:int}", "GET /7"}, "GET /7", "/7"},
        {{"GET /{all:path}", "GET /{x}"}, "GET /a", "/{x} a"},
        {{"GET /{all:path}", "GET /{x}"}, "GET /a/b", "/{all:path} a/b"},
        {{"GET /{all:path}", "GET /a/b"}, "GET /a/b", "/a/b"},
        {{"GET /{all:path}", "GET /"}, "GET /", "/"},
        {{"GET /{x}", "GET /{id:uuid}"},
         "GET /123e4567-e89b-12d3-a456-426614174000",
         "/{x} 123e4567-e89b-12d3-a456-426614174000",
         "/{id:uuid} 123e4567-e89b-12d3-a456-426614174000",
         "a uuid is more special than a text, whichever was first"},
        // Text at the front is tried first, and left again where it leads nowhere.
        {{"GET /{x}/b", "GET /a/{y}/c"}, "GET /a/b", "/{x}/b a"},
        {{"GET /{x}/b", "GET /a/c"}, "GET /a/b", "/{x}/b a"},
        {{"GET /a/{y}/d", "GET /{x}/{y}/c"}, "GET /a/b/c", "/{x}/{y}/c a b"},
        {{"GET /{n:int}/a", "GET /{x}/b"}, "GET /7/b", "/{x}/b 7"},
        {{"GET /a/{x}", "GET /{all:path}"}, "GET /a/b/c", "/{all:path} a/b/c"},
        // Where two cross, one wins there.
        {{"GET /{x}/b", "GET /a/{y}"},
         "GET /a/b",
         "/a/{y} b",
         "refused",
         "none is more special: both are named when the second is added"},
        {{"GET /{x}", "GET /{y}"}, "GET /a", "/{x} a", "refused", "the second could never answer"},
        {{"GET /a", "GET /a"}, "GET /a", "/a", "refused", "the second could never answer"},
    });
}

GREENLET_TEST(RulesOfWerkzeug, ConvertAsGroveDoes) {
    hold({
        {{"GET /{n:int}"}, "GET /0", "/{n:int} 0"},
        {{"GET /{n:int}"}, "GET /007", "/{n:int} 7"},
        {{"GET /{n:int}"}, "GET /-7", "404"},
        {{"GET /{n:int}"}, "GET /+7", "404"},
        {{"GET /{n:int}"}, "GET /7.0", "404"},
        {{"GET /{n:int}"}, "GET /%37", "/{n:int} 7"},
        {{"GET /{n:int}"}, "GET /", "404"},
        {{"GET /{n:int}"},
         "GET /9223372036854775808",
         "/{n:int} 9223372036854775808",
         "404",
         "a number that no std::int64_t can be is none"},
        {{"GET /{x}"}, "GET /", "404"},
        {{"GET /{x}"}, "GET /a%20b", "/{x} a b"},
        {{"GET /{x}"}, "GET /%C3%A9", "/{x} \xc3\xa9"},
        {{"GET /{x}"}, "GET /a%2Fb", "404", "/{x} a/b", "an encoded slash separates nothing"},
        {{"GET /{x}"}, "GET /a/b", "404"},
        {{"GET /a/{all:path}"}, "GET /a/b/c", "/a/{all:path} b/c"},
        {{"GET /a/{all:path}"}, "GET /a/", "404"},
        {{"GET /{id:uuid}"},
         "GET /123E4567-E89B-12D3-A456-426614174000",
         "/{id:uuid} 123e4567-e89b-12d3-a456-426614174000",
         "/{id:uuid} 123E4567-E89B-12D3-A456-426614174000",
         "a uuid is text, as it was sent"},
        {{"GET /{id:uuid}"}, "GET /123e4567e89b12d3a456426614174000", "404"},
        {{"GET /a{x}"}, "", "taken", "refused", "a parameter is a whole segment"},
        {{"GET /{x}.json"}, "", "taken", "refused", "a parameter is a whole segment"},
        {{"GET /{all:path}/edit"}, "", "taken", "refused", "a path stands last"},
        {{"GET /{x:float}"}, "", "taken", "refused", "there is no such converter"},
        {{"GET /{x}/{x}"}, "", "refused"},
        {{"GET /{x:unknown}"}, "", "refused"},
        {{"GET a"}, "", "refused"},
    });
}

GREENLET_TEST(RulesOfWerkzeug, AnswerMethodsAsGroveDoes) {
    hold({
        {{"GET /a"}, "POST /a", "405 GET, HEAD", "405 GET, HEAD, OPTIONS", "grove answers OPTIONS"},
        {{"GET /a"}, "HEAD /a", ""},
        {{"POST /a", "GET /{x}"}, "GET /a", "/{x} a"},
        {{"POST /{x}", "GET /a"}, "POST /a", "/{x} a"},
        {{"POST /a", "GET /a"}, "GET /a", "/a"},
        {{"POST /a"}, "GET /b", "404"},
    });
    const std::string both = told_by_grove({{"PUT /a", "GET /{x}"}, "POST /a", ""}, {});
    EXPECT_EQ(both, "405 PUT, GET, HEAD, OPTIONS") << "of all rules of the path, as there";
}

GREENLET_TEST(RulesOfWerkzeug, RedirectSlashesAsGroveDoes) {
    const RouterOptions redirecting{.redirect_slashes = true};
    hold(
        {
            {{"GET /a/"}, "GET /a", "308 /a/"},
            {{"GET /a/"}, "GET /a?b=c", "308 /a/?b=c"},
            {{"GET /a/", "GET /a"}, "GET /a", "/a"},
            {{"GET /a/", "GET /a"}, "GET /a/", "/a/"},
            {{"GET /{x}/"}, "GET /a%20b", "308 /a%20b/"},
            {{"GET /a/", "GET /{x}"},
             "GET /a",
             "308 /a/",
             "/{x} a",
             "what matches is not redirected"},
            {{"GET /a"}, "GET /a/", "404", "308 /a", "in both directions"},
            {{"GET /a/b"}, "GET /a//b", "308 /a/b", "404", "an empty segment is one"},
            {{"GET /a"}, "GET //a", "/a", "404", "an empty segment is one"},
        },
        redirecting);
    hold({
        {{"GET /a/"}, "GET /a", "308 /a/", "404", "only if RouterOptions tell so"},
        {{"GET /a"}, "GET /a/", "404"},
    });
}

GREENLET_TEST(PatternsOfServeMux, ChooseAsGroveDoes) {
    hold({
        {{"GET /posts/{id}", "GET /posts/latest"}, "GET /posts/latest", "/posts/latest"},
        {{"GET /posts/{id}", "GET /posts/latest"}, "GET /posts/7", "/posts/{id} 7"},
        {{"GET /b/{bucket}/o/{noun}", "GET /b/{bucket}/o/default"},
         "GET /b/x/o/default",
         "/b/{bucket}/o/default x"},
        {{"GET /{all:path}", "GET /a/{rest:path}"}, "GET /a/b", "/a/{rest:path} b"},
        {{"GET /{all:path}", "GET /{x}/{y}"}, "GET /a/b", "/{x}/{y} a b"},
        {{"GET /a/{x}/{rest:path}", "GET /a/b"}, "GET /a/b", "/a/b"},
        {{"GET /a/{x}", "GET /{y}/{z}/c"}, "GET /a/b/c", "/{y}/{z}/c a b"},
        // What shares a path and is not more special is refused when it is added.
        {{"GET /posts/{id}", "GET /{resource}/latest"}, "", "refused"},
        {{"GET /b/{bucket}/{verb}/default", "GET /b/{bucket}/o/{noun}"}, "", "refused"},
        {{"GET /{x}", "GET /{y}"}, "", "refused"},
        {{"GET /a", "GET /a"}, "", "refused"},
        {{"GET /a/{rest:path}", "GET /{x}/b"}, "", "refused"},
        {{"GET /{x}/b/{rest:path}", "GET /a/{y}/c"}, "", "refused"},
        {{"GET /{rest:path}", "GET /{all:path}"}, "", "refused"},
        // What shares none is not.
        {{"GET /a/{x}", "GET /{y}/b/c"}, "", "taken"},
        {{"GET /a/{x}", "GET /b/{x}"}, "", "taken"},
        {{"GET /{x}/a", "GET /{x}/b"}, "", "taken"},
        {{"GET /a", "GET /a/"}, "", "taken"},
        {{"GET /posts/{id}", "POST /{resource}/latest"}, "", "taken"},
        {{"GET /a", "POST /a"}, "", "taken"},
    });
}

GREENLET_TEST(PatternsOfServeMux, MatchAsGroveDoes) {
    hold({
        {{"GET /{x}"}, "GET /a%2Fb", "/{x} a/b"},
        {{"GET /{x}/c"}, "GET /a%2Fb/c", "/{x}/c a/b"},
        {{"GET /{x}"}, "GET /a/", "404"},
        {{"GET /{x}/"}, "GET /a/", "/{x}/ a"},
        {{"GET /a b"}, "GET /a%20b", "/a b"},
        {{"GET /a"}, "GET /%61", "/a"},
        {{"GET /files/{rest:path}"}, "GET /files/a/b", "/files/{rest:path} a/b"},
        {{"GET /files/{rest:path}"},
         "GET /files/",
         "/files/{rest:path} ",
         "404",
         "a path has a byte at least"},
        {{"GET /{x}"}, "", "taken"},
        {{"GET /a{x}"}, "", "refused"},
        {{"GET /{x}b"}, "", "refused"},
        {{"GET /{}"}, "", "refused"},
        {{"GET /{x"}, "", "refused"},
        {{"GET /{x-y}"}, "", "refused"},
        {{"GET /{x}/{x}"}, "", "refused"},
        {{"GET /{rest:path}/a"}, "", "refused"},
        {{"GET /{rest:path}/"}, "", "refused"},
        {{"GET,POST /a"}, "", "refused", "taken", "a rule may have several methods"},
    });
}

GREENLET_TEST(PatternsOfServeMux, AnswerMethodsAsGroveDoes) {
    hold({
        {{"GET /a"}, "HEAD /a", ""},
        {{"GET /a"}, "POST /a", "405 GET, HEAD", "405 GET, HEAD, OPTIONS", "grove answers OPTIONS"},
        {{"PUT /a", "GET /a"},
         "POST /a",
         "405 GET, HEAD, PUT",
         "405 PUT, GET, HEAD, OPTIONS",
         "in the order of registration"},
        {{"POST /a", "GET /{x}"}, "GET /a", "/{x} a"},
        {{"GET /a", "HEAD /{x}"}, "", "refused", "taken", "GET's HEAD is as special as its path"},
        {{"GET /a", "HEAD /a"}, "", "taken"},
    });
}

// In Go, "/tree/" is all below: an application that is mounted has that here.
GREENLET_TEST(PatternsOfServeMux, HaveWhatIsBelowAsMountsDo) {
    Router router;
    router.get("/images/thumbnails/{x}", tell_match).get("/images/{x}", tell_match);
    router.mount("/images", Application{[](http::Environ& environ, http::StartResponse& start) {
                     start("200 OK", {{"Content-Type", "text/plain"}});
                     return http::Body{"below " + std::string{environ["PATH_INFO"]}};
                 }});
    const auto body = [&](const char* target) {
        return http::call(router, {.target = target}).body;
    };

    EXPECT_EQ(body("/images/thumbnails/a"), "/images/thumbnails/{x} a");
    EXPECT_EQ(body("/images/a"), "/images/{x} a");
    EXPECT_EQ(body("/images/a/b"), "below /a/b");
    EXPECT_EQ(body("/images/"), "below /");
    EXPECT_EQ(body("/images"), "below ") << "where ServeMux redirects to /images/";
    EXPECT_EQ(http::call(router, {.target = "/imagesx"}).status, 404);
}

}  // namespace
}  // namespace grove::web
