// Clients of a proxy that are killed at random points: nothing of their requests is left (C-008, C-050, C-053, C-054).
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/greenlet.h>

#include "greenlet_test.h"
#include "random_kills.h"
#include "through_proxy.h"

namespace grove::test {
namespace {

using testing::IsEmpty;

void send_back(Peer& peer) {
    peer.say(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    std::string bytes(100, '\0');
    while (const std::size_t got = peer.stream.recv(bytes, kPatience))
        peer.say({bytes.data(), got});
    peer.say("bye");
}

/// Answers in pieces, with a turn of the hub between them; what asks for a WebSocket gets what it sends.
void answer_slowly(Peer& peer) {
    const std::string answer =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    for (std::string request; !(request = peer.request()).empty();) {
        if (request.find("Upgrade: websocket") != request.npos) return send_back(peer);
        for (std::size_t at = 0; at < answer.size(); at += 9) {
            peer.say(answer.substr(at, 9));
            sleep();
        }
    }
}

/// Bodies that wait for no upstream, and that are streamed.
std::vector<std::string> requests() {
    return {get(), post("small"), post(std::string(100'000, 'x')),
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"};
}

void ask_in_pieces(Proxy& proxy, const std::string& request) {
    Client client{proxy.served.address()};
    client.send(std::string_view{request}.substr(0, request.size() / 2));
    sleep();
    client.send(std::string_view{request}.substr(request.size() / 2));
    EXPECT_EQ(client.answer().body, "abc");
}

void talk(Proxy& proxy) {
    Client client{proxy.served.address()};
    client.send(get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
    EXPECT_EQ(client.answer().status, 101);
    for (const char* word : {"one", "two"}) {
        client.send(word);
        std::string bytes(100, '\0');
        bytes.resize(client.stream().recv(bytes, kPatience));
        EXPECT_EQ(bytes, word);
    }
    client.finish_sending();
    EXPECT_EQ(client.read_to_end(), "bye");
}

void expect_nothing_left(ThroughProxy& through) {
    Proxy& proxy = through.proxy;
    EXPECT_TRUE(proxy.served.quiet());
    EXPECT_THAT(proxy.served.errors, IsEmpty());
    EXPECT_LE(proxy.peers.client().connections(), 4U) << "those that are kept";
    for (const std::string& request : requests()) ask_in_pieces(proxy, request);
}

TEST(ProxyKills, LeaveNothingAtRandomPoints) {
    run_in_fresh_hub(
        [] {
            ThroughProxy through{answer_slowly, {.keepalive = 4}, at_once()};
            const std::vector<std::string> all = requests();
            std::size_t next = 0;
            kill_at_random_points(
                [&] { ask_in_pieces(through.proxy, all.at(next++ % all.size())); });
            expect_nothing_left(through);
        },
        {.more_time = std::chrono::minutes{5}});
}

// C-054
TEST(ProxyKills, LeaveNoTunnel) {
    run_in_fresh_hub(
        [] {
            ThroughProxy through{answer_slowly, {.keepalive = 4}, at_once()};
            kill_at_random_points([&] { talk(through.proxy); });
            expect_nothing_left(through);
        },
        {.more_time = std::chrono::minutes{5}});
}

}  // namespace
}  // namespace grove::test
