// Answers as they are pulled (C-001, C-005, C-006, C-015, C-016).
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/timeout.h>
#include <grove/http/client.h>

#include "coded.h"
#include "fake_clock.h"
#include "greenlet_test.h"
#include "scripted_server.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::ClientAnswer;
using http::ClientError;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using Kind = ClientError::Kind;

std::string with_length(const std::string& body, const std::string& fields = "") {
    return "HTTP/1.1 200 OK\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

// C-001
GREENLET_TEST(ClientAnswer, IsThereBeforeItsBody) {
    ScriptedServer server{[](Peer& peer) {
        peer.request();
        peer.say("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
        peer.request();  // nothing more comes
    }};
    http::Client client;
    auto answer = client.get(server.url());
    EXPECT_EQ(answer.status(), 200);
    EXPECT_EQ(answer.header("CONTENT-LENGTH"), "6");
    EXPECT_EQ(answer.header("x"), "");
    EXPECT_EQ(answer.read(0), "");
    EXPECT_EQ(answer.read(2), "ab");
    EXPECT_EQ(answer.next(), "c");
}

GREENLET_TEST(ClientAnswer, GivesExactlyWhatIsAskedForUntilTheEnd) {
    const std::string text = "0123456789";
    ScriptedServer server{saying(with_length(text))};
    http::Client client;
    auto answer = client.get(server.url());
    EXPECT_EQ(answer.read(4), "0123");
    EXPECT_EQ(answer.read(4), "4567");
    EXPECT_EQ(answer.read(4), "89");
    EXPECT_EQ(answer.read(4), "");
    EXPECT_EQ(answer.next(), std::nullopt);
    EXPECT_EQ(answer.read(), "");
    EXPECT_EQ(answer.read_all(0), "");
}

// C-001, C-015
GREENLET_TEST(ClientAnswer, HasItsTrailersAfterTheEnd) {
    ScriptedServer server{saying(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nSum: 7\r\n\r\n")};
    http::Client client;
    auto answer = client.get(server.url());
    EXPECT_THAT(answer.trailers(), IsEmpty());
    EXPECT_EQ(answer.read(), "ab");
    EXPECT_THAT(answer.trailers(), ElementsAre(Pair("Sum", "7")));
    EXPECT_EQ(client.connections(), 1U);
}

// C-001
GREENLET_TEST(ClientAnswer, OutlivesItsClient) {
    ScriptedServer server{saying(with_length(std::string(200'000, 'x')))};
    std::optional<ClientAnswer> answer;
    {
        http::Client client;
        answer.emplace(client.get(server.url()));
    }
    EXPECT_EQ(answer->read().size(), 200'000U);
}

// C-001
GREENLET_TEST(ClientAnswer, KeepsItsConnectionWhenItIsDroppedWithLittleLeft) {
    Event arrived;
    ScriptedServer server{saying(with_length(std::string(60'000, 'x')), &arrived)};
    http::Client client;
    {
        const auto dropped = client.get(server.url());
        EXPECT_TRUE(arrived.wait(kPatience));  // all of it is there
    }
    EXPECT_EQ(client.connections(), 1U);
    EXPECT_EQ(client.get(server.url()).read().size(), 60'000U);
    EXPECT_EQ(server.connections, 1);
}

// C-001
GREENLET_TEST(ClientAnswer, ClosesItsConnectionWhenItIsDroppedWithMuchLeft) {
    Event said;  // the kernels have it, and need nobody to pass it on
    ScriptedServer large{[&](Peer& peer) {
        peer.request();
        peer.say(with_length(std::string(200'000, 'x')));
        said.set();
        peer.wait_for_end();
    }};
    ScriptedServer late{[&](Peer& peer) {
        peer.request();
        peer.say("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
        peer.await_arrival();
        said.set();
        peer.wait_for_end();
    }};
    http::Client client;
    for (ScriptedServer* server : {&large, &late}) {
        said.clear();
        {
            const auto dropped = client.get(server->url());
            EXPECT_TRUE(said.wait(kPatience));
        }
        EXPECT_EQ(client.connections(), 0U);
    }
}

GREENLET_TEST(ClientAnswer, IsBoundedByReadAll) {
    for (const std::string& bytes :
         {with_length("0123456789"), std::string{"HTTP/1.1 200 OK\r\n\r\n0123456789"}}) {
        ScriptedServer server{saying_once(bytes)};
        http::Client client;
        EXPECT_EQ(client.get(server.url()).read_all(10), "0123456789");
        auto answer = client.get(server.url());
        EXPECT_EQ(kind_of([&] { answer.read_all(9); }), Kind::kTooLarge);
        EXPECT_EQ(kind_of([&] { answer.read(1); }), Kind::kTooLarge)
            << "each later call fails alike";
    }
}

// C-005, C-015: the head and the body, cut at every byte.
GREENLET_TEST(ClientAnswer, IsClosedWhereverItIsCut) {
    for (const std::string& whole :
         {with_length("hello"),
          std::string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: "
                      "b\r\n\r\n"},
          with_length(coded("gzip", "hello"), "Content-Encoding: gzip\r\n")}) {
        std::size_t length = 0;
        ScriptedServer server{[&](Peer& peer) {
            peer.request();
            peer.say(std::string_view{whole}.substr(0, length));
        }};
        http::Client client;
        for (length = 0; length < whole.size(); ++length) {
            EXPECT_EQ(kind_of([&] { client.get(server.url()).read(); }), Kind::kClosed)
                << length << whole;
            EXPECT_EQ(client.connections(), 0U);
        }
        EXPECT_EQ(client.get(server.url()).read(), "hello");
    }
}

// C-015: each byte on its own.
GREENLET_TEST(ClientAnswer, MeansTheSameHoweverItArrives) {
    const std::string whole =
        "HTTP/1.1 103 Hint\r\nLink: x\r\n\r\nHTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nhello\r\n1\r\n!\r\n0\r\nA: b\r\n\r\n";
    ScriptedServer server{[&](Peer& peer) {
        while (!peer.request().empty()) {
            for (const char& byte : whole) {
                peer.say({&byte, 1});
                sleep();
            }
        }
    }};
    http::Client client;
    for (int i = 0; i < 3; ++i) {
        auto answer = client.get(server.url());
        EXPECT_EQ(answer.status(), 200);
        EXPECT_EQ(answer.read(), "hello!");
        EXPECT_THAT(answer.trailers(), ElementsAre(Pair("A", "b")));
    }
    EXPECT_EQ(server.connections, 1);
}

// C-005
GREENLET_TEST(ClientAnswer, IsRefusedIfItBreaksTheProtocolOrIsTooLarge) {
    const std::pair<std::string, Kind> rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", Kind::kProtocol},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx",
         Kind::kProtocol},
        {"HTTP/1.1 101 Up\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", Kind::kProtocol},
        {"SSH-2.0-OpenSSH\r\n", Kind::kProtocol},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Kind::kProtocol},
        {"HTTP/1.1 200 OK\r\nA: " + std::string(70'000, 'x') + "\r\n\r\n", Kind::kTooLarge}};
    for (const auto& [bytes, kind] : rows) {
        ScriptedServer server{saying_once(bytes)};
        http::Client client;
        EXPECT_EQ(kind_of([&] { client.get(server.url()).read(); }), kind) << bytes.substr(0, 99);
        EXPECT_EQ(client.connections(), 0U);
    }
}

FAKE_CLOCK_TEST(ClientAnswer, IsNotWaitedForLongerThanItsTimes) {
    ScriptedServer silent{[](Peer& peer) { peer.wait_for_end(); }};
    ScriptedServer stuck{[](Peer& peer) {
        peer.request();
        peer.say("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
        peer.wait_for_end();
    }};
    http::Client client{{.first_byte = 2s, .body = 3s}};
    auto began = now();
    EXPECT_EQ(kind_of([&] { client.get(silent.url()); }), Kind::kTimeout);
    EXPECT_EQ(now() - began, 2s);
    auto answer = client.get(stuck.url());
    began = now();
    EXPECT_EQ(kind_of([&] { answer.read(); }), Kind::kTimeout);
    EXPECT_EQ(now() - began, 3s);
    began = now();
    auto short_lived = client.send({.url = stuck.url(), .timeout = 1s});
    EXPECT_EQ(kind_of([&] { short_lived.read(); }), Kind::kTimeout);
    EXPECT_EQ(now() - began, 1s);
    EXPECT_EQ(client.connections(), 0U);
}

// C-016
GREENLET_TEST(ClientAnswer, LosesItsConnectionWhenItsReaderIsKilled) {
    ScriptedServer server{[](Peer& peer) {
        peer.request();
        peer.say("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
        peer.wait_for_end();
    }};
    http::Client client;
    auto answer = client.get(server.url());
    auto reading = spawn([&] { answer.read(); });
    sleep();  // it has its turn, and waits for more
    reading.kill();
    EXPECT_EQ(client.connections(), 0U);
    EXPECT_EQ(kind_of([&] { answer.read(1); }), Kind::kClosed);
    auto other = client.get(server.url());
    const TimeoutGuard guard{5ms};
    EXPECT_THROW(other.read(), Timeout);
    EXPECT_EQ(client.connections(), 0U);
}

// C-016: all of it is there, but who was killed does not give it back.
GREENLET_TEST(ClientAnswer, LosesItsConnectionWhenItIsUnwound) {
    Event arrived;
    Event held;
    ScriptedServer server{saying(with_length("abc"), &arrived)};
    http::Client client;
    auto holding = spawn([&] {
        const auto answer = client.get(server.url());
        held.set();
        sleep(1h);
    });
    EXPECT_TRUE(arrived.wait(kPatience));
    EXPECT_TRUE(held.wait(kPatience));
    EXPECT_EQ(client.connections(), 1U);
    holding.kill();
    EXPECT_EQ(client.connections(), 0U);
}

// C-006
GREENLET_TEST(ClientAnswer, IsDecodedIfTheClientAskedForIt) {
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += std::to_string(i);
    const std::pair<const char*, const char*> rows[] = {
        {"gzip", "gzip"},           {"X-GZip", "gzip"}, {"deflate", "deflate"},
        {"deflate", "raw deflate"}, {"br", "br"},       {"ZSTD", "zstd"}};
    for (const auto& [name, coding] : rows) {
        const std::string body = coded(coding, text);
        ScriptedServer server{
            saying(with_length(body, "content-encoding: " + std::string{name} + "\r\nX: y\r\n"))};
        http::Client client;
        auto answer = client.get(server.url());
        EXPECT_THAT(answer.headers(), ElementsAre(Pair("X", "y"))) << name;
        EXPECT_EQ(answer.read(3), "012") << name;
        EXPECT_TRUE(answer.read_all(1 << 20) == text.substr(3)) << name;
        EXPECT_EQ(client.connections(), 1U);
        for (const char* own : {"Accept-Encoding", "range"}) {
            auto raw = client.get(server.url(), {{own, "x"}});
            EXPECT_EQ(raw.header("Content-Encoding"), name);
            EXPECT_TRUE(raw.read() == body) << name;
        }
        EXPECT_EQ(kind_of([&] { client.get(server.url()).read_all(text.size() - 1); }),
                  Kind::kTooLarge);
    }
}

// C-006
GREENLET_TEST(ClientAnswer, IsLeftAloneInAnUnknownCodingAndRefusedInTwo) {
    ScriptedServer unknown{saying(with_length("xyz", "Content-Encoding: compress\r\n"))};
    http::Client client;
    auto answer = client.get(unknown.url());
    EXPECT_EQ(answer.header("Content-Encoding"), "compress");
    EXPECT_EQ(answer.read(), "xyz");
    for (const char* fields : {"Content-Encoding: gzip, br\r\n",
                               "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n"}) {
        ScriptedServer two{saying(with_length("xyz", fields))};
        EXPECT_EQ(kind_of([&] { client.get(two.url()); }), Kind::kProtocol);
    }
    ScriptedServer empty{saying(with_length("", "Content-Encoding: gzip\r\n"))};
    EXPECT_EQ(client.get(empty.url()).read(), "");
}

// C-006: servers that compress as they write send these; framing alone says that nothing is missing.
GREENLET_TEST(ClientAnswer, MayBeEmptyInAnyCoding) {
    for (const char* coding : {"gzip", "deflate", "br", "zstd"}) {
        const std::string head =
            "HTTP/1.1 200 OK\r\nContent-Encoding: " + std::string{coding} + "\r\n";
        const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
        for (const std::string& bytes :
             {chunked + "0\r\n\r\n", chunked + "0\r\nA: b\r\n\r\n", head + "\r\n"}) {
            ScriptedServer server{saying_once(bytes)};
            http::Client client;
            EXPECT_EQ(client.get(server.url()).read(), "") << bytes;
            EXPECT_EQ(client.get(server.url()).next(), std::nullopt) << bytes;
        }
        const std::string begun = coded(coding, "x").substr(0, 1);
        for (const std::string& bytes :
             {chunked + "1\r\n" + begun + "\r\n0\r\n\r\n", head + "\r\n" + begun}) {
            ScriptedServer server{saying_once(bytes)};
            http::Client client;
            EXPECT_EQ(kind_of([&] { client.get(server.url()).read(); }), Kind::kProtocol) << bytes;
        }
        ScriptedServer cut{saying_once(chunked)};
        http::Client client;
        EXPECT_EQ(kind_of([&] { client.get(cut.url()).read(); }), Kind::kClosed) << coding;
    }
}

// C-006
GREENLET_TEST(ClientAnswer, IsRefusedIfItsCodedDataAreBrokenOrCut) {
    const std::string good = coded("gzip", "some text");
    std::string wrong = good;
    wrong[wrong.size() - 5] ^= 1;
    for (const std::string& body :
         {good.substr(0, good.size() - 1), wrong, good + "x", std::string{"no gzip"}}) {
        ScriptedServer server{saying(with_length(body, "Content-Encoding: gzip\r\n"))};
        http::Client client;
        EXPECT_EQ(kind_of([&] { client.get(server.url()).read(); }), Kind::kProtocol);
    }
}

// C-006: 64 MiB of zeros in some 64 KiB.
GREENLET_TEST(ClientAnswer, IsABombThatDoesNotGoOff) {
    const std::string body = coded("gzip", std::string(64 << 20, '\0'));
    ScriptedServer server{saying(with_length(body, "Content-Encoding: gzip\r\n"))};
    http::Client client;
    auto answer = client.get(server.url());
    EXPECT_EQ(answer.read(10).size(), 10U);
    EXPECT_LE(answer.next()->size(), 65536U);
    EXPECT_EQ(kind_of([&] { answer.read_all(1 << 20); }), Kind::kTooLarge);
}

GREENLET_TEST(ClientAnswer, BecomesAnotherProtocol) {
    ScriptedServer server{[](Peer& peer) {
        EXPECT_THAT(peer.request(), HasSubstr("Upgrade: echo\r\nAccept-Encoding: gzip, deflate, "
                                              "br, zstd\r\nConnection: Upgrade\r\n"));
        peer.say("HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nhello ");
        std::array<char, 16> bytes{};
        const std::size_t got = peer.stream.recv(bytes, kPatience);
        peer.say({bytes.data(), got});
    }};
    http::Client client;
    auto answer = client.get(server.url(), {{"Upgrade", "echo"}});
    EXPECT_EQ(answer.status(), 101);
    EXPECT_EQ(answer.read(), "");
    Stream& stream = answer.upgrade();
    std::array<char, 16> bytes{};
    EXPECT_EQ(std::string(bytes.data(), stream.recv(bytes, kPatience)), "hello ");
    stream.sendall("world");
    EXPECT_EQ(std::string(bytes.data(), stream.recv(bytes, kPatience)), "world");
    ScriptedServer plain{saying(with_length(""))};
    auto refused = client.get(plain.url(), {{"Upgrade", "echo"}});
    EXPECT_THROW(refused.upgrade(), std::logic_error);
}

}  // namespace
}  // namespace grove::test
