// What is owed to a client leaves before its connection closes, whatever closes it (S-132, S-152, O-050).
#include <array>
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/connect.h>
#include <grove/core/greenlet.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "pipe.h"
#include "served_application.h"
#include "temporary_folder.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;

/// A server on a unix socket, whose buffers have a fixed size, and clients that read nothing at first.
struct SmallBuffers {
    explicit SmallBuffers(http::Application application, http::WsgiOptions options = {})
        : server{"unix:" + (folder.path() / "socket").string(), std::move(application),
                 quiet(std::move(options))} {
        server.start();
    }
    ~SmallBuffers() { server.stop(Duration::zero()); }
    static http::WsgiOptions quiet(http::WsgiOptions options) {
        options.error_log = [](http::LogLevel, std::string_view) {};
        return options;
    }
    [[nodiscard]] Client client() const {
        return Client{connect(Address::unix_path((folder.path() / "socket").string()), kPatience)};
    }

    TemporaryFolder folder;
    http::WsgiServer server;
};

constexpr std::string_view kBadRequest = "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n";

GREENLET_TEST(Refusal, ComesWholeBehindAnswersThatTheClientHasNotRead) {  // S-132, S-152
    // However much of the answers the socket took: somewhere in this range it is all but the end.
    for (int requests = 1; requests <= 24; ++requests) {
        SCOPED_TRACE(requests);
        SmallBuffers served{[](http::Environ&, http::StartResponse& start) {
            start("200 OK", {});
            return http::Body{std::string(16000, 'x')};
        }};
        Client client = served.client();
        std::string all;
        for (int count = 0; count < requests; ++count) all += get();
        client.send(all.append(kBadRequest));
        let_the_hub_turn();

        for (int count = 0; count < requests; ++count)
            ASSERT_EQ(client.answer().body.size(), 16000U);
        EXPECT_EQ(client.answer().status, 400);
        EXPECT_TRUE(client.at_end());
    }
}

GREENLET_TEST(Refusal, ComesThoughTheSocketIsFull) {  // S-107, S-152
    for (std::size_t bytes = 100'000; bytes < 230'000; bytes += 1'000) {
        SmallBuffers served{[bytes](http::Environ&, http::StartResponse& start) {
            start("200 OK", {});
            return http::Body{std::string(bytes, 'x')};
        }};
        Client client = served.client();
        client.send(get());
        let_the_hub_turn();
        client.send(kBadRequest);
        let_the_hub_turn();

        ASSERT_EQ(client.answer().body.size(), bytes);
        EXPECT_EQ(client.answer().status, 400) << bytes;
        EXPECT_TRUE(client.at_end());
    }
}

GREENLET_TEST(Refusal, IsNotKeptForAClientThatNeverReadsOrIsGone) {  // S-119
    for (const bool gone : {false, true}) {
        http::WsgiOptions options;
        if (!gone) options.timeouts.write = 30ms;
        SmallBuffers served{[](http::Environ&, http::StartResponse& start) {
                                start("200 OK", {});
                                return http::Body{std::string(16000, 'x')};
                            },
                            options};
        std::vector<Client> clients;
        for (int requests = 1; requests <= 24; ++requests) {
            clients.push_back(served.client());
            std::string all;
            for (int count = 0; count < requests; ++count) all += get();
            clients.back().send(all.append(kBadRequest));
        }
        let_the_hub_turn();
        if (gone) clients.clear();
        EXPECT_TRUE(served.server.join_connections(8s));
    }
}

// Whatever the kernel says of room: here it does so when three quarters are free.
FAKE_CLOCK_TEST(Refusal, ComesWholeToAClientThatReadsALittleAtATime) {  // S-089, S-119
    for (int requests = 8; requests <= 24; ++requests) {
        SCOPED_TRACE(requests);
        SmallBuffers served{[](http::Environ&, http::StartResponse& start) {
            start("200 OK", {});
            return http::Body{std::string(16000, 'x')};
        }};
        Client client = served.client();
        std::string all;
        for (int count = 0; count < requests; ++count) all += get();
        client.send(all.append(kBadRequest));
        let_the_hub_turn();

        std::string read;
        std::array<char, 24'000> some{};
        for (std::size_t got = some.size(); got != 0; read.append(some.data(), got)) {
            if (read.size() < 16'000 * static_cast<std::size_t>(requests)) sleep(9s);
            got = client.stream().recv(some, kPatience);
        }
        EXPECT_GT(read.size(), 16'000 * static_cast<std::size_t>(requests));
        EXPECT_THAT(read, ::testing::HasSubstr("HTTP/1.1 400 "));
    }
}

// When it has taken some the socket is filled again, as full as before: of that one cannot tell that the client reads.
FAKE_CLOCK_TEST(Refusal, HasAllItsTimeAnewWhenTheClientTakesSome) {  // S-089, S-119
    SmallBuffers served{[](http::Environ&, http::StartResponse& start) {
        start("200 OK", {{"X-Large", std::string(1'000'000, 'x')}});
        return http::Body{};
    }};
    Client client = served.client();
    client.send(get().append(kBadRequest));
    let_the_hub_turn();

    sleep(20s);
    std::string read = read_what_is_there(client.stream().fd());
    sleep(20s);
    EXPECT_EQ(served.server.connections(), 1U) << "of 30 s, 20 have passed";
    read += client.read_to_end();

    EXPECT_GT(read.size(), 1'000'000U);
    EXPECT_THAT(read, ::testing::HasSubstr("HTTP/1.1 400 "));
}

GREENLET_TEST(Owed, LeavesThoughTheNextRequestBreaksOff) {  // O-050
    for (const std::string_view rest :
         {"Content-Length: 9\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nab"}) {
        // However much of the answers the socket took: somewhere in this range it is all but the end.
        for (int requests = 1; requests <= 24; ++requests) {
            SCOPED_TRACE(requests);
            SmallBuffers served{[](http::Environ& request, http::StartResponse& start) {
                request.input().read();
                start("200 OK", {});
                return http::Body{std::string(16000, 'x')};
            }};
            Client client = served.client();
            std::string all;
            for (int count = 0; count < requests; ++count) all += get();
            client.send(all.append("POST / HTTP/1.1\r\nHost: h\r\n").append(rest));
            client.finish_sending();
            let_the_hub_turn();

            for (int count = 0; count < requests; ++count)
                ASSERT_EQ(client.answer().body.size(), 16000U);
            EXPECT_TRUE(client.at_end());
        }
    }
}

GREENLET_TEST(Owed, LeavesThoughTheNextRequestIsKilled) {  // O-050
    bool waits = true;
    // Until the socket does not take the first answer at once, and the second request is not reached.
    for (std::size_t bytes = 100'000; waits; bytes += 1'000) {
        SCOPED_TRACE(bytes);
        waits = false;
        SmallBuffers served{[&](http::Environ& request, http::StartResponse& start) {
            waits = request["PATH_INFO"] == "/wait";
            if (waits) sleep(kPatience);
            start("200 OK", {});
            return http::Body{std::string(request["PATH_INFO"] == "/first" ? bytes : 16000, 'x')};
        }};
        Client client = served.client();
        client.send(get("/first"));
        let_the_hub_turn();
        client.send(get("/second") + get("/wait"));
        let_the_hub_turn();
        served.server.stop(Duration::zero());
        if (!waits) break;

        ASSERT_EQ(client.answer().body.size(), bytes);
        ASSERT_EQ(client.answer().body.size(), 16000U);
        EXPECT_EQ(client.answer().status, 503);
        EXPECT_TRUE(client.at_end());
    }
}

GREENLET_TEST(Owed, LeavesBeforeThePieceOfAnAnswerThatFailed) {  // O-050
    ServedApplication served{[](http::Environ& request, http::StartResponse& start) {
        start("200 OK", {{"Content-Length", "9"}});
        if (request["PATH_INFO"] != "/fails") return http::Body{"the whole"};
        return http::Body{std::vector<std::string>{"a piece"}};
    }};
    Client client{served.address()};

    client.send(get("/a") + get("/b") + get("/fails") + get("/c"));

    EXPECT_EQ(client.brief(), "200 the whole");
    EXPECT_EQ(client.brief(), "200 the whole");
    EXPECT_THAT(client.read_to_end(), ::testing::EndsWith("\r\n\r\na piece"));
    EXPECT_EQ(served.calls, 3);
}

}  // namespace
}  // namespace grove::test
