// start_response, write and the framing of what an application returns (S-100 to S-113).
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>

#include "greenlet_test.h"
#include "served_application.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

/// The pieces, one a call.
std::function<std::optional<std::string>()> pieces(std::vector<std::string> all) {
    return [all = std::move(all), at = std::size_t{0}]() mutable -> std::optional<std::string> {
        return at < all.size() ? std::optional{all[at++]} : std::nullopt;
    };
}

template <class MakeBody>
http::Application answer(std::string status, http::Headers headers, MakeBody make) {
    return [=](http::Environ&, http::StartResponse& start) {
        start(status, headers);
        return http::Body{make()};
    };
}

GREENLET_TEST(StartResponse, RefusesWhatCouldSplitTheResponse) {  // S-100, S-105, S-109, S-111
    struct Row {
        std::string status;
        http::Headers headers;
    };
    const Row kRows[] = {
        {"20 OK", {}},
        {"2000", {}},
        {"200OK", {}},
        {"099 X", {}},
        {"200 OK\r\nX: y", {}},
        {"100 Continue", {}},
        {"200 OK", {{"X", "a\r\nb"}}},
        {"200 OK", {{"X", std::string("a\0b", 3)}}},
        {"200 OK", {{"A B", "x"}}},
        {"200 OK", {{"", "x"}}},
        {"200 OK", {{"Content-Length", "x"}}},
        {"200 OK", {{"Content-Length", "1"}, {"content-length", "1"}}},
        {"200 OK", {{"transfer-encoding", "chunked"}}},
        {"200 OK", {{"TE", "x"}}},
        {"200 OK", {{"Keep-Alive", "x"}}},
        {"200 OK", {{"Upgrade", "x"}}},
        {"200 OK", {{"Proxy-Authenticate", "x"}}},
        {"200 OK", {{"Connection", "x"}}},
    };
    for (const Row& row : kRows) {
        ServedApplication served{[&](http::Environ&, http::StartResponse& start) {
            EXPECT_THROW(start(row.status, row.headers), std::logic_error) << row.status;
            start("200 Fine", {});  // nothing of it was stored
            return http::Body{"fine"};
        }};
        EXPECT_THAT(served.say(get("/", "Connection: close\r\n")),
                    MatchesRegex("HTTP/1.1 200 Fine\r\nDate: [^\r]+\r\n"
                                 "Content-Length: 4\r\nConnection: close\r\n\r\nfine"));
    }
}

GREENLET_TEST(StartResponse, SendsNothingBeforeTheFirstPiece) {  // S-101
    Event go;
    ServedApplication served{[&](http::Environ&, http::StartResponse& start) {
        start("200 OK", {});
        go.wait();
        return http::Body{pieces({"a"})};
    }};
    Client client{served.address()};

    client.send(get());
    EXPECT_TRUE(client.silent());
    go.set();
    EXPECT_EQ(client.brief(), "200 a");
}

GREENLET_TEST(StartResponse, ReplacesTheFirstOnlyForAnError) {  // S-101, S-102
    ServedApplication served{[](http::Environ&, http::StartResponse& start) {
        start("200 OK", {{"Set-Cookie", "a"}});
        EXPECT_THROW(start("200 OK", {}), std::logic_error);
        start("503 Busy", {{"X", "y"}}, std::make_exception_ptr(std::runtime_error{"why"}));
        return http::Body{"busy"};
    }};

    const Answer answer = served.ask(get());

    EXPECT_EQ(answer.status, 503);
    EXPECT_FALSE(answer.has("set-cookie"));
    EXPECT_EQ(answer.field("x"), "y");
    EXPECT_EQ(answer.body, "busy");
}

GREENLET_TEST(StartResponse, ThrowsTheErrorOnOnceTheHeadWasSent) {  // S-103
    ServedApplication served{[](http::Environ&, http::StartResponse& start) -> http::Body {
        start("200 OK", {})("a");
        try {
            throw std::out_of_range{"the very one"};
        } catch (...) {
            start("500 Broken", {}, std::current_exception());
        }
        return {};
    }};

    EXPECT_THAT(served.say(get()), ::testing::EndsWith("\r\n\r\n1\r\na\r\n"));
    EXPECT_THAT(served.errors, ElementsAre(HasSubstr("std::out_of_range: the very one")));
}

GREENLET_TEST(StartResponse, NeverCalledIsAnError) {  // S-104
    for (const bool empty : {true, false}) {
        ServedApplication served{[&](http::Environ&, http::StartResponse&) {
            return empty ? http::Body{} : http::Body{"x"};
        }};
        EXPECT_EQ(served.ask(get()).status, 500);
        EXPECT_EQ(served.errors.size(), 1U);
    }
    ServedApplication late{[](http::Environ&, http::StartResponse& start) {
        return http::Body{[&start, step = 0]() mutable -> std::optional<std::string> {
            if (step++ != 0) return std::nullopt;
            start("200 OK", {});
            return "late";
        }};
    }};
    EXPECT_EQ(late.ask(get()).body, "late");
}

GREENLET_TEST(Write, ComesBeforeTheReturnedBody) {  // S-106
    ServedApplication served{[](http::Environ&, http::StartResponse& start) {
        const http::Write write = start("200 OK", {});
        write("");
        write("a");
        return http::Body{"b"};
    }};

    EXPECT_THAT(served.ask(get()).chunks, ElementsAre("a", "b"));
}

GREENLET_TEST(Write, AfterTheResponseEndedThrowsAndSendsNothing) {  // S-106
    std::optional<http::Write> kept;
    ServedApplication served{[&](http::Environ&, http::StartResponse& start) {
        if (kept) {
            EXPECT_THROW((*kept)("x"), std::logic_error);
        }
        kept = start("200 OK", {});
        return http::Body{"hello"};
    }};
    Client client{served.address()};

    client.send(get() + get());
    EXPECT_EQ(client.brief(), "200 hello");
    EXPECT_EQ(client.brief(), "200 hello");
    EXPECT_THROW((*kept)("x"), std::logic_error);
    EXPECT_TRUE(client.silent());
}

GREENLET_TEST(ResponseBody, OfKnownLengthSaysIt) {  // S-108
    ServedApplication served{answer("200 OK", {}, [] { return http::Body{"ab", "", "c"}; })};
    const Answer got = served.ask(get());
    EXPECT_EQ(got.field("content-length"), "3");
    EXPECT_EQ(got.body, "abc");

    ServedApplication empty{answer("200 OK", {}, [] { return http::Body{}; })};
    EXPECT_EQ(empty.ask(get()).field("content-length"), "0");
}

GREENLET_TEST(ResponseBody, MayBeATextThatOthersHold) {
    for (const std::size_t bytes : {0, 5, 200'000}) {
        const auto text = std::make_shared<const std::string>(bytes, 'x');
        ServedApplication served{answer("200 OK", {}, [&] { return http::Body{text}; })};
        for (int i = 0; i < 2; ++i) {
            EXPECT_THAT(served.say(get("/", "Connection: close\r\n")),
                        MatchesRegex("HTTP/1.1 200 OK\r\nDate: [^\r]+\r\nContent-Length: " +
                                     std::to_string(bytes) + "\r\nConnection: close\r\n\r\nx*"));
        }
        EXPECT_EQ(served.ask(get()).body, *text);
    }
    ServedApplication none{
        answer("200 OK", {}, [] { return http::Body{std::shared_ptr<const std::string>{}}; })};
    EXPECT_EQ(none.ask(get()).field("content-length"), "0");
}

GREENLET_TEST(ResponseBody, GeneratedIsChunkedOrEndsWithTheConnection) {  // S-108
    ServedApplication served{answer("200 OK", {}, [] {
        return http::Body{pieces({"a", "", "bc"})};
    })};

    EXPECT_THAT(served.ask(get()).chunks, ElementsAre("a", "bc"));

    const Answer old = served.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(old.body, "abc");
    EXPECT_TRUE(old.says_close());
    EXPECT_FALSE(old.has("transfer-encoding"));
}

GREENLET_TEST(ResponseBody, LongerThanItsLengthIsCutAndReported) {  // S-109
    for (const bool generated : {false, true}) {
        ServedApplication served{answer("200 OK", {{"Content-Length", "1"}}, [=] {
            return generated ? http::Body{pieces({"ab", "c"})} : http::Body{"abc"};
        })};
        Client client{served.address()};
        client.send(get() + get());
        EXPECT_EQ(client.brief(), "200 a");
        EXPECT_TRUE(client.at_end());
        EXPECT_THAT(served.errors, ElementsAre(HasSubstr("more than its Content-Length")));
    }
}

GREENLET_TEST(ResponseBody, ShorterThanItsLengthCutsTheConnection) {  // S-109
    for (const bool generated : {false, true}) {
        ServedApplication served{answer("200 OK", {{"Content-Length", "10"}}, [=] {
            return generated ? http::Body{pieces({"ab", "c"})} : http::Body{"abc"};
        })};
        const std::string said = served.say(get() + get());
        EXPECT_THAT(said, HasSubstr("Content-Length: 10"));
        EXPECT_THAT(said, ::testing::EndsWith("\r\n\r\nabc"));
        EXPECT_THAT(served.errors, ElementsAre(HasSubstr("less than its Content-Length")));
        EXPECT_EQ(served.calls, 1);
    }
}

GREENLET_TEST(ResponseBody, WhoseLengthIsWrongFromTheStartSaysClose) {  // S-109, S-131
    for (const char* length : {"1", "10"}) {
        ServedApplication served{
            answer("200 OK", {{"Content-Length", length}}, [] { return http::Body{"abc"}; })};
        EXPECT_THAT(served.say(get()), HasSubstr("Connection: close\r\n"));
    }
}

GREENLET_TEST(ResponseBody, IsNotSentToHead) {  // S-110
    int steps = 0;
    int closed = 0;
    ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
        start("200 OK", {});
        if (environ["PATH_INFO"] == "/text") return http::Body{"hello"}.on_close([&] { ++closed; });
        return http::Body{[&steps]() -> std::optional<std::string> {
                   return ++steps < 3 ? std::optional{"x"} : std::nullopt;
               }}
            .on_close([&] { ++closed; });
    }};
    Client client{served.address()};

    client.send("HEAD /text HTTP/1.1\r\nHost: h\r\n\r\nHEAD / HTTP/1.1\r\nHost: h\r\n\r\n" + get());
    EXPECT_EQ(client.answer(true).field("content-length"), "5");
    EXPECT_EQ(client.answer(true).field("transfer-encoding"), "chunked");
    EXPECT_EQ(client.brief(), "200 xx");
    EXPECT_EQ(steps, 3);
    EXPECT_EQ(closed, 3);
}

GREENLET_TEST(ResponseBody, IsForbiddenWith204And304) {  // S-111
    ServedApplication empty{answer("204 No Content", {}, [] { return http::Body{""}; })};
    const Answer answer204 = empty.ask(get());
    EXPECT_EQ(answer204.status, 204);
    EXPECT_FALSE(answer204.has("content-length") || answer204.has("transfer-encoding"));

    ServedApplication not_empty{answer("204 No Content", {}, [] { return http::Body{"x"}; })};
    EXPECT_EQ(not_empty.ask(get()).status, 500);

    ServedApplication generated{
        answer("304 Not Modified", {}, [] { return http::Body{pieces({"x"})}; })};
    EXPECT_EQ(generated.ask(get()).status, 500);

    ServedApplication unmodified{
        answer("304 Not Modified", {{"Content-Length", "5"}}, [] { return http::Body{}; })};
    Client client{unmodified.address()};
    client.send(get() + get());
    EXPECT_EQ(client.answer().field("content-length"), "5");
    EXPECT_EQ(client.answer().status, 304);
    EXPECT_THAT(unmodified.errors, IsEmpty());
}

GREENLET_TEST(ResponseHead, HasADateOfItsOwnOrTheApplications) {  // S-113
    ServedApplication dated{answer("200 OK", {{"date", "then"}}, [] { return http::Body{}; })};
    EXPECT_EQ(dated.ask(get()).field("date"), "then");

    const Answer plain = ServedApplication{say_hello()}.ask(get());
    EXPECT_THAT(plain.field("date"),
                MatchesRegex("[A-Z][a-z][a-z], [0-9][0-9] [A-Z][a-z][a-z] [0-9]+ [0-9:]+ GMT"));
    EXPECT_FALSE(plain.has("server"));
}

}  // namespace
}  // namespace grove::test
