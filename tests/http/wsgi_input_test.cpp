// The body as an application reads it (S-080 to S-084, S-089, S-090).
#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/timeout.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string chunked_post(std::string_view chunks) {
    return get("/", "Transfer-Encoding: chunked\r\n") + std::string{chunks};
}

/// Answers with what `read` makes of the input.
http::Application answer_with(std::function<std::string(http::Input&)> read) {
    return [read = std::move(read)](http::Environ& environ, http::StartResponse& start) {
        std::string text = read(environ.input());
        start("200 OK", {});
        return http::Body{std::move(text)};
    };
}

GREENLET_TEST(WsgiInput, ReadsLinesAndPiecesButNeverBeyondTheBody) {  // S-080
    ServedApplication served{answer_with([](http::Input& input) {
        std::string text = input.readline() + "|";
        text += input.readline(1) + "|";
        text += input.read(0);
        text += input.readline() + "|";
        text += input.readline() + input.read() + input.read(5);
        return text;
    })};

    EXPECT_EQ(
        served.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nab\ncd\nEXTRA").body,
        "ab\n|c|d\n|");
}

// C-050: a slow upload goes on as it comes.
GREENLET_TEST(WsgiInput, GivesWhatHasCome) {
    for (const bool chunked : {false, true}) {
        Event read;
        ServedApplication served{answer_with([&](http::Input& input) {
            std::string text;
            for (std::string some; !(some = input.read_some(4)).empty();) {
                text += some + "|";
                read.set();
            }
            return text + input.read_some(0) + input.read_some(4);
        })};
        Client client{served.address()};
        client.send(chunked ? chunked_post("2\r\nab\r\n")
                            : "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\n\r\nab");
        EXPECT_EQ(served.calls, 0) << "a small body is waited for";
        client.send(chunked ? "5\r\ncdefg\r\n0\r\n\r\n" : "cdefg");
        EXPECT_EQ(client.brief(), chunked ? "200 ab|cdef|g|" : "200 abcd|efg|");
    }
}

// C-050
GREENLET_TEST(WsgiInput, GivesTheStartOfALargeBodyThatIsNotThereYet) {
    Event read;
    std::size_t most = 0;
    ServedApplication served{answer_with([&](http::Input& input) {
        std::size_t all = 0;
        for (std::string some; !(some = input.read_some(5000)).empty(); read.set()) {
            all += some.size();
            most = std::max(most, some.size());
        }
        return std::to_string(all);
    })};
    Client client{served.address()};
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\nabc");
    EXPECT_TRUE(read.wait(kPatience)) << "three bytes are enough";
    client.send(std::string(199997, 'x'));
    EXPECT_EQ(client.brief(), "200 200000");
    EXPECT_LE(most, 5000U);
}

GREENLET_TEST(WsgiInput, HidesTheBordersOfChunks) {  // S-080
    ServedApplication served{answer_with([](http::Input& input) {
        std::string text;
        for (const std::string& line : input) text += line + "|";
        return text;
    })};

    EXPECT_EQ(served.ask(chunked_post("2\r\nab\r\n3\r\n\ncd\r\n0\r\n\r\n")).body, "ab\n|cd|");
}

GREENLET_TEST(WsgiInput, IsEmptyWithoutABody) {  // S-051
    ServedApplication served{
        answer_with([](http::Input& input) { return "<" + input.read() + ">"; })};
    Client client{served.address()};

    client.send("POST / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(client.brief(), "200 <>");
    client.send("HEAD / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    EXPECT_EQ(client.answer(true).field("content-length"), "5");
    client.send(get());
    EXPECT_EQ(client.brief(), "200 <>");
}

GREENLET_TEST(
    WsgiInput,
    ReadToItsLastByteLeavesTheNextRequestWhole) {  // S-080: the usual read(CONTENT_LENGTH)
    ServedApplication served{[](http::Environ& environ, http::StartResponse& start) {
        const std::string length{environ["CONTENT_LENGTH"]};
        std::string body = length.empty() ? "none" : environ.input().read(std::stol(length));
        start("200 OK", {});
        return http::Body{std::to_string(body.size()) + std::string{environ["PATH_INFO"]}};
    }};
    Client client{served.address()};

    client.send(post("abc"));
    EXPECT_EQ(client.brief(), "200 3/");
    client.send(get("/next"));
    EXPECT_EQ(client.brief(), "200 4/next");

    const std::string smuggled = get("/smuggled");
    client.send(post(smuggled) + get("/behind"));
    EXPECT_EQ(client.brief(), "200 " + std::to_string(smuggled.size()) + "/");
    EXPECT_EQ(client.brief(), "200 4/behind");
    client.send(post("GE") + post("T / HTTP"));
    EXPECT_EQ(client.brief(), "200 2/");
    EXPECT_EQ(client.brief(), "200 8/");
    EXPECT_TRUE(client.silent());
    EXPECT_EQ(served.calls, 6);
}

FAKE_CLOCK_TEST(WsgiInput, LosesNothingOfAReadThatIsInterrupted) {  // S-080
    Event interrupted;
    const auto is_interrupted = [](auto read) {
        try {
            const TimeoutGuard guard{10ms};
            read();
        } catch (const Timeout&) {
            return true;
        }
        return false;
    };
    ServedApplication served{answer_with([&](http::Input& input) {
                                 EXPECT_TRUE(is_interrupted([&] { input.read(); }));
                                 EXPECT_TRUE(is_interrupted([&] { input.readline(); }));
                                 std::string text = input.read(2) + "|";
                                 EXPECT_TRUE(is_interrupted([&] { input.read_all(100); }));
                                 interrupted.set();
                                 text += input.readline() + "|";
                                 text += input.read() + "|";
                                 return text + input.read();
                             }),
                             {.limits = {.body_buffer = 0}}};
    const struct {
        std::string begin;
        std::string end;
    } rows[] = {
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc", "d\ne"},
        {chunked_post("3\r\nabc\r\n"), "3\r\nd\ne\r\n0\r\n\r\n"},
    };
    Client client{served.address()};
    for (const auto& [begin, end] : rows) {
        interrupted.clear();
        client.send(begin);
        interrupted.wait();
        client.send(end);
        EXPECT_EQ(client.brief(), "200 ab|cd\n|e|");
    }
}

GREENLET_TEST(WsgiInput, ThrowsWhenTheClientEndsEarly) {  // S-081
    ServedApplication served{answer_with([](http::Input& input) { return input.read(); }),
                             {.limits = {.body_buffer = 0}}};
    for (const char* bytes :
         {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc",
          "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc"}) {
        Client client{served.address()};
        client.send(bytes);
        client.finish_sending();
        EXPECT_TRUE(client.at_end());
    }
    EXPECT_THAT(served.access_lines, ElementsAre("0 POST / HTTP/1.1", "0 POST / HTTP/1.1"));
    EXPECT_THAT(served.errors, IsEmpty());
}

GREENLET_TEST(WsgiInput, RefusesBrokenChunksAndCloses) {  // S-082
    ServedApplication served{answer_with([](http::Input& input) { return input.read(); })};
    for (const std::string& chunks :
         {std::string{"-3\r\nabc\r\n0\r\n\r\n"}, std::string{"0x3\r\nabc\r\n0\r\n\r\n"},
          std::string{" 3\r\nabc\r\n0\r\n\r\n"}, std::string{"3 \r\nabc\r\n0\r\n\r\n"},
          std::string{"\r\nabc\r\n0\r\n\r\n"}, std::string{"00000000000000003\r\nabc\r\n0\r\n\r\n"},
          std::string{"3;ext\nabc\r\n0\r\n\r\n"}, std::string{"3\r\nabcd\r\n0\r\n\r\n"},
          std::string{"3;\r\nabc\r\n0\r\n\r\n"}}) {
        SCOPED_TRACE(::testing::PrintToString(chunks.substr(0, 50)));
        Client client{served.address()};
        client.send(chunked_post(chunks) + get("/behind"));
        const Answer answer = client.answer();
        EXPECT_EQ(answer.status, 400);
        EXPECT_TRUE(answer.says_close());
        EXPECT_TRUE(client.at_end());
    }
    EXPECT_EQ(served.calls, 9);
    EXPECT_EQ(served.errors.size(), 9U);
}

GREENLET_TEST(WsgiInput, BoundsTheWholeOfAChunkedBody) {  // S-082, S-090
    ServedApplication served{answer_with([](http::Input& input) { return input.read(); }),
                             {.limits = {.body = 10}}};

    EXPECT_EQ(served.ask(chunked_post("a\r\n0123456789\r\n0\r\n\r\n")).body, "0123456789");
    EXPECT_EQ(served.ask(chunked_post("6\r\n012345\r\n5\r\n01234\r\n0\r\n\r\n")).status, 413);
    EXPECT_EQ(served.ask(chunked_post("ffffffffffffffff\r\n")).status, 413);
    EXPECT_EQ(served.ask(chunked_post("3;" + std::string(16384, 'x') + "\r\nabc\r\n")).status,
              413);  // O-051
}

GREENLET_TEST(WsgiInput, NeverTakesTrailersForARequest) {  // S-083
    for (const bool read : {false, true}) {
        ServedApplication served{answer_with([&](http::Input& input) {
            try {
                return read ? input.read() : std::string{"unread"};
            } catch (const http::BadRequest&) {
                return std::string{"bad"};
            }
        })};
        for (const std::string& trailers :
             {"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n" + get("/behind"),
              "X : y\r\n\r\n" + get("/behind"), "X: y\n\r\n\r\n" + get("/behind")}) {
            SCOPED_TRACE(::testing::PrintToString(trailers));
            served.calls = 0;
            const std::string said = served.say(chunked_post("3\r\nabc\r\n0\r\n" + trailers));
            EXPECT_THAT(said, HasSubstr(read ? "\r\n\r\nbad" : "\r\n\r\nunread"));
            EXPECT_EQ(served.calls, 1);
        }
        Client client{served.address()};
        client.send(chunked_post("3\r\nabc\r\n0\r\nX: y\r\n\r\n") + get("/next"));
        EXPECT_EQ(client.brief(), read ? "200 abc" : "200 unread");
        EXPECT_EQ(client.answer().status, 200);
    }
}

GREENLET_TEST(WsgiInput, StaysBrokenAfterAnError) {  // S-084
    int thrown = 0;
    ServedApplication served{answer_with([&](http::Input& input) {
        for (int tries = 0; tries < 3; ++tries) {
            try {
                input.read();
            } catch (const http::BadRequest&) {
                ++thrown;
            }
        }
        return std::string{"caught"};
    })};
    Client client{served.address()};

    client.send(chunked_post("\r\n") + get("/behind"));
    const Answer answer = client.answer();

    EXPECT_EQ(answer.body, "caught");
    EXPECT_TRUE(answer.says_close());
    EXPECT_TRUE(client.at_end());
    EXPECT_EQ(thrown, 3);
    EXPECT_EQ(served.calls, 1);
}

GREENLET_TEST(WsgiInput, ThatBreaksAfterTheHeadWasSentStillEndsTheResponse) {  // S-083, S-084
    ServedApplication served{[](http::Environ& environ, http::StartResponse& start) {
        const http::Write write = start("200 OK", {});
        write("a");
        EXPECT_THROW(environ.input().read(), http::BadRequest);
        return http::Body{};
    }};
    Client client{served.address()};

    client.send(chunked_post("3\r\nabc\r\n0\r\nbad trailer\r\n\r\n") + get("/behind"));

    EXPECT_EQ(client.brief(), "200 a");
    EXPECT_TRUE(client.at_end());
    EXPECT_EQ(served.calls, 1);
}

GREENLET_TEST(WsgiInput, KeptAfterTheRequestThrowsAndLeavesTheNextAlone) {  // S-089
    std::optional<http::Input> kept;
    ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
        std::string text = "first";
        if (kept) {
            EXPECT_THROW(kept->read(), http::BadRequest);
            text = environ.input().read();
        } else {
            kept = environ.input();
        }
        start("200 OK", {});
        return http::Body{std::move(text)};
    }};
    Client client{served.address()};

    client.send(post("abc") + post("second"));

    EXPECT_EQ(client.brief(), "200 first");
    EXPECT_EQ(client.brief(), "200 second");
    EXPECT_THROW(kept->readline(), http::BadRequest);
}

GREENLET_TEST(WsgiInput, ReadByAnotherGreenletWhenTheRequestEndsThrowsThere) {  // S-089
    std::string heard;
    AnyGreenlet reader;
    ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
                                 reader = spawn([&heard, input = environ.input()]() mutable {
                                     try {
                                         input.read();
                                         heard = "read";
                                     } catch (const http::BadRequest& error) {
                                         heard = "thrown";
                                     }
                                 });
                                 sleep();  // it waits for the body now
                                 start("200 OK", {});
                                 return http::Body{"answered"};
                             },
                             {.limits = {.body_buffer = 0}}};
    Client client{served.address()};

    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n");
    EXPECT_EQ(client.brief(), "200 answered");
    EXPECT_TRUE(client.at_end());
    reader.join();

    EXPECT_EQ(heard, "thrown");
}

// In one turn of the hub the handler's time comes, another connection ends, and bytes for the reader arrive: the
// reader runs last, on a connection that has been closed.
FAKE_CLOCK_TEST(WsgiInput, ReadByAnotherGreenletOutlivesItsConnection) {  // S-089
    std::string heard;
    AnyGreenlet reader;
    ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
                                 reader = spawn([&heard, input = environ.input()]() mutable {
                                     try {
                                         input.read();
                                         heard = "read";
                                     } catch (const http::BadRequest& error) {
                                         heard = "thrown";
                                     }
                                 });
                                 sleep(1s);
                                 start("200 OK", {});
                                 return http::Body{"answered"};
                             },
                             {.limits = {.body_buffer = 0}}};
    Client idle{served.address()};
    Client client{served.address()};
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n");
    let_the_hub_turn();
    EXPECT_EQ(served.calls, 1);

    compute(1s);
    idle.close();
    client.send("1");

    EXPECT_EQ(client.brief(), "200 answered");
    reader.join();
    EXPECT_EQ(heard, "thrown");
}

GREENLET_TEST(WsgiInput, KeptWhileTheRestOfItsBodyIsDroppedThrows) {  // S-087, S-089
    std::optional<http::Input> kept;
    ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
                                 kept = environ.input();
                                 start("200 OK", {});
                                 return http::Body{"answered"};
                             },
                             {.limits = {.body_buffer = 0}}};
    Client client{served.address()};

    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
    EXPECT_EQ(client.brief(), "200 answered");
    let_the_hub_turn();
    EXPECT_THROW(kept->read(), http::BadRequest);
    client.send("defghi" + get());
    EXPECT_EQ(client.brief(), "200 answered");
    kept.reset();
}

GREENLET_TEST(WsgiInput, ReadAllRefusesMoreThanItsLimit) {  // S-090
    bool caught = false;
    ServedApplication served{answer_with([&](http::Input& input) {
        try {
            return input.read_all(10);
        } catch (const http::PayloadTooLarge& error) {
            caught = true;
            EXPECT_EQ(error.status(), 413);
            throw;
        }
    })};

    EXPECT_EQ(served.ask(post("0123456789")).body, "0123456789");
    EXPECT_FALSE(caught);
    const Answer answer = served.ask(post("01234567890"));
    EXPECT_EQ(answer.status, 413);
    EXPECT_TRUE(answer.says_close());
    EXPECT_TRUE(caught);
}

}  // namespace
}  // namespace grove::test
