// Kills and time-outs at any point leave nothing behind (C-008); failures to connect.
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/timeout.h>
#include <grove/http/client.h>

#include "greenlet_test.h"
#include "random_kills.h"
#include "scripted_server.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::ClientError;
using ::testing::HasSubstr;
using Kind = ClientError::Kind;

std::size_t open_descriptors() {
    const std::filesystem::directory_iterator all{"/proc/self/fd"};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

constexpr const char* kChunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";

/// A text, and a generator that gives pieces at once, or waits for them.
std::vector<std::function<http::Body()>> bodies() {
    const auto generated = [](bool waits) -> http::Body {
        return [waits, left = 3]() mutable -> std::optional<std::string> {
            if (waits) sleep();
            return --left > 0 ? std::optional<std::string>{"piece"} : std::nullopt;
        };
    };
    return {[]() -> http::Body { return "body"; }, [=] { return generated(false); },
            [=] { return generated(true); }};
}

// C-008
GREENLET_TEST(ClientKills, LeaveNothingAtRandomPoints) {
    ScriptedServer server{[](Peer& peer) {
        while (!peer.request().empty()) {
            for (std::string_view rest = kChunked; !rest.empty();
                 rest.remove_prefix(std::min<std::size_t>(rest.size(), 9))) {
                peer.say(rest.substr(0, 9));
                sleep();
            }
        }
    }};
    http::Client client{{.per_host = 3}};
    std::size_t next = 0;
    kill_at_random_points([&] {
        auto answer = client.post(server.url(), bodies().at(next++ % 3)());
        answer.next();
        answer.read_all(100);
        EXPECT_LE(client.connections(), 3U);
    });
    EXPECT_LE(client.connections(), 3U);
    EXPECT_EQ(client.get(server.url()).read(), "abc");
    const Deadline deadline{kPatience};  // for the server's ends of what was closed
    while (open_descriptors() > 30U && !deadline.passed()) sleep(1ms);
    EXPECT_LE(open_descriptors(), 30U);
}

// C-008
GREENLET_TEST(ClientKills, PassATimeoutAsItIs) {
    ScriptedServer server{[](Peer& peer) { peer.wait_for_end(); }};
    http::Client client;
    const TimeoutGuard guard{5ms};
    try {
        client.get(server.url());
        FAIL() << "an answer";
    } catch (const Timeout& timeout) {
        EXPECT_TRUE(guard.threw(timeout));
    }
    EXPECT_EQ(client.connections(), 0U);
}

GREENLET_TEST(ClientKills, LetRequestsOutliveTheirClient) {
    Event asked;
    Event go;
    ScriptedServer server{[&](Peer& peer) {
        peer.request();
        asked.set();
        go.wait();
        peer.answer("late");
        peer.wait_for_end();
    }};
    auto client = std::make_unique<http::Client>();
    auto asking = spawn([&] { return client->get(server.url()).read(); });
    EXPECT_TRUE(asked.wait(kPatience));
    client.reset();
    go.set();
    EXPECT_EQ(asking.get(true, 5s), "late");
}

GREENLET_TEST(ClientFailures, NameWhatCouldNotBeReached) {
    std::uint16_t port = 0;
    {
        const ScriptedServer gone{saying("")};
        port = gone.port();
    }
    http::Client client;
    const std::string url = "http://127.0.0.1:" + std::to_string(port) + "/x?secret";
    const auto refused = [&] { client.get(url); };
    EXPECT_EQ(kind_of(refused), Kind::kConnect);
    EXPECT_EQ(text_of(refused), "GET http://127.0.0.1:" + std::to_string(port) +
                                    "/x: connect to 127.0.0.1:" + std::to_string(port) +
                                    ": Connection refused");
    const auto unknown = [&] { client.get("http://no-such-host.invalid/"); };
    EXPECT_EQ(kind_of(unknown), Kind::kResolve);
    EXPECT_THAT(text_of(unknown), HasSubstr("no-such-host.invalid"));
}

// C-052
GREENLET_TEST(ClientFailures, TellHowFarTheExchangeHadCome) {
    using Progress = ClientError::Progress;
    const auto progress_of = [](std::string said) {
        ScriptedServer server{saying_once(std::move(said))};
        http::Client client;
        try {
            client.post(server.url(), "body").read();
        } catch (const ClientError& error) {
            return error.progress();
        }
        throw std::logic_error{"an answer"};
    };
    EXPECT_EQ(progress_of(""), Progress::kSent);
    EXPECT_EQ(progress_of("H"), Progress::kAnswered);
    EXPECT_EQ(progress_of("HTTP/1.1 100 Continue\r\n\r\n"), Progress::kAnswered);
    EXPECT_EQ(progress_of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na"), Progress::kAnswered);
    try {
        http::Client{}.get("http://127.0.0.1:1/");
        FAIL() << "port 1 answers";
    } catch (const ClientError& error) {
        EXPECT_FALSE(error.reached());
    }
}

// The first attempt may have reached the peer, which cannot be asked again.
GREENLET_TEST(ClientFailures, TellOfTheAttemptBefore) {
    std::function<void()> close;
    ScriptedServer server{[&](Peer& peer) {
        peer.request();
        peer.answer("ok");
        peer.request();
        close();
    }};
    close = [&] { server.close(); };
    http::Client client;
    client.get(server.url()).read();
    try {
        client.send({.method = "PUT", .url = server.url(), .body = "text"});
        FAIL() << "an answer";
    } catch (const ClientError& error) {
        EXPECT_EQ(error.kind(), Kind::kConnect);
        EXPECT_EQ(error.progress(), ClientError::Progress::kSent);
    }
}

GREENLET_TEST(ClientFailures, OfARedirectHadAnAnswer) {
    ScriptedServer server{
        saying("HTTP/1.1 302 Go\r\nContent-Length: 0\r\nLocation: /again\r\n\r\n")};
    http::Client client{{.redirects = 1}};
    try {
        client.post(server.url(), "body");
        FAIL() << "an answer";
    } catch (const ClientError& error) {
        EXPECT_EQ(error.kind(), Kind::kRedirect);
        EXPECT_EQ(error.progress(), ClientError::Progress::kAnswered);
    }
}

FAKE_CLOCK_TEST(ClientFailures, ComeInTimeFromADeadResolver) {
    http::Client client{{.connect = 2s}};
    EXPECT_EQ(kind_of([&] { client.get("http://dead.test/"); }), Kind::kTimeout);
}

}  // namespace
}  // namespace grove::test
