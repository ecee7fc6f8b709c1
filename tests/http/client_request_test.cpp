// What a client sends: heads, bodies, retries' conditions aside (C-009, C-010, C-018).
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <sys/ioctl.h>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/http/client.h>

#include "greenlet_test.h"
#include "scripted_server.h"
#include "temporary_folder.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::ClientError;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Kind = ClientError::Kind;

/// Keeps all requests, and answers each with its number.
struct Recorder {
    std::vector<std::string> requests{};
    ScriptedServer server{[this](Peer& peer) {
        for (std::string request; !(request = peer.request()).empty();) {
            requests.push_back(request);
            peer.answer(std::to_string(requests.size()));
        }
    }};
};

GREENLET_TEST(ClientRequest, IsSentAsItIsGiven) {
    Recorder recorder;
    http::Client client;
    auto answer = client.get(recorder.server.url("/a/../b?q#f"), {{"X-Y", "z"}});
    EXPECT_EQ(answer.status(), 200);
    EXPECT_EQ(answer.read_all(10), "1");
    EXPECT_EQ(answer.url(), recorder.server.url("/a/../b?q"));
    EXPECT_EQ(
        recorder.requests.at(0),
        "GET /a/../b?q HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(recorder.server.port()) +
            "\r\nX-Y: z\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n\r\n");
}

GREENLET_TEST(ClientRequest, SendsEachFormOfABody) {
    const TemporaryFolder folder;
    const std::string path = folder.path() / "file";
    std::ofstream{path} << "0123456789";
    Recorder recorder;
    http::Client client{{.decompress = false}};
    const std::string url = recorder.server.url();
    client.post(url, "text").read();
    client.post(url, {"a", "", "bc"}).read();
    client.post(url, http::File{.path = path, .offset = 2, .length = 5}).read();
    int pieces = 0;
    client
        .post(url,
              [&]() -> std::optional<std::string> {
                  if (++pieces == 4) return std::nullopt;
                  return pieces == 2 ? "" : "piece";
              })
        .read();
    client.post(url, {}).read();
    client.send({.method = "DELETE", .url = url}).read();
    client.post(url, std::make_shared<const std::string>("shared")).read();
    const std::vector<std::string>& sent = recorder.requests;
    EXPECT_THAT(sent.at(0), EndsWith("Content-Length: 4\r\n\r\ntext"));
    EXPECT_THAT(sent.at(1), EndsWith("Content-Length: 3\r\n\r\nabc"));
    EXPECT_THAT(sent.at(2), EndsWith("Content-Length: 5\r\n\r\n23456"));
    EXPECT_THAT(
        sent.at(3),
        EndsWith("Transfer-Encoding: chunked\r\n\r\n5\r\npiece\r\n5\r\npiece\r\n0\r\n\r\n"));
    EXPECT_THAT(sent.at(4), EndsWith("Content-Length: 0\r\n\r\n"));
    EXPECT_THAT(sent.at(5), Not(HasSubstr("Content-Length")));
    EXPECT_THAT(sent.at(6), EndsWith("Content-Length: 6\r\n\r\nshared"));
    EXPECT_EQ(recorder.server.connections, 1);
}

/// Three pieces of four bytes.
http::Body twelve_bytes() {
    return [left = 4]() mutable -> std::optional<std::string> {
        if (--left == 0) return std::nullopt;
        return "four";
    };
}

// C-050
GREENLET_TEST(ClientRequest, TellsTheLengthOfAGeneratorThatIsKnown) {
    Recorder recorder;
    http::Client client{{.decompress = false}};
    const std::string url = recorder.server.url();
    client.send({.method = "POST", .url = url, .body = twelve_bytes(), .length = 12}).read();
    EXPECT_THAT(recorder.requests.at(0), EndsWith("Content-Length: 12\r\n\r\nfourfourfour"));
    EXPECT_THAT(recorder.requests.at(0), Not(HasSubstr("Transfer-Encoding")));
    EXPECT_THROW(client.send({.method = "POST", .url = url, .body = "text", .length = 4}),
                 std::invalid_argument);
    EXPECT_EQ(recorder.server.connections, 1);
}

// C-050: what follows the announced bytes would be another request.
GREENLET_TEST(ClientRequest, EndsWithItsConnectionIfAGeneratorHasAnotherLength) {
    std::vector<std::string> received;
    ScriptedServer server{[&](Peer& peer) {
        std::string bytes(100, '\0');
        std::string all;
        while (const std::size_t got = peer.stream.recv(bytes, kPatience))
            all.append(bytes, 0, got);
        received.push_back(all.substr(all.find("\r\n\r\n") + 4));
    }};
    http::Client client;
    for (const std::uint64_t length : {7U, 13U}) {
        EXPECT_THROW(
            client.send(
                {.method = "POST", .url = server.url(), .body = twelve_bytes(), .length = length}),
            std::length_error)
            << length;
        EXPECT_EQ(client.connections(), 0U);
    }
    const Deadline deadline{kPatience};
    while (received.size() < 2 && !deadline.passed()) sleep(1ms);
    EXPECT_THAT(received, ElementsAre("four", "fourfourfour"));
}

GREENLET_TEST(ClientRequest, SendsALargeBodyWholly) {
    std::size_t bytes = 0;
    ScriptedServer server{[&](Peer& peer) {
        bytes = peer.request().size();
        peer.answer("ok");
    }};
    http::Client client;
    EXPECT_EQ(client.post(server.url(), std::string(3 << 20, 'x')).read(), "ok");
    EXPECT_GT(bytes, std::size_t{3} << 20);
}

// C-009
GREENLET_TEST(ClientRequest, IsRefusedBeforeAnythingIsSent) {
    Recorder recorder;
    http::Client client;
    const std::string url = recorder.server.url();
    EXPECT_THROW(client.get(url, {{"A", "b\r\nC: d"}}), std::invalid_argument);
    EXPECT_THROW(client.send({.method = "GET / HTTP/1.1\r\n\r\n", .url = url}),
                 std::invalid_argument);
    EXPECT_THROW(client.get(url, {{"Connection", "close"}}), std::invalid_argument);
    EXPECT_THROW(http::Client{{.user_agent = "a\nb"}}, std::invalid_argument);
    EXPECT_THROW(http::Client{{.per_host = 0}}, std::invalid_argument);
    EXPECT_EQ(kind_of([&] { client.get(url + " HTTP/1.1\r\nX: y"); }), Kind::kUrl);
    const std::string text = text_of([&] { client.get("http://me:secret@127.0.0.1/"); });
    EXPECT_THAT(text, Not(HasSubstr("secret")));
    EXPECT_THAT(text, HasSubstr("user information"));
    EXPECT_EQ(recorder.server.connections, 0);
    EXPECT_EQ(client.connections(), 0U);
}

// C-010
GREENLET_TEST(ClientRequest, GoesToAUnixSocket) {
    const TemporaryFolder folder;
    const std::string path = folder.path() / "socket";
    std::string request;
    http::StreamServer server{http::Listener{"unix:" + path}, [&](Stream& stream, const Address&) {
                                  Peer peer{stream};
                                  request = peer.request();
                                  peer.answer("hello");
                              }};
    server.start();
    http::Client client;
    EXPECT_EQ(client.get("http://unix:" + path + ":/target?q").read(), "hello");
    EXPECT_THAT(request, StartsWith("GET /target?q HTTP/1.1\r\nHost: localhost\r\n"));
    server.stop(0s);
    EXPECT_EQ(kind_of([&] { client.get("http://unix:" + path + "x:/"); }), Kind::kConnect);
}

// C-010
GREENLET_TEST(ClientRequest, GoesThroughNoProxyOfTheEnvironment) {
    Recorder recorder;
    constexpr const char* kNames[] = {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"};
    for (const char* name : kNames) ::setenv(name, "http://127.0.0.1:1", 1);
    EXPECT_EQ(http::Client{}.get(recorder.server.url()).read(), "1");
    for (const char* name : kNames) ::unsetenv(name);
}

// C-018
GREENLET_TEST(ClientRequest, EndsWhenItsAnswerComesEarly) {
    std::size_t rest = 0;
    ScriptedServer server{[&](Peer& peer) {
        for (std::string bytes(100, '\0'), all; all.find("xxx") == all.npos;)
            all.append(bytes, 0, peer.stream.recv(bytes, kPatience));
        peer.say(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig");
        rest = peer.wait_for_end();
    }};
    http::Client client;
    int pieces = 0;
    {
        // Never ends by itself.
        auto answer = client.post(server.url(), [&]() -> std::optional<std::string> {
            ++pieces;
            sleep();
            return std::string(1000, 'x');
        });
        EXPECT_EQ(answer.status(), 413);
        EXPECT_EQ(answer.read_all(10), "big");
        EXPECT_EQ(client.connections(), 0U);
    }
    EXPECT_GT(pieces, 0);
}

// C-018: the server reads nothing, so that the client waits to send while the answer comes.
GREENLET_TEST(ClientRequest, EndsWhileItsPeerDoesNotRead) {
    Event answered;
    ScriptedServer server{[&](Peer& peer) {
        int before = 0;
        int come = 0;
        do {  // until no more comes
            before = come;
            sleep(1ms);
            ::ioctl(peer.stream.fd(), FIONREAD, &come);
        } while (come == 0 || come != before);
        peer.say("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
        answered.wait(kPatience);
    }};
    http::Client client;
    EXPECT_EQ(client.post(server.url(), std::string(64 << 20, 'x')).status(), 503);
    answered.set();
    EXPECT_EQ(client.connections(), 0U);
}

// C-018: the answer is there although the connection was reset.
GREENLET_TEST(ClientRequest, FindsTheAnswerOfAServerThatHasGone) {
    ScriptedServer server{
        [](Peer& peer) { peer.say("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno"); }};
    http::Client client;
    auto answer = client.post(server.url(), std::string(64 << 20, 'x'));
    EXPECT_EQ(answer.status(), 403);
    EXPECT_EQ(answer.read(), "no");
}

FAKE_CLOCK_TEST(ClientRequest, TimesOutWhenItsPeerDoesNotRead) {
    ScriptedServer server{[](Peer&) { sleep(1h); }};
    http::Client client{{.body = 3s}};
    EXPECT_EQ(kind_of([&] { client.post(server.url(), std::string(64 << 20, 'x')); }),
              Kind::kTimeout);
    EXPECT_EQ(client.connections(), 0U);
}

GREENLET_TEST(ClientRequest, PassesOnWhatItsGeneratorThrows) {
    ScriptedServer server{[](Peer& peer) { peer.wait_for_end(); }};
    http::Client client;
    EXPECT_THROW(
        client.post(server.url(),
                    []() -> std::optional<std::string> { throw std::range_error{"mine"}; }),
        std::range_error);
    EXPECT_EQ(client.connections(), 0U);
}

}  // namespace
}  // namespace grove::test
