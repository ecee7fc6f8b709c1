// timeouts.abandoned: handlers whose clients have gone are ended by ClientGone.
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <system_error>
#include <type_traits>

#include <gmock/gmock.h>

#include <grove/core/errors.h>
#include <grove/core/greenlet.h>
#include <grove/http/client_gone.h>
#include <grove/http/http_error.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::Body;
using http::ClientGone;
using http::Environ;
using http::StartResponse;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

static_assert(std::is_base_of_v<GreenletExit, ClientGone>);
static_assert(!std::is_base_of_v<std::exception, ClientGone>);

http::WsgiOptions abandoned_after(Timespan time) {
    http::WsgiOptions options;
    options.timeouts.abandoned = time;
    return options;
}

/// Works for `duration` whatever happens, as far as exceptions go; then answers.
struct Working {
    Duration duration = 1h;
    std::optional<Timer::Instant> thrown{};  ///< When ClientGone was.

    http::Application application() {
        return [this](Environ&, StartResponse& start) {
            try {
                work();
            } catch (const ClientGone&) {
                thrown = now();
                throw;
            }
            start("200 OK", {});
            return Body{"told"};
        };
    }

private:
    void work() const {
        try {
            sleep(duration);
        } catch (const std::exception&) {  // which it is not
        }
    }
};

void await_the_last(const ServedApplication& served) {
    while (served.server.requests_running() != 0) sleep(1s);
}

FAKE_CLOCK_TEST(Abandoned, IsKilledSoLongAfterAResetAndLoggedOnce) {
    Working working;
    ServedApplication served{working.application(), abandoned_after(5s)};
    Client client{served.address()};
    client.send(get("/x"));
    let_the_hub_turn();
    sleep(2s);
    const auto began = now();
    client.reset();
    await_the_last(served);
    ASSERT_TRUE(working.thrown);
    EXPECT_EQ(*working.thrown - began, 5s);
    EXPECT_TRUE(served.quiet());
    ASSERT_EQ(served.errors.size(), 1U);
    EXPECT_THAT(served.errors.front(), HasSubstr("GET /x"));
    EXPECT_THAT(served.errors.front(),
                HasSubstr("its client has gone: ended by timeouts.abandoned"));
    EXPECT_THAT(served.access_lines, ElementsAre("503 GET /x HTTP/1.1"));
}

// Whose lines are as many as a second may have.
FAKE_CLOCK_TEST(Abandoned, IsToldAlsoBesideBadRequests) {  // A-022, O-087
    constexpr int kBad = 150;
    Working working;
    ServedApplication served{
        [works = working.application()](Environ& environ, StartResponse& start) {
            if (environ["PATH_INFO"] == "/bad") throw http::HttpError{404};
            return works(environ, start);
        },
        abandoned_after(5s)};
    Client client{served.address()};
    client.send(get("/x"));
    let_the_hub_turn();
    client.reset();
    sleep(4500ms);
    const auto began = now();
    Client bad{served.address()};
    std::string requests;
    for (int i = 0; i < kBad; ++i) requests += get("/bad");
    bad.send(requests);
    for (int i = 0; i < kBad; ++i) EXPECT_EQ(bad.answer().status, 404);
    ASSERT_EQ(now(), began) << "within the second";
    EXPECT_EQ(served.errors.size(), 100U);
    EXPECT_FALSE(working.thrown);
    await_the_last(served);
    ASSERT_EQ(served.errors.size(), 101U);
    EXPECT_THAT(served.errors.back(),
                EndsWith(": its client has gone: ended by timeouts.abandoned"));
}

FAKE_CLOCK_TEST(Abandoned, IsNobodyWithoutTheTimeout) {
    Working working{.duration = 10h};
    ServedApplication served{working.application()};
    Client client{served.address()};
    client.send(get("/x"));
    let_the_hub_turn();
    client.reset();
    await_the_last(served);
    EXPECT_FALSE(working.thrown);
    EXPECT_THAT(served.errors, IsEmpty());
}

FAKE_CLOCK_TEST(Abandoned, IsNotWhoEndsInTime) {
    Working working{.duration = 3s};
    ServedApplication served{working.application(), abandoned_after(5s)};
    Client client{served.address()};
    client.send(get("/x"));
    let_the_hub_turn();
    client.reset();
    await_the_last(served);
    sleep(10s);
    EXPECT_FALSE(working.thrown);
    EXPECT_THAT(served.errors, IsEmpty());
}

// A client's end alone does not say that it has gone, unless it is to.
FAKE_CLOCK_TEST(Abandoned, ByAnEndOnlyWhereThatIsAskedFor) {
    for (const bool on_fin : {false, true}) {
        Working working{.duration = 7s};
        http::WsgiOptions options = abandoned_after(5s);
        options.abandoned_on_fin = on_fin;
        ServedApplication served{working.application(), options};
        Client client{served.address()};
        client.send(get("/x"));
        const auto began = now();
        client.finish_sending();
        const Answer answer = client.answer();
        EXPECT_EQ(answer.status, on_fin ? 503 : 200);
        EXPECT_EQ(now() - began, on_fin ? 5s : 7s);
        EXPECT_TRUE(client.at_end());
        EXPECT_EQ(working.thrown.has_value(), on_fin);
        EXPECT_EQ(served.errors.size(), on_fin ? 1U : 0U);
    }
}

// An end says nothing as long as a request behind is unread; and that one is not ended for the one before.
FAKE_CLOCK_TEST(Abandoned, IsNotTheNextRequestForTheOneBefore) {
    Working working{.duration = 4s};
    http::WsgiOptions options = abandoned_after(5s);
    options.abandoned_on_fin = true;
    ServedApplication served{working.application(), options};
    Client client{served.address()};
    client.send(get("/a") + get("/b"));
    client.finish_sending();
    EXPECT_EQ(client.brief(), "200 told");
    EXPECT_EQ(client.brief(), "200 told");
    EXPECT_TRUE(client.at_end());
    EXPECT_FALSE(working.thrown);
}

FAKE_CLOCK_TEST(Abandoned, ByAWriteThatFailed) {
    std::optional<Timer::Instant> failed;
    std::optional<Timer::Instant> thrown;
    http::WsgiOptions options = abandoned_after(5s);
    options.timeouts.write = 2s;
    ServedApplication served{[&](Environ&, StartResponse& start) {
                                 const http::Write write = start("200 OK", {});
                                 try {
                                     for (;;) write(std::string(1 << 20, 'x'));
                                 } catch (const std::system_error&) {
                                     failed = now();
                                 }
                                 try {
                                     sleep(1h);
                                 } catch (const ClientGone&) {
                                     thrown = now();
                                     throw;
                                 }
                                 return Body{};
                             },
                             options};
    Client client{served.address()};
    client.send(get());
    let_the_hub_turn();
    await_the_last(served);
    ASSERT_TRUE(failed);
    ASSERT_TRUE(thrown);
    EXPECT_EQ(*thrown - *failed, 5s);
    EXPECT_EQ(served.errors.size(), 1U);
}

FAKE_CLOCK_TEST(Abandoned, ByABodyThatAResetBreaksOff) {
    std::optional<Timer::Instant> thrown;
    http::WsgiOptions options = abandoned_after(5s);
    options.limits.body_buffer = 0;
    ServedApplication served{[&](Environ& environ, StartResponse& start) {
                                 try {
                                     environ.input().read_all(100);
                                 } catch (const http::ClientDisconnected&) {
                                     thrown.reset();
                                 }
                                 try {
                                     sleep(1h);
                                 } catch (const ClientGone&) {
                                     thrown = now();
                                     throw;
                                 }
                                 start("200 OK", {});
                                 return Body{};
                             },
                             options};
    Client client{served.address()};
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
    let_the_hub_turn();
    const auto began = now();
    client.reset();
    await_the_last(served);
    ASSERT_TRUE(thrown);
    EXPECT_EQ(*thrown - began, 5s);
}

// What is left is the client's to take: it may have finished sending, and read slowly.
FAKE_CLOCK_TEST(Abandoned, IsNotAnAnswerThatIsMade) {
    const std::size_t bytes = 16 << 20;
    http::WsgiOptions options = abandoned_after(1s);
    options.abandoned_on_fin = true;
    ServedApplication served{[&](Environ&, StartResponse& start) {
                                 start("200 OK", {});
                                 return Body{std::string(bytes, 'x')};
                             },
                             options};
    Client client{served.address()};
    client.send(get());
    client.finish_sending();
    let_the_hub_turn();
    sleep(10s);
    EXPECT_EQ(client.answer().body.size(), bytes);
    EXPECT_THAT(served.errors, IsEmpty());
}

FAKE_CLOCK_TEST(Abandoned, IsNotAConnectionThatTheApplicationTook) {  // A-022, S-135
    bool went_on = false;
    ServedApplication served{
        [&](Environ& environ, StartResponse& start) {
            start("101 Switching Protocols", {{"Connection", "Upgrade"}, {"Upgrade", "echo"}});
            environ.upgrade();
            sleep(10s);
            went_on = true;
            return Body{};
        },
        abandoned_after(5s)};
    Client client{served.address()};
    client.send(get("/", "Connection: Upgrade\r\nUpgrade: echo\r\n"));
    EXPECT_EQ(client.answer().status, 101);
    client.reset();
    await_the_last(served);
    EXPECT_TRUE(went_on);
}

FAKE_CLOCK_TEST(Abandoned, RunsItsDestructorsAndOnClose) {  // A-022, S-116
    int closed = 0;
    ServedApplication served{[&](Environ&, StartResponse& start) {
                                 start("200 OK", {});
                                 return Body{[]() -> std::optional<std::string> {
                                            sleep(1h);
                                            return std::nullopt;
                                        }}
                                     .on_close([&] { ++closed; });
                             },
                             abandoned_after(5s)};
    Client client{served.address()};
    client.send(get());
    let_the_hub_turn();
    client.reset();
    await_the_last(served);
    EXPECT_EQ(closed, 1);
    EXPECT_EQ(served.errors.size(), 1U);
    EXPECT_TRUE(served.quiet());
}

}  // namespace
}  // namespace grove::test
