// What is left of an answer when the application has returned and the client takes its time: the hub sends it.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <grove/core/greenlet.h>
#include <grove/core/run_info.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"
#include "temporary_folder.h"
#include "tls_authority.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr int kRoomOfAClient = 65536;

/// What the kernel keeps at most of what is sent to a client: tcp_wmem's third number.
std::size_t kept_by_the_kernel() {
    std::ifstream sizes{"/proc/sys/net/ipv4/tcp_wmem"};
    std::size_t most = 0;
    for (std::size_t size = 0; sizes >> size;) most = size;
    return std::max<std::size_t>(most, 4 << 20U);
}

const std::size_t kMuch = kept_by_the_kernel() + 4'000'000;  // more than goes at once

/// Whose kernel takes little that it has not read.
Client of_little_room(Client client) {
    ::setsockopt(client.stream().fd(), SOL_SOCKET, SO_RCVBUF, &kRoomOfAClient,
                 sizeof kRoomOfAClient);
    return client;
}

/// That does not repeat where a send may end.
const std::string& much() {
    static const std::string text = [] {
        std::string numbers;
        numbers.reserve(kMuch + 10);
        while (numbers.size() < kMuch) numbers += std::to_string(numbers.size()) + ' ';
        numbers.resize(kMuch);
        return numbers;
    }();
    return text;
}

/// A file of that, in a folder of its own.
class LargeFile {
public:
    LargeFile() { std::ofstream{path()} << much(); }
    [[nodiscard]] std::string path() const { return (folder_.path() / "large").string(); }
    void cut(std::size_t bytes) const { std::filesystem::resize_file(path(), bytes); }

private:
    TemporaryFolder folder_;
};

/// The greenlets that there are but for the caller's.
std::size_t others() { return greenlet_infos().size(); }

struct Shape {
    const char* name;
    bool written;  // a first byte, by write(): then it is chunked
    std::function<http::Body(const LargeFile&)> make;
};

std::vector<Shape> shapes() {
    const auto text = [](const LargeFile&) { return http::Body{much()}; };
    const auto pieces = [](const LargeFile&) {
        std::vector<std::string> all;
        const std::string& whole = much();
        // Small ones, which are gathered, large ones, which are not, and nothing.
        for (std::size_t at = 0, i = 0; at < whole.size(); ++i) {
            const std::size_t bytes = i % 3 == 0 ? 100 : i % 3 == 1 ? 1'000'000 : 0;
            all.push_back(whole.substr(at, bytes));
            at += bytes;
        }
        return http::Body{std::move(all)};
    };
    const auto file = [](const LargeFile& from) {
        return http::Body{http::File{.path = from.path()}};
    };
    return {{"text", false, text},
            {"pieces", false, pieces},
            {"file", false, file},
            {"written text", true, text},
            {"written pieces", true, pieces},
            {"written file", true, file}};
}

http::Application answers(const Shape& shape, const LargeFile& file) {
    return [&shape, &file](http::Environ& environ, http::StartResponse& start) {
        const http::Write write = start("200 OK", {});
        if (environ["PATH_INFO"] == "/") return http::Body{"small"};
        if (shape.written) write("!");
        return shape.make(file);
    };
}

/// Of each shape, to a client that reads only once the handler has returned.
void has_no_greenlet_and_arrives_whole(const std::function<http::WsgiOptions()>& options,
                                       const std::function<Client(const Address&)>& connected) {
    const LargeFile file;
    for (const Shape& shape : shapes()) {
        SCOPED_TRACE(shape.name);
        ServedApplication served{answers(shape, file), options()};
        Client client = connected(served.address());
        client.send(get());
        EXPECT_EQ(client.brief(), "200 small");
        let_the_hub_turn();
        const std::size_t before = others();

        client.send(get("/large") + get("/again") + get());
        let_the_hub_turn();
        EXPECT_EQ(others(), before);
        const std::vector<http::RequestInfo> running = served.server.requests();
        ASSERT_THAT(running, SizeIs(1));
        EXPECT_EQ(running[0].path, "/large");
        EXPECT_EQ(running[0].greenlet, 0U);
        EXPECT_EQ(served.server.requests_running(), 1U);
        EXPECT_THAT(served.access_lines, SizeIs(1));

        const std::string expected = (shape.written ? "!" : "") + much();
        EXPECT_TRUE(client.answer().body == expected);
        EXPECT_TRUE(client.answer().body == expected) << "the next one, by the hub again";
        EXPECT_EQ(client.brief(), "200 small");
        let_the_hub_turn();
        EXPECT_THAT(served.access_lines,
                    ElementsAre("200 GET / HTTP/1.1", "200 GET /large HTTP/1.1",
                                "200 GET /again HTTP/1.1", "200 GET / HTTP/1.1"));
        EXPECT_EQ(served.access_bytes[1], expected.size());
        EXPECT_EQ(served.server.requests_running(), 0U);
        EXPECT_THAT(served.errors, SizeIs(0));
    }
}

FAKE_CLOCK_TEST(AnswerRest, HasNoGreenletAndArrivesWhole) {  // O-071
    has_no_greenlet_and_arrives_whole([] { return http::WsgiOptions{}; },
                                      [](const Address& to) { return of_little_room(Client{to}); });
}

FAKE_CLOCK_TEST(AnswerRest, OverTlsHasNoGreenletAndArrivesWhole) {  // O-071
    const Tls tls;
    has_no_greenlet_and_arrives_whole(
        [&] { return tls.options(); },
        [&](const Address& to) { return of_little_room(tls.client(to)); });
}

FAKE_CLOCK_TEST(AnswerRest, OfAClosingConnectionEndsIt) {  // O-071
    const LargeFile file;
    for (const Shape& shape : shapes()) {
        SCOPED_TRACE(shape.name);
        ServedApplication served{answers(shape, file)};
        Client client = of_little_room(Client{served.address()});
        client.send("GET /large HTTP/1.0\r\n\r\n");
        let_the_hub_turn();
        ASSERT_EQ(served.server.requests_running(), 1U);
        const std::string all = client.read_to_end();
        const std::size_t body = all.find("\r\n\r\n") + 4;
        EXPECT_TRUE(std::string_view{all}.substr(body) == (shape.written ? "!" : "") + much());
        EXPECT_TRUE(served.quiet());
        EXPECT_THAT(served.access_lines, ElementsAre("200 GET /large HTTP/1.0"));
    }
}

// Many small answers that nobody reads: bytes that wait, and no body behind them.
FAKE_CLOCK_TEST(AnswerRest, OfSmallAnswersHasNoGreenlet) {  // O-071
    constexpr std::size_t kEach = 15'000;
    constexpr int kRequests = 2'000;
    ServedApplication served{[](http::Environ&, http::StartResponse& start) {
        start("200 OK", {});
        return http::Body{std::string(kEach, 'x')};
    }};
    Client client = of_little_room(Client{served.address()});
    const std::size_t before = others();
    const Greenlet<void> sender = spawn([&client] {
        for (int i = 0; i < kRequests; ++i) client.send(get());
    });
    while (served.server.requests_running() == 0 || served.calls == kRequests) sleep(1ms);
    for (int calls = -1; calls != served.calls;) {
        calls = served.calls;
        sleep(100ms);
    }
    ASSERT_LT(served.calls, kRequests) << "the client's kernel has taken all of them";
    EXPECT_LE(others(), before + (sender.dead() ? 0U : 1U));
    EXPECT_EQ(served.server.requests()[0].greenlet, 0U);
    for (int i = 0; i < kRequests; ++i) ASSERT_EQ(client.answer().body.size(), kEach);
    EXPECT_EQ(served.calls, kRequests);
}

FAKE_CLOCK_TEST(AnswerRest, OfAFileThatShrinksIsCut) {  // O-071
    const LargeFile file;
    for (const Shape& shape : shapes()) {
        if (std::string_view{shape.name}.find("file") == std::string_view::npos) continue;
        SCOPED_TRACE(shape.name);
        ServedApplication served{answers(shape, file)};
        Client client = of_little_room(Client{served.address()});
        client.send(get("/large"));
        let_the_hub_turn();
        ASSERT_EQ(served.server.requests_running(), 1U);
        file.cut(kMuch - 1'000'000);
        std::size_t got = 0;
        try {
            got = client.read_to_end().size();
        } catch (const std::system_error&) {  // reset, as it can be told no other way
        }
        EXPECT_LT(got, kMuch);
        EXPECT_TRUE(served.quiet());
        ASSERT_THAT(served.errors, SizeIs(1));
        EXPECT_THAT(served.errors[0], HasSubstr("/large"));
        EXPECT_THAT(served.access_lines, SizeIs(1));
        std::ofstream{file.path()} << much();
    }
}

FAKE_CLOCK_TEST(AnswerRest, OfAClientThatGoesIsOver) {  // O-071
    const LargeFile file;
    for (const Shape& shape : shapes()) {
        SCOPED_TRACE(shape.name);
        ServedApplication served{answers(shape, file)};
        Client client = of_little_room(Client{served.address()});
        client.send(get("/large"));
        let_the_hub_turn();
        ASSERT_EQ(served.server.requests_running(), 1U);
        client.reset();
        EXPECT_TRUE(served.quiet());
        EXPECT_THAT(served.access_lines, ElementsAre("200 GET /large HTTP/1.1"));
        EXPECT_THAT(served.errors, SizeIs(0));
    }
}

// Which other greenlets may not touch.
FAKE_CLOCK_TEST(AnswerRest, IsNobodysToWriteTo) {  // O-071
    std::optional<http::Write> kept;
    ServedApplication served{[&](http::Environ&, http::StartResponse& start) {
        kept.emplace(start("200 OK", {}));
        return http::Body{much()};
    }};
    Client client = of_little_room(Client{served.address()});
    client.send(get());
    let_the_hub_turn();
    ASSERT_EQ(served.server.requests_running(), 1U);
    EXPECT_ANY_THROW((*kept)("more"));
    EXPECT_TRUE(client.answer().body == much());
}

FAKE_CLOCK_TEST(AnswerRest, IsWaitedForByAStop) {  // O-071
    const LargeFile file;
    for (const Shape& shape : shapes()) {
        SCOPED_TRACE(shape.name);
        ServedApplication served{answers(shape, file)};
        Client client = of_little_room(Client{served.address()});
        client.send(get("/large"));
        let_the_hub_turn();
        const Greenlet<void> stop = spawn([&] { served.server.stop(60s); });
        sleep(10s);
        EXPECT_FALSE(stop.dead());
        EXPECT_TRUE(client.answer().body == (shape.written ? "!" : "") + much());
        stop.join();
        EXPECT_TRUE(client.at_end());
        EXPECT_EQ(served.server.requests_running(), 0U);
    }
}

// In whichever line its client waits: that of a mount's own time-out, too.
FAKE_CLOCK_TEST(AnswerRest, IsCutByAStopThatWaitsNoLonger) {  // O-071, S-013
    for (const bool of_mount : {false, true}) {
        for (const Duration waited : {0s, 20s}) {
            SCOPED_TRACE(testing::Message() << of_mount << ' ' << waited / 1s);
            http::ServerMetrics metrics;
            http::WsgiOptions options;
            options.metrics = &metrics;
            options.timeouts.write = 80s;
            if (of_mount) options.mounts = {{.path = "/large", .timeouts = {.write = 40s}}};
            ServedApplication served{[](http::Environ&, http::StartResponse& start) {
                                         start("200 OK", {});
                                         return http::Body{much()};
                                     },
                                     options};
            Client client = of_little_room(Client{served.address()});
            client.send(get("/large"));
            let_the_hub_turn();
            sleep(waited);
            ASSERT_EQ(metrics.slow.value(), 1U);
            served.server.stop(3s);
            EXPECT_EQ(served.server.requests_running(), 0U);
            EXPECT_EQ(metrics.slow.value(), 0U);
            EXPECT_EQ(metrics.in_flight.value(), 0U);
            EXPECT_THAT(served.access_lines, ElementsAre("200 GET /large HTTP/1.1"));
            EXPECT_LT(client.read_to_end().size(), kMuch);
        }
    }
}

}  // namespace
}  // namespace grove::test
