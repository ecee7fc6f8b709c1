// Applications that swallow timeouts.request and go on (O-075): their clients do not wait for them.
#include <chrono>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <gmock/gmock.h>

#include <grove/core/connect.h>
#include <grove/core/errors.h>
#include <grove/core/greenlet.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"
#include "temporary_folder.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::Body;
using http::Environ;
using http::StartResponse;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Whatever is thrown at it, it goes on while `on`.
struct Stubborn {
    bool on = true;
    bool heeds_kills = false;
    int thrown = 0;

    void run() {
        while (on) {
            try {
                sleep(1h);
            } catch (const GreenletExit&) {
                if (heeds_kills) throw;
                ++thrown;
            } catch (...) {
                ++thrown;
            }
        }
    }
};

/// Served with a time-out of five seconds.
struct Limited {
    explicit Limited(http::Application application)
        : served{std::move(application), {.timeouts = {.request = 5s}, .metrics = &metrics}} {}

    http::ServerMetrics metrics;
    ServedApplication served;
    Client client{served.address()};
};

/// As long as something runs.
void wait_for_the_end(const ServedApplication& served) {
    while (served.server.requests_running() != 0) sleep(1s);
}

FAKE_CLOCK_TEST(UnkillableRequest, LosesItsClientASecondLaterAndIsToldAgain) {  // O-075
    Stubborn stubborn;
    Limited limited{[&](Environ&, StartResponse& start) {
        stubborn.run();
        start("200 OK", {});
        return Body{"late"};
    }};
    const auto began = now();
    limited.client.send(get("/slow") + get("/next"));

    EXPECT_THROW(limited.client.read_to_end(), std::system_error) << "reset";

    EXPECT_EQ(now() - began, 6s);
    EXPECT_EQ(limited.metrics.unkillable.value(), 1U);
    EXPECT_THAT(limited.served.errors,
                ElementsAre(AllOf(ContainsRegex("^GET /slow \\(greenlet \"Greenlet-[0-9]+\""),
                                  HasSubstr(": goes on a second after timeouts.request"))));
#if defined(__x86_64__)
    EXPECT_THAT(limited.served.errors,
                ElementsAre(AllOf(HasSubstr("; stack: "), HasSubstr("grove::sleep("))));
#endif
    EXPECT_EQ(stubborn.thrown, 2);
    sleep(10500ms);
    EXPECT_EQ(stubborn.thrown, 12) << "each second";
    EXPECT_EQ(limited.metrics.unkillable.value(), 1U) << "once a request";
    EXPECT_THAT(limited.served.access_lines, IsEmpty());

    stubborn.on = false;
    wait_for_the_end(limited.served);
    EXPECT_TRUE(limited.served.quiet());
    EXPECT_EQ(limited.served.errors.size(), 1U);
    EXPECT_EQ(limited.served.calls, 1) << "the next one was the client's, too";
    EXPECT_THAT(limited.served.access_lines, ElementsAre("503 GET /slow HTTP/1.1"));
    EXPECT_THAT(limited.served.access_bytes, ElementsAre(0U));
    EXPECT_EQ(limited.served.ask(get()).body, "late") << "others are served";
}

FAKE_CLOCK_TEST(UnkillableRequest, HasNobodyToWriteToOrReadFrom) {  // O-075
    for (const std::string how : {"write", "read"}) {
        Stubborn stubborn;
        std::string seen;
        Limited limited{[&](Environ& environ, StartResponse& start) {
            const http::Write write = start("200 OK", {});
            stubborn.run();
            try {
                if (how == "write") write("late");
                if (how == "read") environ.input().read_all(100000);
            } catch (const http::ClientDisconnected&) {
                seen = "disconnected";
                throw;
            } catch (const std::system_error&) {
                seen = "gone";
                throw;
            }
            return Body{};
        }};
        limited.client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nabc");
        sleep(3s);
        ASSERT_EQ(limited.served.calls, 1);
        EXPECT_THROW(limited.client.read_to_end(), std::system_error);

        stubborn.on = false;
        wait_for_the_end(limited.served);
        EXPECT_EQ(seen, how == "write" ? "gone" : "disconnected");
        EXPECT_THAT(limited.served.access_lines, ElementsAre("503 POST / HTTP/1.1"));
        EXPECT_THAT(limited.served.access_bytes, ElementsAre(0U));
        EXPECT_EQ(limited.served.errors.size(), 1U);
    }
}

FAKE_CLOCK_TEST(UnkillableRequest, OfAGeneratorToo) {  // O-075
    Stubborn stubborn;
    Limited limited{[&](Environ&, StartResponse& start) {
        start("200 OK", {});
        return Body{[&, made = 0]() mutable -> std::optional<std::string> {
            if (made++ != 0) stubborn.run();
            return "piece";
        }};
    }};
    limited.client.send(get());
    EXPECT_THROW(limited.client.read_to_end(), std::system_error);
    EXPECT_EQ(limited.metrics.unkillable.value(), 1U);

    stubborn.on = false;
    wait_for_the_end(limited.served);
    EXPECT_THAT(limited.served.access_lines, ElementsAre("200 GET / HTTP/1.1"));
    EXPECT_THAT(limited.served.access_bytes, ElementsAre(5U)) << "what was told until then";
}

// Its client has all of the answer, and does not know it yet.
FAKE_CLOCK_TEST(UnkillableRequest, ServesNoFurtherRequestOfItsClient) {  // O-075
    Stubborn stubborn;
    Limited limited{[&](Environ&, StartResponse& start) {
        start("200 OK", {{"Content-Length", "5"}});
        return Body{[&, made = 0]() mutable -> std::optional<std::string> {
            if (made++ == 0) return "piece";
            stubborn.run();
            return std::nullopt;
        }};
    }};
    limited.client.send(get() + get("/next"));
    EXPECT_EQ(limited.client.brief(), "200 piece");
    EXPECT_THROW(limited.client.read_to_end(), std::system_error);

    stubborn.on = false;
    EXPECT_TRUE(limited.served.quiet());
    EXPECT_EQ(limited.served.calls, 1);
    EXPECT_THAT(limited.served.access_lines, ElementsAre("200 GET / HTTP/1.1"));
}

// Nothing is thrown out of it, nor afterwards into the next request of its greenlet.
FAKE_CLOCK_TEST(UnkillableRequest, IsOneThatWaitsInADestructor) {  // O-075
    struct Slow {
        ~Slow() { sleep(10s); }
    };
    Limited limited{[&](Environ&, StartResponse&) -> Body {
        const Slow slow;
        sleep(1h);
        return {};
    }};
    const auto began = now();
    limited.client.send(get());
    EXPECT_THROW(limited.client.read_to_end(), std::system_error);
    EXPECT_EQ(now() - began, 6s);
    EXPECT_EQ(limited.metrics.unkillable.value(), 1U);

    wait_for_the_end(limited.served);
    EXPECT_EQ(now() - began, 15s);
    EXPECT_THAT(limited.served.access_lines, ElementsAre("503 GET / HTTP/1.1"));
    EXPECT_EQ(limited.served.errors.size(), 1U) << "it has been told";
}

FAKE_CLOCK_TEST(UnkillableRequest, CanStillBeKilled) {  // O-075
    for (const bool by_stop : {false, true}) {
        Stubborn stubborn{.heeds_kills = true};
        AnyGreenlet handler;
        Limited limited{[&](Environ&, StartResponse&) -> Body {
            handler = getcurrent();
            stubborn.run();
            return {};
        }};
        limited.client.send(get());
        EXPECT_THROW(limited.client.read_to_end(), std::system_error);

        by_stop ? limited.served.server.stop(0s) : handler.kill();

        EXPECT_TRUE(handler.dead());
        EXPECT_EQ(limited.served.server.requests_running(), 0U);
        EXPECT_THAT(limited.served.access_lines, ElementsAre("503 GET / HTTP/1.1"));
        EXPECT_EQ(limited.served.errors.size(), 1U);
    }
}

FAKE_CLOCK_TEST(UnkillableRequest, WhoseClientHasGoneIsCountedAllTheSame) {  // O-075
    for (const bool by_reset : {false, true}) {
        Stubborn stubborn;
        Limited limited{[&](Environ&, StartResponse&) -> Body {
            stubborn.run();
            return {};
        }};
        limited.client.send(get());
        sleep(3s);
        by_reset ? limited.client.reset() : limited.client.close();
        sleep(10s);
        EXPECT_EQ(limited.metrics.unkillable.value(), 1U);
        stubborn.on = false;
        EXPECT_TRUE(limited.served.quiet());
        EXPECT_THAT(limited.served.access_lines, ElementsAre("503 GET / HTTP/1.1"));
    }
}

FAKE_CLOCK_TEST(UnkillableRequest, IsNoneThatAnswersWithinTheSecond) {  // O-075
    Limited limited{[&](Environ& environ, StartResponse& start) {
        try {
            sleep(1h);
        } catch (...) {
            sleep(500ms);
        }
        start("200 OK", {});
        return Body{std::string(environ["PATH_INFO"] == "/large" ? 24'000'000 : 1, 'x')};
    }};
    limited.client.send(get());
    EXPECT_EQ(limited.client.answer().status, 200);
    limited.client.send(get("/large"));
    sleep(8s);  // it has returned; its client takes its time
    EXPECT_EQ(limited.client.answer().body.size(), 24'000'000U);
    EXPECT_EQ(limited.metrics.unkillable.value(), 0U);
    EXPECT_THAT(limited.served.errors, IsEmpty());
}

FAKE_CLOCK_TEST(UnkillableRequest, IsNoneThatWasUpgraded) {  // O-075
    for (const bool late : {false, true}) {
        int thrown = 0;
        Limited limited{[&](Environ& environ, StartResponse& start) {
            try {
                if (late) sleep(1h);
            } catch (...) {  // the time-out
            }
            start("101 Switching Protocols", {{"Connection", "Upgrade"}, {"Upgrade", "x"}});
            Stream& stream = environ.upgrade();
            try {
                sleep(20s);
            } catch (...) {
                ++thrown;
            }
            stream.sendall("here");
            return Body{};
        }};
        limited.client.send(get("/", "Connection: Upgrade\r\nUpgrade: x\r\n"));
        EXPECT_EQ(limited.client.answer().status, 101);
        sleep(19s);
        EXPECT_EQ(limited.client.read_to_end(), "here");
        EXPECT_EQ(thrown, 0);
        EXPECT_EQ(limited.metrics.unkillable.value(), 0U);
    }
}

// O-075: it knows no reset. Whose client is told to go is not waited for in the end.
FAKE_CLOCK_TEST(UnkillableRequest, OverAUnixSocketEndsIt) {
    const TemporaryFolder folder;
    const std::string path = (folder.path() / "socket").string();
    http::WsgiOptions options;
    options.timeouts.request = 5s;
    options.error_log = [](http::LogLevel, std::string_view) {};
    http::WsgiServer server{"unix:" + path,
                            [](Environ&, StartResponse&) -> Body {
                                for (int swallowed = 0;; ++swallowed) {
                                    try {
                                        sleep(1h);
                                    } catch (...) {
                                        if (swallowed == 2) throw;
                                    }
                                }
                            },
                            options};
    server.start();
    Client client{connect(Address::unix_path(path), kPatience)};
    const auto began = now();
    client.send(get());
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_EQ(now() - began, 6s);
    EXPECT_TRUE(server.join_connections());
    EXPECT_EQ(now() - began, 7s);
}

}  // namespace
}  // namespace grove::test
