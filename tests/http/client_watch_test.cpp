// While a generator of a request's body waits for something else, the peer is watched (C-018, C-008, C-053).
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/socket.h>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/core/shield.h>
#include <grove/core/timeout.h>
#include <grove/http/client.h>

#include "greenlet_test.h"
#include "scripted_server.h"
#include "temporary_folder.h"
#include "test_certificates.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::ClientAnswer;
using http::ClientError;
using http::ClientRequest;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using Kind = ClientError::Kind;

/// What has arrived is seen.
void let_the_hub_look() {
    const std::uint64_t enough = get_hub().rounds() + 3;
    while (get_hub().rounds() < enough) sleep();
}

constexpr const char* kTooLarge = "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig";

/// Waits after its first piece; the second comes when `next` is set, and is the last.
struct Waiting {
    Event next{};
    int pieces = 0;
    int unwound = 0;  // waits that were given up

    http::Body body() {
        return [this, given = false]() mutable -> std::optional<std::string> {
            if (pieces++ == 0) return "first";
            if (std::exchange(given, true)) return std::nullopt;
            struct Unwound {
                int& count;
                bool returned = false;
                ~Unwound() {
                    if (!returned) ++count;
                }
            } wait{unwound};
            next.wait();
            wait.returned = true;
            return "second";
        };
    }
    /// With a length of its own, or in chunks.
    ClientRequest to(const std::string& url, bool chunked) {
        ClientRequest request{.method = "POST", .url = url, .body = body()};
        if (!chunked) request.length = 11;
        return request;
    }
};

/// Reads until the first piece is there.
void await_first(Peer& peer) {
    std::string bytes(1000, '\0');
    std::string all;
    while (all.find("first") == all.npos) all.append(bytes, 0, peer.stream.recv(bytes, kPatience));
}

/// Answers and waits, or goes, once the generator waits.
struct Peers {
    std::function<void(Peer&)> say;
    ScriptedServer server{[this](Peer& peer) {
        await_first(peer);
        say(peer);
    }};
};

// C-018
GREENLET_TEST(ClientWatch, FindsAnAnswerWhileTheGeneratorWaits) {
    Peers peers{[](Peer& peer) {
        peer.say(kTooLarge);
        peer.wait_for_end();
    }};
    http::Client client;
    for (const bool chunked : {true, false}) {
        Waiting waiting;
        auto answer = client.send(waiting.to(peers.server.url(), chunked));
        EXPECT_EQ(answer.status(), 413);
        EXPECT_EQ(answer.read_all(10), "big");
        EXPECT_EQ(waiting.unwound, 1);
        EXPECT_EQ(waiting.pieces, 2);
        EXPECT_EQ(client.connections(), 0U) << "the request was not sent to its end";
    }
}

// C-018: the answer comes byte by byte, each in a turn of its own.
GREENLET_TEST(ClientWatch, FindsAnAnswerThatComesInPieces) {
    Peers peers{[](Peer& peer) {
        const std::string said = std::string{"HTTP/1.1 103 Early\r\nA: b\r\n\r\n"} + kTooLarge;
        for (const char byte : said) {
            peer.say({&byte, 1});
            peer.await_arrival();
        }
        peer.wait_for_end();
    }};
    http::Client client;
    Waiting waiting;
    EXPECT_EQ(client.send(waiting.to(peers.server.url(), true)).read(), "big");
    EXPECT_EQ(waiting.unwound, 1);
}

// C-008
GREENLET_TEST(ClientWatch, FindsAPeerThatGoesWhileTheGeneratorWaits) {
    const std::vector<std::function<void(Peer&)>> ways{
        [](Peer& peer) { peer.reset(); },
        [](Peer& peer) {
            peer.stream.shutdown_write();
            peer.wait_for_end();
        },
        [](Peer& peer) {
            peer.say("HTTP/1.1 100 Continue\r\n\r\n");
            peer.await_arrival();
            peer.reset();
        },
        [](Peer& peer) {
            peer.say("nonsense\r\n\r\n");
            peer.wait_for_end();
        }};
    for (std::size_t i = 0; i < ways.size(); ++i) {
        Peers peers{ways[i]};
        http::Client client;
        for (const bool chunked : {true, false}) {
            Waiting waiting;
            EXPECT_EQ(kind_of([&] { client.send(waiting.to(peers.server.url(), chunked)); }),
                      i < 3 ? Kind::kClosed : Kind::kProtocol)
                << i;
            EXPECT_EQ(waiting.unwound, 1) << i;
            EXPECT_EQ(client.connections(), 0U) << i;
        }
    }
}

// C-018: interim answers and the beginning of a head are no reason to end.
GREENLET_TEST(ClientWatch, LetsTheGeneratorGoOnUntilTheHeadIsThere) {
    Waiting waiting;
    std::string rest;
    Peers peers{[&](Peer& peer) {
        for (const char* said : {"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early\r\n\r\n",
                                 "HTTP/1.1 200 OK\r\nContent-"}) {
            peer.say(said);
            peer.await_arrival();
        }
        let_the_hub_look();
        waiting.next.set();
        std::string bytes(100, '\0');
        while (!rest.ends_with("0\r\n\r\n"))
            rest.append(bytes, 0, peer.stream.recv(bytes, kPatience));
        peer.say("Length: 2\r\n\r\nok");
        peer.wait_for_end();
    }};
    http::Client client;
    EXPECT_EQ(client.send(waiting.to(peers.server.url(), true)).read(), "ok");
    EXPECT_EQ(waiting.unwound, 0);
    EXPECT_THAT(rest, EndsWith("6\r\nsecond\r\n0\r\n\r\n"));
    EXPECT_EQ(client.connections(), 1U);
}

// C-018: over TLS tickets come unasked; an answer or the end is a record among others.
GREENLET_TEST(ClientWatch, LooksIntoTls) {
    const TemporaryFolder folder;
    Authority authority{folder.path()};
    http::ServerOptions options;
    options.tls = TlsContext::server({.certificates = {authority.issue("x", {"DNS:localhost"})}});
    Waiting waiting;
    std::function<void(Peer&)> say;
    ScriptedServer server{[&](Peer& peer) {
                              await_first(peer);
                              let_the_hub_look();  // the tickets are there
                              EXPECT_EQ(waiting.pieces, 2);
                              EXPECT_EQ(waiting.unwound, 0);
                              say(peer);
                          },
                          options};
    const std::string url = "https://localhost:" + std::to_string(server.port()) + "/";
    http::Client client{{.tls = TlsContext::client({.ca_file = authority.file()})}};
    say = [](Peer& peer) {
        peer.say(kTooLarge);
        peer.wait_for_end();
    };
    EXPECT_EQ(client.send(waiting.to(url, true)).read(), "big");
    EXPECT_EQ(std::exchange(waiting.unwound, 0), 1);
    say = [](Peer& peer) { peer.stream.shutdown_write(); };
    waiting.pieces = 0;
    EXPECT_EQ(kind_of([&] { client.send(waiting.to(url, true)); }), Kind::kClosed);
    EXPECT_EQ(std::exchange(waiting.unwound, 0), 1);
    say = [](Peer& peer) { ::shutdown(peer.stream.fd(), SHUT_RDWR); };
    waiting.pieces = 0;
    EXPECT_EQ(kind_of([&] { client.send(waiting.to(url, true)); }), Kind::kClosed);
    EXPECT_EQ(waiting.unwound, 1);
}

// C-001: the whole time of a request covers its generator.
FAKE_CLOCK_TEST(ClientWatch, EndsAGeneratorOnceTheRequestsTimeHasPassed) {
    Peers peers{[](Peer& peer) { peer.wait_for_end(); }};
    http::Client client;
    for (const bool chunked : {true, false}) {
        Waiting waiting;
        ClientRequest request = waiting.to(peers.server.url(), chunked);
        request.timeout = 5s;
        const auto send = [&] { client.send(std::move(request)); };
        EXPECT_THAT(text_of(send), HasSubstr("timed out while the request was sent"));
        EXPECT_EQ(waiting.unwound, 1);
        EXPECT_EQ(client.connections(), 0U);
    }
}

// C-008
GREENLET_TEST(ClientWatch, LetsAKillThrough) {
    Event waits;
    Peers peers{[&](Peer& peer) {
        waits.set();
        peer.wait_for_end();
    }};
    http::Client client;
    Waiting waiting;
    auto sending = spawn([&] { client.send(waiting.to(peers.server.url(), true)); });
    EXPECT_TRUE(waits.wait(kPatience));
    sending.kill();
    EXPECT_THROW(sending.get(), Killed);
    EXPECT_EQ(waiting.unwound, 1);
    EXPECT_EQ(client.connections(), 0U);
}

// C-008: the generator was woken already, or the greenlet killed in the same turn.
GREENLET_TEST(ClientWatch, EndsOnceHoweverMuchHappensAtATime) {
    for (const bool killed : {false, true}) {
        Waiting waiting;
        AnyGreenlet sending;
        Peers peers{[&](Peer& peer) {
            peer.say(kTooLarge);
            if (killed) sending.kill(GreenletExit{}, false);
            waiting.next.set();  // what the kernel has is seen in the next turn
            peer.wait_for_end();
        }};
        http::Client client;
        const auto answer =
            spawn([&] { return client.send(waiting.to(peers.server.url(), true)).read(); });
        sending = answer;
        if (killed) {
            EXPECT_THROW(answer.get(), Killed);
        } else {
            EXPECT_EQ(answer.get(), "big");
        }
        EXPECT_EQ(client.connections(), 0U);
    }
}

// Takes an interruption for its own, which is wrong, but does no harm.
GREENLET_TEST(ClientWatch, EndsAGeneratorThatSwallowsItsInterruption) {
    Peers peers{[](Peer& peer) {
        peer.say(kTooLarge);
        peer.wait_for_end();
    }};
    http::Client client;
    int pieces = 0;
    auto answer = client.post(peers.server.url(), [&]() -> std::optional<std::string> {
        if (pieces++ == 0) return "first";
        try {
            sleep(1h);
        } catch (const GreenletExit&) {
        }
        return "more";
    });
    EXPECT_EQ(answer.status(), 413);
    EXPECT_EQ(pieces, 2);
}

GREENLET_TEST(ClientWatch, WaitsForAGeneratorThatIsShielded) {
    Event said;
    Peers peers{[&](Peer& peer) {
        peer.say(kTooLarge);
        peer.await_arrival();
        let_the_hub_look();
        said.set();
        peer.wait_for_end();
    }};
    http::Client client;
    bool waited = false;
    auto answer = client.post(peers.server.url(), [&]() -> std::optional<std::string> {
        if (!said.is_set() && !std::exchange(waited, true)) return "first";
        const Shield shield;
        EXPECT_TRUE(said.wait(kPatience));
        return "more";
    });
    EXPECT_EQ(answer.status(), 413);
    sleep();  // nothing is held back
}

// The body of one request is the answer of another, whose body waits, too.
GREENLET_TEST(ClientWatch, KnowsWhichOfTwoRequestsItsAnswerIsFor) {
    std::vector<std::string> ends;
    for (const bool outer : {true, false}) {
        Event inner_waits;
        Event outer_said;
        Peers first{[&](Peer& peer) {
            if (outer) {
                EXPECT_TRUE(inner_waits.wait(kPatience));
                peer.say(kTooLarge);
            }
            peer.wait_for_end();
        }};
        Peers second{[&](Peer& peer) {
            inner_waits.set();
            if (!outer) peer.say(kTooLarge);
            peer.wait_for_end();
        }};
        http::Client client;
        Waiting waiting;
        int pieces = 0;
        const auto send = [&] {
            return client
                .post(first.server.url(),
                      [&]() -> std::optional<std::string> {
                          if (pieces++ == 0) return "first";
                          auto answer = client.send(waiting.to(second.server.url(), true));
                          ends.push_back("inner: " + std::to_string(answer.status()));
                          throw std::range_error{"enough"};
                      })
                .status();
        };
        if (outer) {
            EXPECT_EQ(send(), 413);
        } else {
            EXPECT_THROW(send(), std::range_error);
        }
        EXPECT_EQ(waiting.unwound, 1);
        EXPECT_EQ(client.connections(), 0U);
    }
    EXPECT_THAT(ends, ElementsAre("inner: 413"));
}

// C-001
GREENLET_TEST(ClientWatch, OutlivesItsClient) {
    Event waits;
    Event go;
    Peers peers{[&](Peer& peer) {
        waits.set();
        go.wait();
        peer.say(kTooLarge);
        peer.wait_for_end();
    }};
    auto client = std::make_unique<http::Client>();
    Waiting waiting;
    auto sending = spawn([&] { return client->send(waiting.to(peers.server.url(), true)).read(); });
    EXPECT_TRUE(waits.wait(kPatience));
    client.reset();
    go.set();
    EXPECT_EQ(sending.get(true, 5s), "big");
}

}  // namespace
}  // namespace grove::test
