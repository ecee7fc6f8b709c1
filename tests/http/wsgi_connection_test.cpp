// Connections between requests: kept, pipelined, parked, closed (S-130 to S-134, S-153).
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <sys/socket.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/pool/pool.h>

#include "greenlet_test.h"
#include "served_application.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

/// Answers with the path; "/wait" first waits for the event.
http::Application echo_path(Event& go) {
    return [&go](http::Environ& environ, http::StartResponse& start) {
        if (environ["PATH_INFO"] == "/wait") go.wait();
        start("200 OK", {});
        return http::Body{environ["PATH_INFO"]};
    };
}

GREENLET_TEST(KeepAlive, FollowsTheTokensOfConnection) {  // S-130, S-131
    struct Row {
        std::string_view version, fields, connection;
    };
    constexpr Row kRows[] = {
        {"1.1", "", ""},
        {"1.1", "Connection: close\r\n", "close"},
        {"1.1", "Connection: Close\r\n", "close"},
        {"1.1", "Connection: TE, close\r\n", "close"},
        {"1.1", "Connection: TE\r\nConnection: x,\tCLOSE\t\r\n", "close"},
        {"1.1", "Connection: closed\r\n", ""},
        {"1.1", "Connection: keep-alive\r\n", ""},
        {"1.0", "", "close"},
        {"1.0", "Connection: keep-alive\r\n", "keep-alive"},
        {"1.0", "Connection: Keep-Alive, close\r\n", "close"},
    };
    ServedApplication served{say_hello()};
    for (const Row& row : kRows) {
        SCOPED_TRACE(std::string{row.version} + " " + std::string{row.fields});
        Client client{served.address()};
        std::string request = "GET / HTTP/";
        request.append(row.version).append("\r\nHost: h\r\n").append(row.fields).append("\r\n");

        client.send(request);
        const Answer answer = client.answer();

        EXPECT_EQ(answer.field("connection"), row.connection);
        if (row.connection == "close") {
            EXPECT_TRUE(client.at_end());
        } else {
            client.send(request);
            EXPECT_EQ(client.answer().body, "hello");
        }
    }
}

GREENLET_TEST(KeepAlive, TellsHowLongTheConnectionStays) {  // O-057
    const std::string old = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    for (const bool hint : {false, true}) {
        http::WsgiOptions options{.keep_alive_hint = hint};
        options.timeouts.idle = 5900ms;
        ServedApplication served{say_hello(), std::move(options)};

        EXPECT_EQ(served.ask(old).field("keep-alive"), "timeout=5");
        const Answer answer = served.ask(get());
        EXPECT_EQ(answer.field("keep-alive"), hint ? "timeout=5" : "");
        EXPECT_EQ(answer.field("connection"), hint ? "keep-alive" : "");
        for (const std::string& last :
             {get("/", "Connection: close\r\n"), std::string{"GET / HTTP/1.0\r\n\r\n"}}) {
            const Answer closing = served.ask(last);
            EXPECT_TRUE(closing.says_close());
            EXPECT_FALSE(closing.has("keep-alive"));
        }
        EXPECT_FALSE(served.ask("GET\r\n\r\n").has("keep-alive"));
    }
    http::WsgiOptions options;
    options.timeouts.idle.reset();
    ServedApplication served{say_hello(), std::move(options)};
    EXPECT_EQ(served.ask(old).field("connection"), "keep-alive");
    EXPECT_FALSE(served.ask(old).has("keep-alive"));
}

GREENLET_TEST(KeepAlive, EndsAfterAsManyRequestsAsAreAllowed) {  // S-136
    ServedApplication served{say_hello(), {.keepalive_requests = 2}};
    Client client{served.address()};

    client.send(get() + get() + get());
    EXPECT_FALSE(client.answer().says_close());
    EXPECT_TRUE(client.answer().says_close());
    EXPECT_TRUE(client.at_end());
    EXPECT_EQ(served.calls, 2);
}

GREENLET_TEST(KeepAlive, IsIdleAfterEmptyLinesBehindABody) {  // O-055
    ServedApplication served{[](http::Environ& request, http::StartResponse& start) {
        start("200 OK", {});
        return http::Body{request.input().read()};
    }};
    for (const std::string_view lines : {"\r\n", "\r\n\r\n"}) {
        Client client{served.address()};
        client.send(post("abc") + std::string{lines});
        EXPECT_EQ(client.brief(), "200 abc");
        let_the_hub_turn();
        EXPECT_EQ(served.server.idle_connections(), 1U);  // no head has begun: no 408 comes
        client.send(get());
        EXPECT_EQ(client.brief(), "200 ");

        client.send(lines);
        let_the_hub_turn();
        client.finish_sending();
        EXPECT_TRUE(client.at_end());
    }
    Client client{served.address()};
    client.send("\r\n");
    let_the_hub_turn();
    client.send("\r\n");
    let_the_hub_turn();
    client.send("\r\n");  // they count together, though the connection was idle in between
    EXPECT_EQ(client.answer().status, 400);
    EXPECT_EQ(served.access_lines.size(), 5U);
}

GREENLET_TEST(Pipelining, KeepsTheOrderAndRunsOneAtATime) {  // S-132
    int running = 0;
    int most = 0;
    ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
        most = std::max(most, ++running);
        if (environ["PATH_INFO"] == "/1") sleep(20ms);
        --running;
        start("200 OK", {});
        return http::Body{environ["PATH_INFO"]};
    }};
    Client client{served.address()};

    client.send(get("/1") + get("/2") + get("/3"));

    EXPECT_EQ(client.brief(), "200 /1");
    EXPECT_EQ(client.brief(), "200 /2");
    EXPECT_EQ(client.brief(), "200 /3");
    EXPECT_EQ(most, 1);
}

GREENLET_TEST(Pipelining, SendsAnAnswerThoughTheNextRequestTakesLong) {  // S-132
    for (const bool kept : {false, true}) {
        Event go;
        std::vector<http::Write> writes;
        ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
            if (environ["PATH_INFO"] == "/wait") go.wait();
            const http::Write write = start("200 OK", {});
            if (kept) writes.push_back(write);
            return http::Body{environ["PATH_INFO"]};
        }};
        Client client{served.address()};

        client.send(get("/first") + get("/wait"));
        EXPECT_EQ(client.brief(), "200 /first");
        EXPECT_TRUE(client.silent());
        go.set();
        EXPECT_EQ(client.brief(), "200 /wait");
        writes.clear();
    }
}

GREENLET_TEST(Pipelining, AnswersWhatCameBeforeARefusal) {  // S-132, S-152
    ServedApplication served{say_hello()};
    Client client{served.address()};

    client.send(get() + "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n" + get());

    EXPECT_EQ(client.brief(), "200 hello");
    EXPECT_EQ(client.answer().status, 400);
    EXPECT_TRUE(client.at_end());
    EXPECT_EQ(served.calls, 1);
}

GREENLET_TEST(Pipelining, OfThousandsIsAnsweredToAClientThatReadsLate) {
    ServedApplication served{[](http::Environ&, http::StartResponse& start) {
        start("200 OK", {});
        return http::Body{std::string(10000, 'x')};
    }};
    Client client{served.address()};
    constexpr int kRequests = 2000;  // 20 MB of answers

    auto sender = spawn([&] {
        for (int sent = 0; sent < kRequests; ++sent) client.send(get());
    });
    let_the_hub_turn();
    for (int read = 0; read < kRequests; ++read) ASSERT_EQ(client.answer().body.size(), 10000U);
    sender.join();
    EXPECT_EQ(served.calls, kRequests);
}

GREENLET_TEST(Pipelining, WithoutEndDoesNotKeepOthersWaiting) {  // S-150
    ServedApplication served{say_hello()};
    const Address address = served.address();
    std::atomic<bool> stop = false;
    std::atomic<bool> flooding = false;
    // Threads: whatever this hub does, more requests are there, and their answers are read.
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::connect(fd, address.data(), static_cast<socklen_t>(address.bytes())), 0);
    std::thread sender{[&] {
        std::string many;
        for (int count = 0; count < 1000; ++count) many += get();
        while (!stop && ::send(fd, many.data(), many.size(), MSG_NOSIGNAL) > 0) flooding = true;
    }};
    std::thread reader{[&] {
        std::vector<char> dropped(1 << 20);
        while (::recv(fd, dropped.data(), dropped.size(), 0) > 0) {
        }
    }};
    while (!flooding) let_the_hub_turn();

    const auto began = std::chrono::steady_clock::now();
    for (int asked = 0; asked < 5; ++asked) EXPECT_EQ(served.ask(get()).body, "hello");
    const auto took = std::chrono::steady_clock::now() - began;

    stop = true;
    ::shutdown(fd, SHUT_RDWR);
    sender.join();
    reader.join();
    ::close(fd);
    EXPECT_LT(took, 2s);
}

GREENLET_TEST(Slots, AreNotHeldByIdleConnections) {  // S-134
    Event go;
    ServedApplication served{echo_path(go), {.spawn = 2}};
    std::vector<std::unique_ptr<Client>> idle;
    for (int count = 0; count < 10; ++count) {
        idle.push_back(std::make_unique<Client>(served.address()));
        idle.back()->send(get("/a"));
        EXPECT_EQ(idle.back()->brief(), "200 /a");
    }
    Client half{served.address()};
    half.send("GET / HT");
    let_the_hub_turn();

    EXPECT_EQ(served.server.requests_running(), 0U);
    EXPECT_EQ(served.server.idle_connections(), 10U);
    EXPECT_EQ(served.ask(get("/b")).body, "/b");
}

GREENLET_TEST(Slots, AreGivenInTheOrderOfCompleteHeads) {  // S-134
    Event go;
    std::vector<std::string> order;
    ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
                                 order.emplace_back(environ["PATH_INFO"]);
                                 go.wait();
                                 start("200 OK", {});
                                 return http::Body{};
                             },
                             {.spawn = 1}};
    Client holder{served.address()};
    holder.send(get("/1") + get("/last"));  // its second request overtakes nobody
    let_the_hub_turn();
    Client second{served.address()};
    second.send(get("/2"));
    let_the_hub_turn();
    Client third{served.address()};
    third.send(get("/3"));
    let_the_hub_turn();
    EXPECT_EQ(served.server.requests_running(), 3U);

    go.set();
    for (Client* client : {&holder, &second, &third, &holder}) client->answer();

    EXPECT_THAT(order, ElementsAre("/1", "/2", "/3", "/last"));
}

GREENLET_TEST(Slots, AreFreeAgainWhenTheClientSeesTheEnd) {  // S-153
    auto pool = std::make_shared<Pool>(1);
    ServedApplication served{say_hello(), {.spawn = pool}};
    for (int round = 0; round < 20; ++round) {
        Client client{served.address()};
        client.send(get("/", "Connection: close\r\n"));
        client.read_to_end();
        sleep();
        EXPECT_EQ(pool->free_count(), 1U);
    }
}

GREENLET_TEST(MaxConnections, ClosesTheLongestIdleForANewcomer) {  // S-028
    Event go;
    ServedApplication served{echo_path(go), {.max_connections = 2}};
    Client oldest{served.address()};
    oldest.send(get("/a"));
    EXPECT_EQ(oldest.brief(), "200 /a");
    Client busy{served.address()};
    busy.send(get("/wait"));
    let_the_hub_turn();

    Client newcomer{served.address()};
    newcomer.send(get("/wait"));
    EXPECT_TRUE(oldest.at_end());
    let_the_hub_turn();
    Client waiting{served.address()};  // nobody is idle now
    waiting.send(get("/c"));
    EXPECT_TRUE(waiting.silent());
    EXPECT_EQ(served.server.connections(), 2U);

    go.set();  // both become idle: the first of them makes room
    EXPECT_EQ(waiting.brief(), "200 /c");
    EXPECT_EQ(newcomer.brief(), "200 /wait");
}

GREENLET_TEST(Reset, AtEveryByteOfARequestLeavesNothing) {  // S-150
    ServedApplication served{[](http::Environ& environ, http::StartResponse& start) {
        environ.input().read();
        const http::Write write = start("200 OK", {});
        write(std::string(100000, 'x'));
        write(std::string(100000, 'x'));
        return http::Body{};
    }};
    const std::string request =
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" +
        get();
    for (std::size_t length = 0; length <= request.size(); ++length) {
        Client client{served.address()};
        client.send(std::string_view{request}.substr(0, length));
        if (length % 2 == 0) let_the_hub_turn();
        client.reset();
    }
    EXPECT_TRUE(served.quiet());
    EXPECT_TRUE(served.errors.empty());
}

}  // namespace
}  // namespace grove::test
