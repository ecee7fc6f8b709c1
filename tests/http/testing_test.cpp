#include <grove/testing.h>

#include <chrono>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/http/mounts.h>
#include "greenlet_test.h"

namespace grove::http {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Body tell(Environ& environ, StartResponse& start_response) {
    start_response("200 OK", {{"Content-Type", "text/plain"}, {"X-A", "1"}, {"X-A", "2"}});
    std::string told{environ["REQUEST_METHOD"]};
    for (const char* key : {"SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "HTTP_HOST", "HTTP_X_WORD",
                            "CONTENT_LENGTH", "REMOTE_ADDR"})
        told.append("|").append(environ[key]);
    return told + '|' + environ.input().read();
}

GREENLET_TEST(Call, GivesTheApplicationTheRequest) {
    const TestAnswer answer = call(tell, {.method = "PUT",
                                          .target = "/a%20b?c=d",
                                          .headers = {{"X-Word", "x"}},
                                          .body = "body",
                                          .peer = "192.0.2.7"});

    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.reason, "OK");
    EXPECT_EQ(answer.body, "PUT||/a b|c=d|localhost|x|4|192.0.2.7|body");
    EXPECT_TRUE(answer.complete);
    EXPECT_THAT(answer.errors, IsEmpty());
}

GREENLET_TEST(Call, GivesTheAnswerWithWhatTheServerAdds) {
    const TestAnswer answer = call(tell);

    EXPECT_EQ(answer.header("x-a"), "1, 2");
    EXPECT_EQ(answer.header("CONTENT-LENGTH"), std::to_string(answer.body.size()));
    EXPECT_NE(answer.header("date"), "");
    EXPECT_EQ(answer.header("absent"), "");
}

GREENLET_TEST(Call, ReachesAnApplicationBelowItsMount) {
    const Mounts mounts{{{.path = "/shop", .application = tell}}};

    EXPECT_THAT(call(mounts, {.target = "/shop/cart"}).body, HasSubstr("GET|/shop|/cart|"));
    EXPECT_EQ(call(mounts, {.target = "/"}).status, 404);
}

GREENLET_TEST(Call, TakesTheFramingOffAStreamedBody) {
    const auto count = [](Environ&, StartResponse& start_response) -> Body {
        start_response("200 OK", {});
        return Body{[left = 3]() mutable -> std::optional<std::string> {
            sleep(1ms);
            return left-- > 0 ? std::optional<std::string>{"piece "} : std::nullopt;
        }};
    };

    const TestAnswer answer = call(count);

    EXPECT_EQ(answer.body, "piece piece piece ");
    EXPECT_EQ(answer.header("transfer-encoding"), "chunked");
    EXPECT_TRUE(answer.complete);
}

GREENLET_TEST(Call, AnswersAHeadRequestWithoutABody) {
    const TestAnswer answer = call(tell, {.method = "HEAD"});

    EXPECT_EQ(answer.status, 200);
    EXPECT_NE(answer.header("content-length"), "0");
    EXPECT_EQ(answer.body, "");
    EXPECT_TRUE(answer.complete);
}

GREENLET_TEST(Call, TurnsAnExceptionIntoAServerError) {
    const TestAnswer answer =
        call([](Environ&, StartResponse&) -> Body { throw std::runtime_error{"no such luck"}; });

    EXPECT_EQ(answer.status, 500);
    EXPECT_THAT(answer.errors, Contains(HasSubstr("no such luck")));
}

GREENLET_TEST(Call, TellsABodyThatWasCut) {
    const TestAnswer answer = call([](Environ&, StartResponse& start_response) -> Body {
        start_response("200 OK", {});
        return Body{[first = true]() mutable -> std::optional<std::string> {
            if (std::exchange(first, false)) return "begun";
            throw std::runtime_error{"and broken"};
        }};
    });

    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "begun");
    EXPECT_FALSE(answer.complete);
}

GREENLET_TEST(Call, ObeysTheServersLimits) {
    Limits small;
    small.body = 3;

    EXPECT_EQ(call(tell, {.method = "POST", .body = "four"}, {.limits = small}).status, 413);
    EXPECT_EQ(call(tell, {.headers = {{"Host", "a"}, {"Host", "b"}}}).status, 400);
    EXPECT_EQ(call(tell, {.target = "two words"}).status, 400);
}

GREENLET_TEST(Call, CarriesBodiesLargerThanASocketHolds) {
    const auto echo = [](Environ& environ, StartResponse& start_response) -> Body {
        start_response("200 OK", {});
        return environ.input().read();
    };
    const std::string large(4'000'000, 'x');

    EXPECT_EQ(call(echo, {.method = "POST", .body = large}).body, large);
}

GREENLET_TEST(Call, AnswersThoughTheBodyIsNotRead) {
    const auto refuse = [](Environ&, StartResponse& start_response) -> Body {
        start_response("403 Forbidden", {});
        return "no";
    };

    const TestAnswer answer = call(refuse, {.method = "POST", .body = std::string(4'000'000, 'x')});

    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(answer.body, "no");
}

GREENLET_TEST(Call, TakesAChunkedBodyAsItStands) {
    const TestRequest chunked{.method = "POST",
                              .headers = {{"Transfer-Encoding", "chunked"}},
                              .body = "3\r\nabc\r\n0\r\n\r\n"};

    EXPECT_THAT(call(tell, chunked).body, HasSubstr("|abc"));
}

GREENLET_TEST(Call, CollectsWhatIsWrittenToErrors) {
    const TestAnswer answer = call([](Environ& environ, StartResponse& start_response) -> Body {
        environ.errors() << "a note\n";
        start_response("204 No Content", {});
        return {};
    });

    EXPECT_EQ(answer.status, 204);
    EXPECT_THAT(answer.errors, ElementsAre(HasSubstr("a note")));
}

GREENLET_TEST(Call, ClosesTheBodyBeforeItReturns) {
    bool closed = false;
    call([&closed](Environ&, StartResponse& start_response) -> Body {
        start_response("200 OK", {});
        return Body{"text"}.on_close([&closed] {
            sleep(5ms);
            closed = true;
        });
    });

    EXPECT_TRUE(closed);
}

GREENLET_TEST(Call, KillsTheHandlerWhenItsCallerIsInterrupted) {
    Event runs;
    bool unwound = false;
    const auto stuck = [&](Environ&, StartResponse&) -> Body {
        struct Unwound {
            bool& flag;
            ~Unwound() { flag = true; }
        } const on_the_way_out{unwound};
        runs.set();
        sleep(1h);
        return {};
    };
    auto caller = spawn([&] { call(stuck); });
    runs.wait();

    caller.kill();
    EXPECT_TRUE(unwound);
}

GREENLET_TEST(Call, RefusesARequestThatIsNoneOfTheClients) {
    EXPECT_THROW(call(tell, {.target = "/\r\nX: y"}), std::invalid_argument);
    EXPECT_THROW(call(tell, {.headers = {{"X", "a\nb"}}}), std::invalid_argument);
    EXPECT_THROW(call(tell, {.peer = "nobody"}), std::invalid_argument);
    EXPECT_THROW(call(nullptr), std::invalid_argument);
}

}  // namespace
}  // namespace grove::http
