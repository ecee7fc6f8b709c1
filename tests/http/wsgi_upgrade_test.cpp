// An application that answers 101 takes the connection, with what was received already (S-105, S-135).
#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/errors.h>
#include <grove/core/event.h>
#include <grove/core/greenlet.h>

#include "greenlet_test.h"
#include "served_application.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::Body;
using http::Environ;
using http::Headers;
using http::StartResponse;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr const char* kAsks = "Connection: keep-alive, Upgrade\r\nUpgrade: echo\r\n";
const Headers kGrants{{"Connection", "Upgrade"}, {"Upgrade", "echo"}};

std::string receive(Stream& stream, Timespan timeout = {}) {
    std::array<char, 256> buffer;
    return {buffer.data(), stream.recv(buffer, timeout)};
}

// Sends back what comes, in brackets, until the client finishes.
Body echo(Environ& environ, StartResponse& start) {
    environ.input().read_all(100);
    start("101 Switching Protocols", kGrants);
    Stream& stream = environ.upgrade();
    for (std::string some; !(some = receive(stream)).empty();) stream.sendall("<" + some + ">");
    return {};
}

GREENLET_TEST(Upgrade, IsAConversationBothWays) {  // S-135
    ServedApplication served{echo};
    Client client{served.address()};
    client.send(get("/", kAsks));

    const Answer answer = client.answer();
    EXPECT_EQ(answer.status, 101);
    EXPECT_EQ(answer.field("connection"), "Upgrade");
    EXPECT_EQ(answer.field("upgrade"), "echo");
    EXPECT_FALSE(answer.has("content-length"));
    EXPECT_FALSE(answer.has("transfer-encoding"));
    for (const char* word : {"one", "GET / HTTP/1.1\r\n\r\n", "0\r\n\r\n"}) {
        client.send(word);
        EXPECT_EQ(receive(client.stream(), 5s), "<" + std::string{word} + ">");
    }
    EXPECT_EQ(served.server.requests_running(), 1U);
    EXPECT_THAT(served.access_lines, IsEmpty());

    client.finish_sending();
    EXPECT_TRUE(client.at_end());
    EXPECT_TRUE(served.quiet());
    EXPECT_THAT(served.access_lines, ElementsAre("101 GET / HTTP/1.1"));
    EXPECT_THAT(served.access_bytes, ElementsAre(0U));
    EXPECT_THAT(served.errors, IsEmpty());
}

GREENLET_TEST(Upgrade, ReadsFirstWhatWasReceivedHoweverItWasCut) {  // S-135, S-151
    ServedApplication served{[](Environ& environ, StartResponse& start) {
        const std::string body = environ.input().read_all(100);
        start("101 Switching Protocols", kGrants);
        Stream& stream = environ.upgrade();
        std::string all;
        for (std::string some; !(some = receive(stream)).empty();) all += some;
        stream.sendall(body + "|" + all);
        return Body{};
    }};
    const std::string request = post("body", kAsks);
    const std::string bytes = request + "early";
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        Client client{served.address()};
        client.send_cut_at(bytes, cut);
        client.send(" and late");
        client.finish_sending();
        ASSERT_THAT(client.read_to_end(), EndsWith("\r\n\r\nbody|early and late"))
            << "cut at " << cut;
    }
    Client client{served.address()};
    client.send_byte_by_byte(bytes);
    client.finish_sending();
    EXPECT_THAT(client.read_to_end(), EndsWith("\r\n\r\nbody|early"));
}

GREENLET_TEST(Upgrade, ComesBehindTheAnswersThatAreOwed) {  // S-132, S-135
    ServedApplication served{[](Environ& environ, StartResponse& start) {
        if (environ["PATH_INFO"] == "/up") return echo(environ, start);
        start("200 OK", {});
        return Body{"first"};
    }};
    Client client{served.address()};
    client.send(get() + get("/up", kAsks) + "early");
    client.finish_sending();
    EXPECT_EQ(client.brief(), "200 first");
    EXPECT_EQ(client.answer().status, 101);
    EXPECT_EQ(client.read_to_end(), "<early>");
}

GREENLET_TEST(Upgrade, NotGrantedLeavesHttpAsItWas) {  // S-135: what curl --http2 asks for
    ServedApplication served{[](Environ& environ, StartResponse& start) {
        start("200 OK", {});
        return Body{environ.input().read_all(100)};
    }};
    Client client{served.address()};
    client.send(post("body",
                     "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                     "HTTP2-Settings: AAMAAABkAAQ\r\n") +
                get());
    EXPECT_EQ(client.brief(), "200 body");
    EXPECT_EQ(client.brief(), "200 ");
}

GREENLET_TEST(Upgrade, IsRefusedWhereItDoesNotFit) {  // S-135
    struct Case {
        const char* name;
        std::string request;
        std::function<void(Environ&, StartResponse&)> application;
        const char* why;
    };
    const auto answers = [](const char* status) {
        return [status](Environ& environ, StartResponse& start) {
            start(status, status[0] == '1' ? kGrants : Headers{});
            environ.upgrade();
        };
    };
    const std::vector<Case> cases{
        {"nobody asked", get(), answers("101 x"), "did not ask"},
        {"no token", get("/", "Upgrade: echo\r\n"), answers("101 x"), "did not ask"},
        {"no protocol", get("/", "Connection: upgrade\r\n"), answers("101 x"), "did not ask"},
        {"HTTP/1.0", "GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n",
         answers("101 x"), "did not ask"},
        {"another status", get("/", kAsks), answers("200 OK"), "with 101"},
        {"no start_response", get("/", kAsks),
         [](Environ& environ, StartResponse&) { environ.upgrade(); }, "with 101"},
        {"unread body", post("body", kAsks), answers("101 x"), "body has not been read"},
        {"half a body", post("body", kAsks),
         [](Environ& environ, StartResponse& start) {
             environ.input().read(2);
             start("101 x", kGrants);
             environ.upgrade();
         },
         "body has not been read"},
        {"unread chunks",
         "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n" + std::string{kAsks} +
             "\r\n0\r\n\r\n",
         answers("101 x"), "body has not been read"},
        {"101 without it", get("/", kAsks),
         [](Environ&, StartResponse& start) { start("101 x", kGrants); }, "environ.upgrade()"},
        {"written 101", get("/", kAsks),
         [](Environ&, StartResponse& start) { start("101 x", kGrants)("data"); }, "has no body"},
    };
    for (const Case& each : cases) {
        std::string thrown;
        ServedApplication served{[&](Environ& environ, StartResponse& start) -> Body {
            try {
                each.application(environ, start);
            } catch (const std::logic_error& error) {
                thrown = error.what();
                throw;
            }
            return {};
        }};
        const Answer answer = served.ask(each.request);
        EXPECT_EQ(answer.status, 500) << each.name;
        EXPECT_FALSE(answer.has("upgrade")) << each.name;
        EXPECT_THAT(served.errors, ElementsAre(HasSubstr(each.why))) << each.name;
        if (!thrown.empty()) {
            EXPECT_THAT(thrown, HasSubstr(each.why)) << each.name;
        }
    }
}

GREENLET_TEST(Upgrade, EndsWhatHttpCouldStillSay) {  // S-135
    std::vector<std::string> refused;
    const auto expect_refused = [&](const auto& call) {
        try {
            call();
        } catch (const std::logic_error& error) {
            refused.emplace_back(error.what());
        }
    };
    ServedApplication served{[&](Environ& environ, StartResponse& start) {
        const http::Write write = start("101 x", kGrants);
        Stream& stream = environ.upgrade();
        expect_refused([&] { environ.upgrade(); });
        expect_refused([&] { write("data"); });
        expect_refused([&] { start("200 OK", {}); });
        EXPECT_EQ(environ.input().read_all(10), "");
        EXPECT_EQ(environ["SERVER_NAME"], "127.0.0.1");
        EXPECT_EQ(environ["REMOTE_ADDR"], "127.0.0.1");
        EXPECT_EQ(environ["wsgi.url_scheme"], "http");
        EXPECT_NE(environ["SERVER_PORT"], "80");
        stream.sendall("bye");
        return Body{"a body"};
    }};
    EXPECT_THAT(served.say(get("/", kAsks) + get()), EndsWith("\r\n\r\nbye"));
    EXPECT_THAT(refused,
                ElementsAre(HasSubstr("has been sent"), HasSubstr("no body"), HasSubstr("twice")));
    EXPECT_EQ(served.calls, 1);
    EXPECT_THAT(served.errors, ElementsAre(HasSubstr("has no body")));
    EXPECT_THAT(served.access_lines, ElementsAre("101 GET / HTTP/1.1"));
}

GREENLET_TEST(Upgrade, KnowsNoTimeOutsOfHttp) {  // S-135
    http::WsgiOptions options;
    options.timeouts.request = 20ms;
    options.timeouts.body = options.timeouts.idle = options.timeouts.header = 20ms;
    ServedApplication served{[](Environ& environ, StartResponse& start) {
                                 start("101 x", kGrants);
                                 Stream& stream = environ.upgrade();
                                 sleep(60ms);
                                 stream.sendall("still " + receive(stream));
                                 return Body{};
                             },
                             options};
    Client client{served.address()};
    client.send(get("/", kAsks));
    EXPECT_EQ(client.answer().status, 101);
    sleep(80ms);
    client.send("here");
    EXPECT_EQ(client.read_to_end(), "still here");
}

GREENLET_TEST(Upgrade, MayBeKeptBeyondTheRequest) {  // S-021
    std::optional<Stream> kept;
    ServedApplication served{[&](Environ& environ, StartResponse& start) {
        start("101 x", kGrants);
        kept.emplace(std::move(environ.upgrade()));
        return Body{};
    }};
    Client client{served.address()};
    client.send(get("/", kAsks) + "early");
    EXPECT_EQ(client.answer().status, 101);
    EXPECT_TRUE(served.quiet());
    EXPECT_EQ(receive(*kept), "early");
    kept->sendall("kept");
    EXPECT_EQ(receive(client.stream(), 5s), "kept");
    kept.reset();
    EXPECT_TRUE(client.at_end());
}

// S-116, S-135: the handler is left in recv() by a kill, by stop(), by a reset; each time the connection goes.
GREENLET_TEST(Upgrade, EndsWithItsHandler) {
    enum Case { kKill, kStop, kReset, kThrow };
    for (const Case which : {kKill, kStop, kReset, kThrow}) {
        AnyGreenlet handler;
        int closed = 0;
        std::string left_by;
        ServedApplication served{
            [&](Environ& environ, StartResponse& start) {
                handler = getcurrent();
                start("101 x", kGrants);
                Stream& stream = environ.upgrade();
                Body body;
                body.on_close([&] { ++closed; });
                try {
                    receive(stream);
                } catch (const GreenletExit&) {
                    left_by = "kill";
                    throw;
                } catch (const std::system_error& error) {
                    left_by = error.code() == std::errc::connection_reset ? "reset" : error.what();
                }
                if (which == kThrow) throw std::runtime_error{"broken"};
                return body;
            },
            {.spawn = 1}};
        Client client{served.address()};
        client.send(get("/", kAsks));
        EXPECT_EQ(client.answer().status, 101);

        if (which == kKill) handler.kill();
        if (which == kStop) {
            EXPECT_EQ(served.server.requests_running(), 1U);
            served.server.stop(10ms);
        }
        if (which == kReset) client.reset();
        if (which == kThrow) client.send("x");

        handler.join();
        EXPECT_EQ(left_by, which == kReset ? "reset" : which == kThrow ? "" : "kill");
        if (which != kReset) {
            EXPECT_TRUE(client.at_end()) << which;
        }
        EXPECT_EQ(closed, 1) << which;
        EXPECT_TRUE(served.quiet()) << which;
        EXPECT_EQ(served.errors.size(), which == kThrow ? 1U : 0U) << which;
        EXPECT_THAT(served.access_lines, ElementsAre("101 GET / HTTP/1.1")) << which;
        if (which == kStop) continue;
        Client next{served.address()};  // the slot is free again
        next.send(get("/", kAsks));
        EXPECT_EQ(next.answer().status, 101) << which;
    }
}

}  // namespace
}  // namespace grove::test
