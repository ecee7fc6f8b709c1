// Routers and applications below a path, and middleware around them.
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <grove/http/environ.h>
#include <grove/http/http_error.h>
#include <grove/http/mounts.h>
#include <grove/testing.h>
#include <grove/web/router.h>

#include "greenlet_test.h"

namespace grove::web {
namespace {

using ::testing::ElementsAre;

/// Adds `word` to X-Mark behind what is there.
Middleware marking(std::string word) {
    return [word](Application inner) {
        return Application{[word, inner](http::Environ& environ, http::StartResponse& start) {
            http::StartResponse marked{
                [&](std::string status, Headers headers, std::exception_ptr exc_info) {
                    headers.emplace_back("X-Mark", word);
                    return start(std::move(status), std::move(headers), std::move(exc_info));
                }};
            return inner(environ, marked);
        }};
    };
}

Response tell_place(Request& request) {
    http::Environ& environ = request.environ();
    return text(std::string{environ["SCRIPT_NAME"]} + '|' + std::string{environ["PATH_INFO"]} +
                '|' + std::string{environ["grove.route"]});
}

Body tell_mounted(http::Environ& environ, http::StartResponse& start_response) {
    start_response("200 OK", {{"Content-Type", "text/plain"}});
    return std::string{environ["SCRIPT_NAME"]} + '|' + std::string{environ["PATH_INFO"]};
}

http::TestAnswer ask_mounted(const Application& application, const std::string& target,
                             const std::string& method = "GET") {
    return http::call(application, {.method = method, .target = target});
}

GREENLET_TEST(Mount, MovesItsPrefixToTheScriptName) {
    Router inner;
    inner.get("/items/{id:int}", tell_place).get("/", tell_place).get("", tell_place);
    Router middle;
    middle.mount("/v1", inner);
    Router router;
    router.mount("/api/", middle).mount("/files", tell_mounted).get("/files/own", tell_place);
    struct Asked {
        const char* target;
        const char* told;
    };
    for (const Asked& row :
         {Asked{"/api/v1/items/7", "/api/v1|/items/7|/api/v1/items/{id:int}"},
          Asked{"/api/v1/", "/api/v1|/|/api/v1/"}, Asked{"/api/v1", "/api/v1||/api/v1"},
          Asked{"/%61pi/v1", "/api/v1||/api/v1"}, Asked{"/files", "/files|"},
          Asked{"/files/", "/files|/"}, Asked{"/files/a%20b//c", "/files|/a b//c"},
          Asked{"/files/own", "|/files/own|/files/own"}})
        EXPECT_EQ(ask_mounted(router, row.target).body, row.told) << row.target;
    EXPECT_EQ(ask_mounted(router, "/filesystem").status, 404);
    EXPECT_EQ(ask_mounted(router, "/files/x", "PATCH").status, 200);
}

GREENLET_TEST(Mount, MayHoldARouterAsAnApplication) {
    Router inner;
    inner.get(
        "/{x}",
        [](Request& request) {
            return text(request.path<std::string>("x") + request.url_for("self", {{"x", "1"}}));
        },
        "self");
    inner.use(marking("inner"));
    Router router;
    router.mount("/a", inner.application());

    EXPECT_EQ(ask_mounted(router, "/a/b%2Fc").body, "b/c/a/1");
    EXPECT_EQ(ask_mounted(router, "/a/b").header("x-mark"), "inner");
}

GREENLET_TEST(Mount, TellsTheWholeRuleOfARouterWithinAnApplication) {
    const Middleware twice = [](Application inner) -> Application {
        return [inner](http::Environ& environ, http::StartResponse&) -> Body {
            const std::string path_info{environ["PATH_INFO"]};
            const std::string script_name{environ["SCRIPT_NAME"]};
            std::string routes;
            for (int call = 0; call != 2; ++call) {
                environ.set("PATH_INFO", path_info);
                environ.set("SCRIPT_NAME", script_name);
                http::StartResponse unheard{[](std::string, Headers, std::exception_ptr) {
                    return http::Write{[](std::string_view) {}};
                }};
                static_cast<void>(inner(environ, unheard));
                routes.append(environ["grove.route"]).append("\n");
            }
            throw http::HttpError{404, routes};
        };
    };
    Router innermost;
    innermost.get("/{x:int}", tell_place).use(twice);
    Router inner;
    inner.get("/own", tell_place).use(twice);
    Router router;
    router.mount("/a", inner.application());
    Router plain;
    plain.mount("/a", Router{}.get("/{x}", tell_place).application());

    EXPECT_EQ(ask_mounted(plain, "/a/1").body, "/a|/1|/a/{x}");
    EXPECT_EQ(ask_mounted(router, "/a/own").body, "/a/own\n/a/own\n");
    const http::Mounts mounts{{{.path = "/shop", .application = plain}}};
    EXPECT_EQ(http::call(mounts, {.target = "/shop/a/1"}).body, "/shop/a|/1|/a/{x}");
    Router once;
    once.mount("/a", Router{}.mount("/b", innermost.application()).application());
    EXPECT_EQ(ask_mounted(once, "/a/b/7").body, "/a/b/{x:int}\n/a/b/{x:int}\n");
}

GREENLET_TEST(Middleware, StandsAroundAllOfItsRouter) {
    Router inner;
    inner.get("/b", tell_place).use(marking("inner")).not_found([](Request&) {
        return text("not here", 404);
    });
    Router router;
    router.use(marking("first")).use(marking("second"));
    router.get("/a", tell_place).mount("/in", inner).mount("/in/app", tell_mounted);
    struct Asked {
        const char* method;
        const char* target;
        int status;
        const char* mark;
    };
    for (const Asked& row :
         {Asked{"GET", "/a", 200, "second, first"}, Asked{"GET", "/c", 404, "second, first"},
          Asked{"POST", "/a", 405, "second, first"},
          Asked{"GET", "/in/b", 200, "inner, second, first"},
          Asked{"OPTIONS", "/in/b", 204, "inner, second, first"},
          Asked{"POST", "/in/b", 405, "inner, second, first"},
          Asked{"GET", "/in/c", 404, "inner, second, first"},
          Asked{"GET", "/in/app", 200, "second, first"},
          Asked{"GET", "/inner", 404, "second, first"}}) {
        const http::TestAnswer answer = ask_mounted(router, row.target, row.method);
        EXPECT_EQ(answer.status, row.status) << row.method << ' ' << row.target;
        EXPECT_EQ(answer.header("x-mark"), row.mark) << row.method << ' ' << row.target;
    }
    EXPECT_EQ(ask_mounted(router, "/in/c").body, "not here");
}

GREENLET_TEST(Middleware, SeesAnErrorOfAHandlerAsAnAnswer) {
    Router router;
    router.get("/http", [](Request&) -> Response { throw http::HttpError{418}; })
        .get("/other", [](Request&) -> Response { throw std::runtime_error{"lost"}; })
        .use([](Application inner) {
            return [inner](http::Environ& environ, http::StartResponse& start_response) -> Body {
                try {
                    return inner(environ, start_response);
                } catch (const std::runtime_error& error) {
                    start_response("500 Internal Server Error", {{"X-Caught", error.what()}});
                    return "caught";
                }
            };
        });

    EXPECT_EQ(ask_mounted(router, "/http").status, 418);
    EXPECT_EQ(ask_mounted(router, "/http").header("x-caught"), "");
    EXPECT_EQ(ask_mounted(router, "/other").header("x-caught"), "lost");
}

GREENLET_TEST(Middleware, MayCallTheRouterTwice) {
    Router again;
    again.get("/{x}", [](Request& request) { return text(request.path<std::string>("x")); });
    Router inner;
    inner.mount("/app", again.use(marking("a")).application());
    inner.use([](Application within) {
        return [within](http::Environ& environ, http::StartResponse& start_response) -> Body {
            http::StartResponse dropped{
                [](const std::string&, const Headers&, const std::exception_ptr&) {
                    return http::Write{[](std::string_view) {}};
                }};
            { const Body first = within(environ, dropped); }
            environ.set("SCRIPT_NAME", "/in/app");
            environ.set("PATH_INFO", "/second");
            return within(environ, start_response);
        };
    });
    Router router;
    router.mount("/in", inner);

    EXPECT_EQ(ask_mounted(router, "/in/app/first").body, "second");
}

GREENLET_TEST(Middleware, MayCallTheRouterAgainAfterAnException) {
    Router last;
    last.get("/{x}", [](Request& request) {
        const auto x = request.path<std::string>("x");
        if (x == "first") throw std::runtime_error{"not yet"};
        return text(x);
    });
    Router again;
    again.mount("/b", last.use(marking("a")));
    Router inner;
    inner.mount("/app", again.application());
    inner.use([](Application within) {
        return [within](http::Environ& environ, http::StartResponse& start_response) -> Body {
            EXPECT_THROW(static_cast<void>(within(environ, start_response)), std::runtime_error);
            environ.set("SCRIPT_NAME", "/in/app");
            environ.set("PATH_INFO", "/b/second");
            return within(environ, start_response);
        };
    });
    Router router;
    router.mount("/in", inner);

    EXPECT_EQ(ask_mounted(router, "/in/app/b/first").body, "second");
}

GREENLET_TEST(Middleware, MayTakeTheScriptNameAway) {
    Router inner;
    inner.get(
        "/a", [](Request& request) { return text(request.url_for("self")); }, "self");
    inner.use([](Application within) {
        return [within](http::Environ& environ, http::StartResponse& start_response) -> Body {
            environ.set("SCRIPT_NAME", "");
            return within(environ, start_response);
        };
    });
    Router router;
    router.mount("/in", inner);

    EXPECT_EQ(ask_mounted(router, "/in/a").body, "/in/a");
}

GREENLET_TEST(Body, IsClosedOnceFromTheInside) {
    std::vector<std::string> closed;
    Router router;
    router
        .get("/",
             [&](Request&) {
                 Response response = text("a");
                 response.body.on_close([&] { closed.emplace_back("handler"); });
                 return response;
             })
        .use([&](Application inner) {
            return [&closed, inner](http::Environ& environ, http::StartResponse& start_response) {
                return inner(environ, start_response).on_close([&] {
                    closed.emplace_back("middleware");
                });
            };
        });
    ask_mounted(router, "/");

    EXPECT_THAT(closed, ElementsAre("handler", "middleware"));
}

TEST(Mount, IsRefusedIfRulesShareAPath) {
    const auto with = [](const char* rule) {
        return std::move(Router{}.get(rule, tell_place, "n"));
    };
    Router router;
    router.get("/a/{x}", tell_place, "n").mount("/files", tell_mounted);

    EXPECT_THROW(router.mount("/a", std::move(Router{}.get("/{y}", tell_place))),
                 std::invalid_argument);
    EXPECT_THROW(router.mount("/b", with("/c")), std::invalid_argument);  // one name
    EXPECT_THROW(router.mount("/files", tell_mounted), std::invalid_argument);
    EXPECT_THROW(router.get("/{x}/b", tell_place), std::invalid_argument);
    EXPECT_NO_THROW(router.mount("/b", std::move(Router{}.get("/c", tell_place))));
}

}  // namespace
}  // namespace grove::web
