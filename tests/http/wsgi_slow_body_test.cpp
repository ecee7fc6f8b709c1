// Bodies that take their time: a slot is held by an application that runs, not by one that waits for its client.
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/errors.h>
#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/timeout.h>
#include <grove/http/connection_limit.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"
#include "uploads.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kChunked =
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string read_some(Client& client) {
    std::string bytes(65536, '\0');
    bytes.resize(client.stream().recv(bytes, kPatience));
    return bytes;
}

http::WsgiOptions slow_body_slot(http::ServerMetrics* metrics = nullptr) {
    http::WsgiOptions options;
    options.spawn = 1;
    options.metrics = metrics;
    return options;
}

FAKE_CLOCK_TEST(SlowBody, TakesNoSlotBeforeItIsThere) {  // O-070
    ServedApplication served{gives_body_back(), slow_body_slot()};
    std::vector<std::unique_ptr<Client>> slow;
    for (int i = 0; i < 20; ++i) {
        slow.push_back(std::make_unique<Client>(served.address()));
        slow.back()->send(upload_head(10) + "01234");
    }
    let_the_hub_turn();

    EXPECT_EQ(served.calls, 0);
    EXPECT_EQ(served.server.requests_running(), 20U);
    EXPECT_EQ(served.ask(get()).status, 200);

    for (const auto& client : slow) client->send("56789");
    for (const auto& client : slow) EXPECT_EQ(client->brief(), "200 0123456789");
    for (const auto& client : slow) client->send(get());
    for (const auto& client : slow) EXPECT_EQ(client->brief(), "200 ");
}

// Split at every byte.
FAKE_CLOCK_TEST(SlowBody, IsWholeWhereverItWasCut) {  // O-070
    ServedApplication served{gives_body_back(), slow_body_slot()};
    const std::string chunks = "4;x=y\r\nabcd\r\n3\r\nefg\r\n0\r\nTrailer: t\r\n\r\n";
    for (const std::string& request :
         {upload_head(7) + "abcdefg", std::string{kChunked} + chunks}) {
        for (std::size_t cut = request.find("\r\n\r\n") + 4; cut < request.size(); ++cut) {
            Client client{served.address()};
            served.calls = 0;
            client.send(request.substr(0, cut));
            let_the_hub_turn();
            EXPECT_EQ(served.calls, 0) << cut;
            client.send(request.substr(cut) + get());
            EXPECT_EQ(client.brief(), "200 abcdefg") << cut;
            EXPECT_EQ(client.brief(), "200 ") << cut;
        }
    }
}

FAKE_CLOCK_TEST(SlowBody, OfUnknownLengthIsServedWhileItComes) {  // O-070
    ServedApplication served{[](http::Environ& environ, http::StartResponse& start) {
        const http::Write write = start("200 OK", {});
        write(environ.input().read(1));
        return http::Body{environ.input().read()};
    }};
    Client client{served.address()};
    const auto began = now();
    client.send(std::string{kChunked} + "3\r\nabc\r\n");

    EXPECT_EQ(read_some(client).substr(0, 15), "HTTP/1.1 200 OK");
    EXPECT_EQ(now() - began, 2s);
    client.send("0\r\n\r\n");
    EXPECT_THAT(read_some(client), HasSubstr("bc"));
}

// It has waited its time already.
FAKE_CLOCK_TEST(SlowBody, OfUnknownLengthHoldsNoSlotForLong) {  // O-070
    http::ServerMetrics metrics;
    ServedApplication served{gives_body_back(), slow_body_slot(&metrics)};
    Client client{served.address()};
    client.send(std::string{kChunked} + "3\r\nabc\r\n");
    sleep(2s);
    let_the_hub_turn();
    EXPECT_EQ(served.calls, 1);
    EXPECT_EQ(metrics.pool_in_use.value(), 0U);
    EXPECT_EQ(metrics.slow.value(), 1U);
    client.send("0\r\n\r\n");
    EXPECT_EQ(client.brief(), "200 abc");
}

FAKE_CLOCK_TEST(SlowBody, ThatIsTooLargeToWaitForIsReadAtOnceAndLosesItsSlot) {  // O-070
    http::ServerMetrics metrics;
    ServedApplication served{gives_body_back(), slow_body_slot(&metrics)};
    Client upload{served.address()};
    upload.send(upload_head(100'000) + "0123456789");
    let_the_hub_turn();
    EXPECT_EQ(served.calls, 1);
    EXPECT_EQ(metrics.pool_in_use.value(), 1U);

    const auto began = now();
    EXPECT_EQ(served.ask(get()).status, 200);
    EXPECT_EQ(now() - began, 2s);
    EXPECT_EQ(metrics.slow.value(), 1U);
    EXPECT_EQ(metrics.pool_in_use.value(), 0U);
    EXPECT_EQ(served.server.requests_running(), 1U);

    upload.send(std::string(99'990, 'x'));
    EXPECT_EQ(upload.answer().body.size(), 100'000U);
    let_the_hub_turn();
    EXPECT_EQ(metrics.slow.value(), 0U);
    upload.send(get());
    EXPECT_EQ(upload.brief(), "200 ");
    EXPECT_EQ(metrics.pool_in_use.value(), 0U);
}

// Two seconds in all, however they are spread.
FAKE_CLOCK_TEST(SlowBody, LosesTheSlotByTheSumOfItsPauses) {  // O-070
    http::ServerMetrics metrics;
    ServedApplication served{gives_body_back(), slow_body_slot(&metrics)};
    Client upload{served.address()};
    upload.send(upload_head(100'000));
    for (int i = 0; i < 3; ++i) {
        sleep(600ms);
        upload.send("x");
        let_the_hub_turn();
        EXPECT_EQ(metrics.slow.value(), 0U) << i;
    }
    sleep(600ms);
    EXPECT_EQ(metrics.slow.value(), 1U);
    upload.send(std::string(99'997, 'x'));
    EXPECT_EQ(upload.answer().body.size(), 100'000U);
}

FAKE_CLOCK_TEST(SlowBody, KeepsItsSlotWhereThatIsAskedForAndBeyondTheLimit) {  // O-070
    for (const bool by_limit : {true, false}) {
        http::ServerMetrics metrics;
        http::WsgiOptions options = slow_body_slot(&metrics);
        if (by_limit) {
            options.limits.slow = 0;
        } else {
            options.timeouts.body_slot = {};
        }
        ServedApplication served{gives_body_back(), options};
        Client upload{served.address()};
        upload.send(upload_head(100'000));
        sleep(20s);
        EXPECT_EQ(metrics.slow.value(), 0U);
        EXPECT_EQ(metrics.pool_in_use.value(), 1U);
        upload.send(std::string(100'000, 'x'));
        EXPECT_EQ(upload.answer().body.size(), 100'000U);
    }
}

FAKE_CLOCK_TEST(SlowBody, IsNotWaitedForByWhoeverWantsToBeToldToContinue) {  // O-070, S-085
    ServedApplication served{gives_body_back(), slow_body_slot()};
    Client client{served.address()};
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.answer().status, 100);
    client.send("abc");
    EXPECT_EQ(client.brief(), "200 abc");
}

FAKE_CLOCK_TEST(SlowBody, IsReadAsItComesWithoutABuffer) {  // O-070
    http::WsgiOptions options = slow_body_slot();
    options.limits.body_buffer = 0;
    ServedApplication served{gives_body_back(), options};
    for (const std::string& request : {upload_head(1), std::string{kChunked}}) {
        Client client{served.address()};
        client.send(request);
        let_the_hub_turn();
        EXPECT_EQ(served.calls, 1);
        served.calls = 0;
        client.reset();
        EXPECT_TRUE(served.quiet());
    }
}

FAKE_CLOCK_TEST(SlowBody, ThatStallsIsRefused) {  // O-070, S-088
    http::WsgiOptions options = slow_body_slot();
    options.timeouts.body = 5s;
    ServedApplication served{gives_body_back(), options};
    Client client{served.address()};
    client.send(upload_head(3) + "a");
    const auto began = now();
    const Answer answer = client.answer();
    EXPECT_EQ(answer.status, 408);
    EXPECT_TRUE(answer.says_close());
    EXPECT_EQ(now() - began, 5s);
    EXPECT_EQ(served.calls, 0);
    EXPECT_TRUE(client.at_end());
    client.close();
    EXPECT_TRUE(served.quiet());
}

// The same whether the time-out is over with the slot or without.
FAKE_CLOCK_TEST(SlowBody, ThatStallsWhileItIsReadIsRefused) {  // O-070, S-088
    for (const Duration timeout : {Duration{1s}, Duration{5s}}) {
        http::ServerMetrics metrics;
        http::WsgiOptions options = slow_body_slot(&metrics);
        options.timeouts.body = timeout;
        ServedApplication served{gives_body_back(), options};
        Client client{served.address()};
        client.send(upload_head(100'000) + "a");
        const auto began = now();
        const Answer answer = client.answer();
        EXPECT_EQ(answer.status, 408);
        EXPECT_TRUE(answer.says_close());
        EXPECT_EQ(now() - began, timeout);
        EXPECT_EQ(served.calls, 1);
        let_the_hub_turn();
        EXPECT_EQ(metrics.slow.value(), 0U);
        EXPECT_EQ(metrics.pool_in_use.value(), 0U);
    }
}

// Killed while it waits without its slot, and while it waits for what has come already.
FAKE_CLOCK_TEST(SlowBody, WhoseHandlerIsKilledLeavesNothing) {  // O-070, S-116
    for (const bool after_the_wake : {false, true}) {
        http::ServerMetrics metrics;
        AnyGreenlet handler;
        ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
                                     handler = getcurrent();
                                     std::string body = environ.input().read();
                                     start("200 OK", {});
                                     return http::Body{std::move(body)};
                                 },
                                 slow_body_slot(&metrics)};
        Client client{served.address()};
        client.send(upload_head(100'000) + "a");
        sleep(3s);
        ASSERT_EQ(metrics.slow.value(), 1U);
        if (after_the_wake) client.send(std::string(99'999, 'x'));
        handler.kill(GreenletExit{}, false);
        EXPECT_EQ(client.answer().status, 503);
        let_the_hub_turn();
        EXPECT_TRUE(handler.dead());
        EXPECT_EQ(metrics.slow.value(), 0U);
        EXPECT_EQ(metrics.pool_in_use.value(), 0U);
        EXPECT_EQ(served.server.requests_running(), 0U);
    }
}

FAKE_CLOCK_TEST(SlowBody, ThatComesTooSlowlyIsRefused) {  // O-070
    ServedApplication served{gives_body_back(), slow_body_slot()};
    Client client{served.address()};
    client.send(upload_head(60'000));
    const auto began = now();
    while (client.silent()) {
        client.send("x");
        sleep(5s);
    }
    EXPECT_EQ(client.answer().status, 408);
    EXPECT_LE(now() - began, 40s);
    EXPECT_EQ(served.calls, 0);
}

FAKE_CLOCK_TEST(SlowBody, ThatWaitsLongestIsRefusedWhereTheyHoldTooMuch) {  // O-070
    http::WsgiOptions options = slow_body_slot();
    options.limits.buffered = 64'000;
    ServedApplication served{gives_body_back(), options};
    std::vector<std::unique_ptr<Client>> slow;
    for (int i = 0; i < 4; ++i) {
        slow.push_back(std::make_unique<Client>(served.address()));
        slow.back()->send(upload_head(20'000));
        sleep(1s);
    }
    // The newest first: what counts is who has waited longest, not who was heard of last.
    for (int i = 3; i >= 0; --i) {
        slow[static_cast<std::size_t>(i)]->send(std::string(19'000, 'x'));
        let_the_hub_turn();
    }
    const Answer refused = slow[0]->answer();
    EXPECT_EQ(refused.status, 503);
    EXPECT_TRUE(refused.says_close());
    for (std::size_t i = 1; i < 4; ++i) {
        slow[i]->send(std::string(1'000, 'x'));
        EXPECT_EQ(slow[i]->answer().body.size(), 20'000U) << i;
    }
    // What was answered does not count any more.
    EXPECT_EQ(served.ask(post(std::string(60'000, 'x'))).status, 200);
}

// A body that came at once may have to wait for its slot all the same.
FAKE_CLOCK_TEST(SlowBody, CountsWhereItWaitsForASlotAlone) {  // O-070
    http::WsgiOptions options = slow_body_slot();
    options.limits.buffered = 64'000;
    Event go;
    ServedApplication served{[&go](http::Environ& environ, http::StartResponse& start) {
                                 go.wait();
                                 start("200 OK", {});
                                 return http::Body{environ.input().read()};
                             },
                             options};
    const std::string body(20'000, 'x');
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 5; ++i) {  // one is served, three wait
        clients.push_back(std::make_unique<Client>(served.address()));
        clients.back()->send(post(body));
        let_the_hub_turn();
    }
    const Answer refused = clients[4]->answer();
    EXPECT_EQ(refused.status, 503);
    EXPECT_TRUE(refused.says_close());
    // Whoever waits for its body goes first.
    clients[4] = std::make_unique<Client>(served.address());
    clients[4]->send(upload_head(4'000) + std::string(3'999, 'x'));
    let_the_hub_turn();
    Client last{served.address()};
    last.send(post(std::string(2'000, 'x')));
    EXPECT_EQ(clients[4]->answer().status, 503);
    go.set();
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(clients[i]->answer().body, body) << i;
    EXPECT_EQ(last.answer().body.size(), 2'000U);
}

FAKE_CLOCK_TEST(SlowBody, CountsInAllServersThatShareALimit) {  // O-070
    http::WsgiOptions options = slow_body_slot();
    options.limits.buffered = 64'000;
    options.connection_limit = std::make_shared<http::ConnectionLimit>(100);
    ServedApplication one{gives_body_back(), options};
    ServedApplication other{gives_body_back(), options};
    Client holding{one.address()};
    holding.send(upload_head(60'000) + std::string(50'000, 'x'));
    let_the_hub_turn();
    Client late{other.address()};
    late.send(upload_head(60'000) + std::string(20'000, 'x'));
    EXPECT_EQ(holding.answer().status, 503) << "it has waited longer, though for the other server";
    late.send(std::string(40'000, 'x'));
    EXPECT_EQ(late.answer().body.size(), 60'000U);
    EXPECT_EQ(other.ask(post(std::string(60'000, 'x'))).status, 200);
}

FAKE_CLOCK_TEST(SlowBody, WhoseClientGoesIsDroppedAndWhatWasOwedHasLeft) {  // O-070, O-050
    ServedApplication served{gives_body_back(), slow_body_slot()};
    for (const bool by_reset : {false, true}) {
        Client client{served.address()};
        client.send(post("one") + upload_head(3) + "tw");
        EXPECT_EQ(client.brief(), "200 one");
        let_the_hub_turn();
        EXPECT_EQ(served.server.requests_running(), 1U);
        if (by_reset) {
            client.reset();
        } else {
            client.finish_sending();
            EXPECT_TRUE(client.at_end());
        }
        EXPECT_TRUE(served.quiet());
    }
    EXPECT_EQ(served.calls, 2);
}

FAKE_CLOCK_TEST(SlowBody, OfUnknownLengthIsServedOnceTheBufferIsFull) {  // O-070
    http::WsgiOptions options = slow_body_slot();
    options.limits.body_buffer = 1'000;
    ServedApplication served{gives_body_back(), options};
    Client client{served.address()};
    const auto began = now();
    client.send(std::string{kChunked} + "5dc\r\n" + std::string(900, 'x'));
    let_the_hub_turn();
    EXPECT_EQ(served.calls, 0);
    client.send(std::string(100, 'x'));
    let_the_hub_turn();
    EXPECT_EQ(served.calls, 1);
    EXPECT_EQ(now(), began) << "not after timeouts.body_slot";
    client.send(std::string(500, 'x') + "\r\n0\r\n\r\n");
    EXPECT_EQ(client.answer().body.size(), 1'500U);
}

FAKE_CLOCK_TEST(SlowBody, IsAnsweredThoughTheServerStops) {  // O-070
    ServedApplication served{gives_body_back(), slow_body_slot()};
    Client client{served.address()};
    client.send(upload_head(3) + "a");
    let_the_hub_turn();
    auto stopping = spawn([&] { served.server.stop(5s); });
    sleep(1s);
    client.send("bc");
    const Answer answer = client.answer();
    EXPECT_EQ(answer.body, "abc");
    EXPECT_TRUE(answer.says_close());
    const auto began = now();
    stopping.join();
    EXPECT_EQ(now(), began);
}

FAKE_CLOCK_TEST(SlowBody, IsRefusedWhenTheStopsTimeIsOver) {  // O-070
    ServedApplication served{gives_body_back(), slow_body_slot()};
    Client waiting{served.address()};
    waiting.send(upload_head(3) + "a");
    Client running{served.address()};
    running.send(upload_head(100'000) + "a");
    sleep(3s);  // without its slot
    served.server.stop(1s);
    EXPECT_EQ(waiting.answer().status, 503);
    EXPECT_EQ(running.answer().status, 503);
    EXPECT_EQ(served.server.requests_running(), 0U);
}

FAKE_CLOCK_TEST(SlowBody, GoesWithItsServer) {  // O-070
    Client* left = nullptr;
    auto served = std::make_unique<ServedApplication>(gives_body_back(), slow_body_slot());
    Client client{served->address()};
    left = &client;
    client.send(upload_head(3) + "a");
    let_the_hub_turn();
    served.reset();
    EXPECT_EQ(left->answer().status, 503);
}

// The time of a request begins with its body.
FAKE_CLOCK_TEST(SlowBody, DoesNotCountForTheTimeOfItsRequest) {  // O-074
    http::WsgiOptions options = slow_body_slot();
    options.timeouts.request = 3s;
    ServedApplication served{[](http::Environ&, http::StartResponse& start) {
                                 sleep(2s);
                                 start("200 OK", {});
                                 return http::Body{"done"};
                             },
                             options};
    Client client{served.address()};
    client.send(upload_head(3) + "a");
    sleep(10s);
    client.send("bc");
    EXPECT_EQ(client.brief(), "200 done");
}

// That of the log with its head.
FAKE_CLOCK_TEST(SlowBody, CountsForTheDurationInTheAccessLog) {  // O-074
    http::WsgiOptions options = slow_body_slot();
    std::vector<Duration> logged;
    options.access_log = [&](const http::AccessRecord& record) {
        logged.push_back(record.duration);
    };
    ServedApplication served{gives_body_back(), options};
    Client client{served.address()};
    client.send(upload_head(3) + "a");
    sleep(10s);
    client.send("bc");
    EXPECT_EQ(client.brief(), "200 abc");
    EXPECT_THAT(logged, ElementsAre(10s));
}

}  // namespace
}  // namespace grove::test
