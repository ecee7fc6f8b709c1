// Environ::disconnected(): who waits for something else learns that its client has gone.
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/connect.h>
#include <grove/core/errors.h>
#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/http/http_error.h>

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
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Answers when its client has gone, or after `patience`; "/": at once.
struct Watching {
    Duration patience = 1h;
    std::vector<std::string> seen{};  ///< Of each request that waited.

    http::Application application() {
        return [this](Environ& environ, StartResponse& start) {
            const std::string path{environ["PATH_INFO"]};
            if (path != "/") {
                const bool gone = environ.disconnected().wait(patience);
                seen.push_back(path + (gone ? " gone" : " there"));
            }
            start("200 OK", {});
            return Body{"told"};
        };
    }
};

/// Takes the body only when it is asked for.
http::WsgiOptions unread_bodies() {
    http::WsgiOptions options;
    options.limits.body_buffer = 0;
    return options;
}

std::string post_with(std::string_view framing, std::string_view body) {
    return "POST / HTTP/1.1\r\nHost: h\r\n" + std::string{framing} + "\r\n\r\n" + std::string{body};
}

FAKE_CLOCK_TEST(Disconnected, FreesTheSlotsOfThoseWhoWait) {
    Watching watching;
    ServedApplication served{watching.application(), {.spawn = 5}};
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 5; ++i) {
        clients.push_back(std::make_unique<Client>(served.address()));
        clients.back()->send(get("/x"));
    }
    let_the_hub_turn();
    EXPECT_THAT(watching.seen, IsEmpty());
    const auto began = now();
    for (const auto& client : clients) client->close();
    EXPECT_EQ(served.ask(get()).body, "told");
    EXPECT_EQ(now(), began) << "at once";
    EXPECT_EQ(watching.seen.size(), 5U);
}

// The socket of a fresh connection the loop may not know yet; that of a kept one it does.
FAKE_CLOCK_TEST(Disconnected, HoweverTheClientGoes) {
    const struct {
        const char* name;
        void (*go)(Client&);
    } ways[] = {
        {"close", [](Client& client) { client.close(); }},
        {"reset", [](Client& client) { client.reset(); }},
        {"half-close", [](Client& client) { client.finish_sending(); }},
    };
    for (const auto& [name, go] : ways) {
        for (const bool kept : {false, true}) {
            Watching watching;
            ServedApplication served{watching.application()};
            Client client{served.address()};
            if (kept) {
                client.send(get());
                EXPECT_EQ(client.brief(), "200 told");
            }
            client.send(get("/x"));
            let_the_hub_turn();
            ASSERT_THAT(watching.seen, IsEmpty()) << name;
            const auto began = now();
            go(client);
            let_the_hub_turn();
            EXPECT_THAT(watching.seen, ElementsAre("/x gone")) << name << ", kept: " << kept;
            EXPECT_EQ(now(), began) << name;
        }
    }
}

FAKE_CLOCK_TEST(Disconnected, IsAnsweredAllTheSameWhereTheClientOnlySendsNoMore) {
    Watching watching;
    ServedApplication served{watching.application()};
    Client client{served.address()};
    client.send(get("/x"));
    client.finish_sending();
    EXPECT_EQ(client.brief(), "200 told");
    EXPECT_TRUE(client.at_end());
    EXPECT_THAT(watching.seen, ElementsAre("/x gone"));
}

FAKE_CLOCK_TEST(Disconnected, OverAUnixSocketToo) {
    const TemporaryFolder folder;
    const std::string path = folder.path() / "socket";
    Watching watching;
    http::WsgiServer server{"unix:" + path, watching.application()};
    server.start();
    Client client{connect(Address::unix_path(path), kPatience)};
    client.send(get("/x"));
    let_the_hub_turn();
    const auto began = now();
    client.close();
    let_the_hub_turn();
    EXPECT_THAT(watching.seen, ElementsAre("/x gone"));
    EXPECT_EQ(now(), began);
    server.stop();
}

// What went before the application asked is found by its first question, or in the hub's next turn.
FAKE_CLOCK_TEST(Disconnected, AlsoBeforeItIsAskedFor) {
    for (const bool kept : {false, true}) {
        Event go;
        Watching watching;
        ServedApplication served{[&](Environ& environ, StartResponse& start) {
            if (environ["PATH_INFO"] != "/") go.wait();
            return watching.application()(environ, start);
        }};
        Client client{served.address()};
        if (kept) {
            client.send(get());
            EXPECT_EQ(client.brief(), "200 told");
        }
        client.send(get("/x"));
        let_the_hub_turn();
        client.close();
        let_the_hub_turn();
        const auto began = now();
        go.set();
        EXPECT_TRUE(served.quiet());
        EXPECT_THAT(watching.seen, ElementsAre("/x gone"));
        EXPECT_LT(now() - began, 1s);
    }
}

FAKE_CLOCK_TEST(Disconnected, NotByAnEndBehindAPipelinedRequest) {
    for (const bool with_the_first : {true, false}) {
        Watching watching{.patience = 5s};
        ServedApplication served{watching.application()};
        Client client{served.address()};
        client.send(with_the_first ? get("/a") + get("/b") : get("/a"));
        let_the_hub_turn();
        if (!with_the_first) client.send(get("/b"));
        client.finish_sending();
        const auto began = now();
        EXPECT_EQ(client.brief(), "200 told");
        EXPECT_EQ(client.brief(), "200 told");
        EXPECT_EQ(now() - began, 5s);
        EXPECT_TRUE(client.at_end());
        EXPECT_THAT(watching.seen, ElementsAre("/a there", "/b gone"));
    }
}

FAKE_CLOCK_TEST(Disconnected, ByAResetThoughARequestIsUnread) {
    Watching watching;
    ServedApplication served{watching.application()};
    Client client{served.address()};
    client.send(get("/a") + get("/b"));
    let_the_hub_turn();
    const auto began = now();
    client.reset();
    EXPECT_TRUE(served.quiet());
    EXPECT_LT(now() - began, 1s);
    ASSERT_FALSE(watching.seen.empty());
    EXPECT_EQ(watching.seen.front(), "/a gone");
}

// As long as its body is unread an end says nothing; once all is read, it does.
FAKE_CLOCK_TEST(Disconnected, NotByAnEndBehindABodyBeforeThatIsRead) {
    const struct {
        const char* name;
        std::string request;
        std::size_t bytes;
    } rows[] = {
        {"small", post_with("Content-Length: 5", "hello"), 5},
        {"more than a block", post_with("Content-Length: 100000", std::string(100'000, 'x')),
         100'000},
        {"chunks",
         post_with("Transfer-Encoding: chunked", "5\r\nhello\r\n3\r\nyou\r\n0\r\nX: y\r\n\r\n"), 8},
    };
    for (const auto& row : rows) {
        std::string seen;
        ServedApplication served{[&](Environ& environ, StartResponse& start) {
                                     Event& gone = environ.disconnected();
                                     seen = gone.wait(5s) ? "early" : "";
                                     const std::string body = environ.input().read_all(1 << 20);
                                     seen += std::to_string(body.size());
                                     seen += gone.is_set() ? " gone" : " there";
                                     start("200 OK", {});
                                     return Body{"told"};
                                 },
                                 unread_bodies()};
        Client client{served.address()};
        client.send(row.request);
        client.finish_sending();
        EXPECT_EQ(client.brief(), "200 told") << row.name;
        EXPECT_EQ(seen, std::to_string(row.bytes) + " gone") << row.name;
    }
}

FAKE_CLOCK_TEST(Disconnected, WhereverItsBodyIsCut) {
    const std::string request =
        post_with("Transfer-Encoding: chunked", "5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n");
    std::string seen;
    ServedApplication served{[&](Environ& environ, StartResponse& start) {
                                 Event& gone = environ.disconnected();
                                 seen = environ.input().read_all(100);
                                 if (!gone.wait(1h)) seen += " is there";
                                 start("200 OK", {});
                                 return Body{"told"};
                             },
                             unread_bodies()};
    for (std::size_t cut = 0; cut <= request.size(); ++cut) {
        Client client{served.address()};
        const auto began = now();
        client.send_cut_at(request, cut);
        client.finish_sending();
        ASSERT_EQ(client.brief(), "200 told") << "cut at " << cut;
        EXPECT_EQ(seen, "helloyou") << "cut at " << cut;
        EXPECT_EQ(now(), began) << "cut at " << cut;
    }
}

FAKE_CLOCK_TEST(Disconnected, ByABodyThatBreaksOff) {  // A-020, S-081
    bool before = true;
    bool after = false;
    ServedApplication served{[&](Environ& environ, StartResponse& start) -> Body {
                                 Event& gone = environ.disconnected();
                                 before = gone.wait(5s);
                                 try {
                                     environ.input().read_all(100);
                                 } catch (const http::ClientDisconnected&) {
                                     after = gone.is_set();
                                     throw;
                                 }
                                 start("200 OK", {});
                                 return {};
                             },
                             unread_bodies()};
    Client client{served.address()};
    client.send(post_with("Content-Length: 9", "abc"));
    client.finish_sending();
    EXPECT_TRUE(client.at_end());
    EXPECT_FALSE(before) << "some of it was unread";
    EXPECT_TRUE(after);
}

FAKE_CLOCK_TEST(Disconnected, ByAWriteThatFails) {
    Event go;
    bool told = false;
    ServedApplication served{[&](Environ& environ, StartResponse& start) {
        Event& gone = environ.disconnected();
        const http::Write write = start("200 OK", {});
        go.wait();
        try {
            for (;;) write(std::string(1 << 18, 'x'));
        } catch (const std::system_error&) {
            told = gone.is_set();
        }
        return Body{};
    }};
    Client client{served.address()};
    client.send(get());
    let_the_hub_turn();
    client.reset();
    go.set();
    EXPECT_TRUE(served.quiet());
    EXPECT_TRUE(told);
}

FAKE_CLOCK_TEST(Disconnected, IsOneEventForAllWhoWait) {
    int woken = 0;
    ServedApplication served{[&](Environ& environ, StartResponse& start) {
        Event& gone = environ.disconnected();
        EXPECT_EQ(&gone, &environ.disconnected());
        const auto other = spawn([&] { woken += gone.wait() ? 1 : 0; });
        woken += gone.wait() ? 1 : 0;
        other.join();
        start("200 OK", {});
        return Body{"told"};
    }};
    Client client{served.address()};
    client.send(get());
    let_the_hub_turn();
    client.close();
    EXPECT_TRUE(served.quiet());
    EXPECT_EQ(woken, 2);
}

FAKE_CLOCK_TEST(Disconnected, WakesWhoStillWaitsWhenTheRequestEnds) {
    Greenlet<void> other;
    ServedApplication served{[&](Environ& environ, StartResponse& start) {
        Event& gone = environ.disconnected();
        other = spawn([&gone] { gone.wait(); });
        sleep();
        start("200 OK", {});
        return Body{"told"};
    }};
    const auto began = now();
    Client client{served.address()};
    client.send(get());
    EXPECT_EQ(client.brief(), "200 told");
    other.join();
    EXPECT_EQ(now(), began);
}

FAKE_CLOCK_TEST(Disconnected, IsInterruptedByAKillAlsoAfterTheWake) {  // A-020, S-116
    for (const bool after_the_wake : {false, true}) {
        Watching watching;
        AnyGreenlet handler;
        ServedApplication served{[&](Environ& environ, StartResponse& start) {
            handler = getcurrent();
            if (after_the_wake)
                environ.disconnected().rawlink([&] { handler.kill(GreenletExit{}, false); });
            return watching.application()(environ, start);
        }};
        Client client{served.address()};
        client.send(get("/x"));
        let_the_hub_turn();
        after_the_wake ? client.finish_sending() : handler.kill(GreenletExit{}, false);
        if (!after_the_wake) {
            EXPECT_EQ(client.answer().status, 503);
        }
        client.close();
        EXPECT_TRUE(served.quiet());
        EXPECT_TRUE(handler.dead());
    }
}

FAKE_CLOCK_TEST(Disconnected, IsFoundByAStop) {  // A-020, S-013
    Watching watching;
    ServedApplication served{watching.application()};
    Client client{served.address()};
    client.send(get("/x"));
    let_the_hub_turn();
    served.server.stop(3s);
    EXPECT_EQ(served.server.requests_running(), 0U);
    EXPECT_EQ(client.answer().status, 503);
    EXPECT_THAT(watching.seen, IsEmpty());
}

FAKE_CLOCK_TEST(Disconnected, IsNothingToAskAfterAnUpgrade) {  // A-020, S-135
    int refused = 0;
    ServedApplication served{[&](Environ& environ, StartResponse& start) {
        Event& gone = environ.disconnected();
        start("101 Switching Protocols", {{"Connection", "Upgrade"}, {"Upgrade", "echo"}});
        Stream& stream = environ.upgrade();
        try {
            environ.disconnected();
        } catch (const std::logic_error&) {
            ++refused;
        }
        char byte = 0;
        EXPECT_EQ(stream.recv({&byte, 1}), 0U);
        EXPECT_FALSE(gone.is_set()) << "the stream has told";
        return Body{};
    }};
    Client client{served.address()};
    client.send(get("/", "Connection: Upgrade\r\nUpgrade: echo\r\n"));
    EXPECT_EQ(client.answer().status, 101);
    client.close();
    EXPECT_TRUE(served.quiet());
    EXPECT_EQ(refused, 1);
}

// Nobody would end its watch any more, and the next request would find it.
FAKE_CLOCK_TEST(Disconnected, IsNothingToAskOnceTheApplicationHasThrown) {
    constexpr std::size_t kMuch = 24'000'000;  // more than any kernel keeps for a client
    Event go;
    bool refused = false;
    Greenlet<void> other;
    ServedApplication served{[&](Environ& environ, StartResponse&) -> Body {
        other = spawn([&environ, &go, &refused] {
            go.wait();
            try {
                environ.disconnected();
            } catch (const std::logic_error&) {
                refused = true;
            }
        });
        throw http::HttpError{503, std::string(kMuch, 'x')};
    }};
    Client client{served.address()};
    client.send(get());
    let_the_hub_turn();
    ASSERT_EQ(served.server.requests_running(), 1U) << "its answer waits for its client";
    go.set();
    other.join();
    EXPECT_TRUE(refused);
    EXPECT_EQ(client.answer().body.size(), kMuch);
}

// A request behind one that asked is as any other.
FAKE_CLOCK_TEST(Disconnected, LeavesTheConnectionAsItWas) {  // A-020, S-130
    Watching watching{.patience = 1s};
    ServedApplication served{watching.application()};
    Client client{served.address()};
    for (int round = 0; round < 3; ++round) {
        client.send(get("/x") + get());
        EXPECT_EQ(client.brief(), "200 told");
        EXPECT_EQ(client.brief(), "200 told");
    }
    EXPECT_THAT(watching.seen, ElementsAre("/x there", "/x there", "/x there"));
    EXPECT_EQ(served.server.connections(), 1U);
}

}  // namespace
}  // namespace grove::test
