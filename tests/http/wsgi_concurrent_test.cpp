// An application that gives its Input or Write to other greenlets (S-089, S-106).
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/wait.h>

#include "greenlet_test.h"
#include "served_application.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;

const std::string kLarge(20000000, 'x');  // more than the kernel takes

/// "thrown" or "written".
std::string write_with(const http::Write& write, std::string_view data) {
    try {
        write(data);
        return "written";
    } catch (const std::exception&) {
        return "thrown";
    }
}

GREENLET_TEST(WriteInTwoGreenlets, IsRefusedToTheSecondWhileTheFirstWaits) {
    std::string second;
    ServedApplication served{[&](http::Environ&, http::StartResponse& start) {
        const http::Write write = start("200 OK", {});
        auto other = spawn([&second, write] { second = write_with(write, "in between"); });
        write(kLarge);
        other.join();
        write("end");
        return http::Body{};
    }};
    Client client{served.address()};

    client.send(get());
    let_the_hub_turn();
    const Answer answer = client.answer();

    EXPECT_EQ(second, "thrown");
    EXPECT_EQ(answer.body, kLarge + "end");
}

GREENLET_TEST(WriteInTwoGreenlets, TakesTurnsIfNeitherWaits) {
    ServedApplication served{[](http::Environ&, http::StartResponse& start) {
        const http::Write write = start("200 OK", {});
        auto other = spawn([write] { write("b"); });
        write("a");
        other.join();
        return http::Body{"c"};
    }};

    EXPECT_EQ(served.ask(get()).body, "abc");
}

GREENLET_TEST(WriteInAnotherGreenlet, ThatWaitsWhenTheHandlerEndsCutsTheAnswer) {
    std::string outcome;
    AnyGreenlet other;
    ServedApplication served{[&](http::Environ&, http::StartResponse& start) {
        other =
            spawn([&outcome, write = start("200 OK", {})] { outcome = write_with(write, kLarge); });
        sleep();
        return http::Body{"end"};
    }};
    Client client{served.address()};

    client.send(get());
    const std::string said = client.read_to_end();
    other.join();

    EXPECT_EQ(outcome, "thrown");
    EXPECT_FALSE(said.ends_with("0\r\n\r\n"));
    EXPECT_TRUE(served.quiet());
}

GREENLET_TEST(WriteInAnotherGreenlet, IsNotUpsetByAKilledHandler) {
    std::string outcome;
    AnyGreenlet other;
    AnyGreenlet handler;
    ServedApplication served{[&](http::Environ&, http::StartResponse& start) -> http::Body {
        handler = getcurrent();
        other =
            spawn([&outcome, write = start("200 OK", {})] { outcome = write_with(write, kLarge); });
        sleep(1h);
        return {};
    }};
    Client client{served.address()};
    client.send(get());
    let_the_hub_turn();

    handler.kill();
    other.join();

    EXPECT_EQ(outcome, "thrown");
    client.close();
    EXPECT_TRUE(served.quiet());
}

GREENLET_TEST(InputInTwoGreenlets, GivesEachByteOnce) {
    std::string read;
    ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
        auto other = spawn([input = environ.input()]() mutable { return input.read(); });
        const std::string own = environ.input().read();
        read = own + std::move(other).get();
        start("200 OK", {});
        return http::Body{};
    }};
    Client client{served.address()};

    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n");
    for (const char* piece : {"01", "234", "56789"}) {
        let_the_hub_turn();
        client.send(piece);
    }
    EXPECT_EQ(client.answer().status, 200);

    EXPECT_THAT(read,
                ::testing::WhenSorted(::testing::ElementsAreArray(std::string{"0123456789"})));
    client.send(get());
    EXPECT_EQ(client.answer().status, 200);
}

GREENLET_TEST(KeptForEver, AnInputAndAWriteOutliveTheServer) {
    std::optional<http::Input> input;
    std::optional<http::Write> write;
    {
        ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
            input = environ.input();
            write = start("200 OK", {});
            return http::Body{"hello"};
        }};
        EXPECT_EQ(served.ask(post("abc")).body, "hello");
    }
    EXPECT_THROW(input->read(), http::BadRequest);
    EXPECT_THROW((*write)("x"), std::logic_error);
}

}  // namespace
}  // namespace grove::test
