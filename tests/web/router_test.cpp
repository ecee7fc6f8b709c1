// Which handler answers, and what is answered without one.
#include <grove/web/router.h>

#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include <gmock/gmock.h>

#include <grove/http/environ.h>
#include <grove/http/mounts.h>
#include <grove/testing.h>

#include "greenlet_test.h"

namespace grove::web {
namespace {

using ::testing::IsEmpty;

/// Answers with the rule that matched, and the value of x if there is one.
Response tell_rule(Request& request) {
    std::string told{request.environ()["grove.route"]};
    if (told.find("{x") != std::string::npos) told += ' ' + request.path<std::string>("x");
    return text(told).header("X-Method", std::string{request.method()});
}

http::TestAnswer ask(const Router& router, const std::string& target,
                     const std::string& method = "GET") {
    return http::call(router, {.method = method, .target = target});
}

GREENLET_TEST(Router, FindsTheRuleOfThePath) {
    const Router router = std::move(Router{}
                                        .get("/", tell_rule)
                                        .get("/items/{x:int}", tell_rule)
                                        .get("/items/{x}", tell_rule)
                                        .get("/items/new", tell_rule)
                                        .get("/files/{x:path}", tell_rule));
    struct Asked {
        const char* target;
        const char* told;
    };
    for (const Asked& row :
         {Asked{"/", "/"}, Asked{"/?a=b", "/"}, Asked{"/items/7", "/items/{x:int} 7"},
          Asked{"/items/new", "/items/new"}, Asked{"/items/n%65w", "/items/new"},
          Asked{"/items/a%2Fb", "/items/{x} a/b"}, Asked{"/items/-7", "/items/{x} -7"},
          Asked{"/files/a/b%20c", "/files/{x:path} a/b c"}}) {
        const http::TestAnswer answer = ask(router, row.target);
        EXPECT_EQ(answer.status, 200) << row.target;
        EXPECT_EQ(answer.body, row.told) << row.target;
        EXPECT_THAT(answer.errors, IsEmpty());
    }
    for (const char* target : {"/items", "/items/", "/items/7/", "/files/", "/nothing"})
        EXPECT_EQ(ask(router, target).status, 404) << target;
}

GREENLET_TEST(Router, GoesByPathInfoIfThatWasChanged) {
    const Router router = std::move(Router{}.get("/new/{x}", tell_rule).use([](Application inner) {
        return [inner](http::Environ& environ, http::StartResponse& start_response) {
            environ.set("PATH_INFO", "/new/a%2Fb");
            return inner(environ, start_response);
        };
    }));

    EXPECT_EQ(ask(router, "/old/c%2Fd").body, "/new/{x} a%2Fb");
}

GREENLET_TEST(Router, ParsesNumbersOfThePath) {
    const Router router =
        std::move(Router{}
                      .get("/int/{n:int}",
                           [](Request& request) {
                               EXPECT_THROW(request.path<std::string>("m"), std::out_of_range);
                               const auto n = request.path<std::int64_t>("n");
                               return text(std::to_string(n));
                           })
                      .get("/uint/{n:uint}",
                           [](Request& request) {
                               EXPECT_THROW(request.path<std::int64_t>("n"), std::out_of_range);
                               const auto n = request.path<std::uint64_t>("n");
                               return text(std::to_string(n));
                           })
                      .get("/str/{n}", [](Request& request) {
                          EXPECT_THROW(request.path<std::int64_t>("n"), std::logic_error);
                          return text(request.path<std::string>("n"));
                      }));

    EXPECT_EQ(ask(router, "/int/9223372036854775807").body, "9223372036854775807");
    EXPECT_EQ(ask(router, "/int/9223372036854775808").status, 404);
    EXPECT_EQ(ask(router, "/uint/18446744073709551615").body, "18446744073709551615");
    EXPECT_EQ(ask(router, "/str/12").body, "12");
}

GREENLET_TEST(Router, AnswersMethodsThatNoRuleHas) {
    const Router router = std::move(Router{}
                                        .post("/a", tell_rule)
                                        .get("/{x}", tell_rule)
                                        .route("PUT, DELETE", "/a", tell_rule)
                                        .route("OPTIONS", "/own", tell_rule));
    struct Asked {
        const char* method;
        const char* target;
        int status;
        const char* allow;
    };
    for (const Asked& row : {Asked{"PATCH", "/a", 405, "POST, GET, HEAD, PUT, DELETE, OPTIONS"},
                             Asked{"POST", "/b", 405, "GET, HEAD, OPTIONS"},
                             Asked{"OPTIONS", "/b", 204, "GET, HEAD, OPTIONS"},
                             Asked{"OPTIONS", "/own", 200, ""}, Asked{"DELETE", "/a", 200, ""},
                             Asked{"GET", "/a", 200, ""}, Asked{"OPTIONS", "/b/c", 404, ""}}) {
        const http::TestAnswer answer = ask(router, row.target, row.method);
        EXPECT_EQ(answer.status, row.status) << row.method << ' ' << row.target;
        EXPECT_EQ(answer.header("allow"), row.allow) << row.method << ' ' << row.target;
    }
    EXPECT_EQ(ask(router, "/a").body, "/{x} a");
}

GREENLET_TEST(Router, AnswersHeadByGet) {
    const Router router = std::move(Router{}.get("/a", tell_rule));
    const http::TestAnswer answer = ask(router, "/a", "HEAD");

    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("x-method"), "HEAD");
    EXPECT_EQ(answer.header("content-length"), "2");
    EXPECT_EQ(answer.body, "");
}

GREENLET_TEST(Router, RedirectsSlashesIfItIsTold) {
    const Router router = std::move(Router{RouterOptions{.redirect_slashes = true}}
                                        .get("/a", tell_rule)
                                        .get("/b/", tell_rule)
                                        .get("/{x}/c", tell_rule)
                                        .get("/{x:int}/{y}/", tell_rule));
    struct Asked {
        const char* target;
        int status;
        const char* location;
    };
    for (const Asked& row : {Asked{"/a/?q=%20", 308, "/a?q=%20"}, Asked{"/b", 308, "/b/"},
                             Asked{"/b?", 308, "/b/"}, Asked{"/x%2Fy%20/c/", 308, "/x%2Fy%20/c"},
                             Asked{"/1/%5C", 308, "/1/%5C/"}, Asked{"//c/", 404, ""},
                             Asked{"/a//", 404, ""}, Asked{"/d", 404, ""}, Asked{"/a", 200, ""}}) {
        const http::TestAnswer answer = ask(router, row.target);
        EXPECT_EQ(answer.status, row.status) << row.target;
        EXPECT_EQ(answer.header("location"), row.location) << row.target;
    }
    EXPECT_EQ(ask(router, "/a/", "POST").status, 404);
    EXPECT_EQ(ask(std::move(Router{}.get("/a", tell_rule)), "/a/").status, 404);
}

GREENLET_TEST(Router, NeverRedirectsToAnotherHost) {
    // "//evil.test" is not "/{x}", as its first segment is empty; a rule with an empty one is.
    const Router router =
        std::move(Router{RouterOptions{.redirect_slashes = true}}.get("//{x}/", tell_rule));

    EXPECT_EQ(ask(router, "//evil.test/").status, 200);
    EXPECT_EQ(ask(router, "//evil.test").status, 404);
}

GREENLET_TEST(Router, HasAHandlerForWhatIsNotThere) {
    Router router;
    router.get("/a", tell_rule).not_found([](Request& request) {
        return text("no " + std::string{request.path()}, 404);
    });

    EXPECT_EQ(ask(router, "/b").body, "no /b");
    EXPECT_EQ(ask(router, "/a", "POST").status, 405);
}

GREENLET_TEST(Router, GivesTheUrlOfARule) {
    Router router;
    router.get("/a b/{x}/{rest:path}", tell_rule, "long").get("/", [](Request& request) {
        EXPECT_THROW(static_cast<void>(request.url_for("none")), std::invalid_argument);
        EXPECT_THROW(static_cast<void>(request.url_for("number", {{"n", "x"}})),
                     std::invalid_argument);
        EXPECT_THROW(static_cast<void>(request.url_for("number")), std::invalid_argument);
        return text(request.url_for("long", {{"x", "1/2"}, {"rest", "3/4 5"}, {"q", "6&7"}}) + ' ' +
                    request.url_for("number", {{"n", "7"}}));
    });
    router.get("/{n:int}", tell_rule, "number");

    EXPECT_EQ(ask(router, "/").body, "/a%20b/1%2F2/3/4%205?q=6%267 /7");
    const http::Mounts mounts{{{.path = "/the shop", .application = router}}};
    EXPECT_EQ(http::call(mounts, {.target = "/the%20shop/"}).body,
              "/the%20shop/a%20b/1%2F2/3/4%205?q=6%267 /the%20shop/7");
    EXPECT_EQ(http::call(mounts, {.target = "/the%20shop"}).status, 200);
}

GREENLET_TEST(Router, GivesNoUrlOfAnotherHost) {  // what a handler redirects to
    Router router;
    router.get(
        "/{rest:path}",
        [](Request& request) {
            return text(request.url_for("all", {{"rest", request.path<std::string>("rest")}}));
        },
        "all");

    EXPECT_EQ(ask(router, "//evil.test/a").body, "/.//evil.test/a");
    EXPECT_EQ(ask(router, "/a//b").body, "/a//b");
}

GREENLET_TEST(Router, GivesNoUrlThatLeadsElsewhere) {  // RFC 3986 section 5.2.4
    Router router;
    router.get("/{x}/{rest:path}", tell_rule, "both").get("/", [](Request& request) {
        const auto url = [&](const std::string& x, const std::string& rest) {
            try {
                return request.url_for("both", {{"x", x}, {"rest", rest}});
            } catch (const std::invalid_argument&) {
                return std::string{"none"};
            }
        };
        std::string told;
        for (const char* x : {".", "..", "...", ".a", "../b"}) told += url(x, "c") + ' ';
        for (const char* rest : {".", "..", "a/..", "../a", "a/./b", "a//..", "..a/b..", "..."})
            told += url("x", rest) + ' ';
        return text(told);
    });

    EXPECT_EQ(ask(router, "/").body,
              "none none /.../c /.a/c /..%2Fb/c "
              "none none none none none none /x/..a/b.. /x/... ");
}

GREENLET_TEST(Router, IsAsItWasWhenItsApplicationWasMade) {
    Router router;
    router.get("/a", tell_rule);
    const Application before = router;
    router.get("/b", tell_rule);

    EXPECT_EQ(http::call(before, {.target = "/b"}).status, 404);
    EXPECT_EQ(ask(router, "/b").status, 200);
}

TEST(Router, RefusesWhatItCouldNotServe) {
    Router router;
    router.get("/a/{x}", tell_rule, "a");

    EXPECT_THROW(router.get("/a/{y}", tell_rule), std::invalid_argument);
    EXPECT_THROW(router.get("/{x}/b", tell_rule), std::invalid_argument);
    EXPECT_THROW(router.get("/c", tell_rule, "a"), std::invalid_argument);
    EXPECT_THROW(router.get("c", tell_rule), std::invalid_argument);
    EXPECT_THROW(router.get("/c", nullptr), std::invalid_argument);
    EXPECT_THROW(router.use(nullptr), std::invalid_argument);
    EXPECT_THROW(router.not_found(nullptr), std::invalid_argument);
    EXPECT_THROW(router.mount("/m", Application{}), std::invalid_argument);
    EXPECT_THROW(router.mount("/{m}", Router{}), std::invalid_argument);
    for (const char* methods : {"", ",", "GET,", "GET POST", "GET;POST"})
        EXPECT_THROW(router.route(methods, "/c", tell_rule), std::invalid_argument) << methods;
    EXPECT_NO_THROW(router.post("/{x}/b", tell_rule));
}

}  // namespace
}  // namespace grove::web
