// A connection's first request: what it costs the loop, and what comes behind it unheard.
#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>

#include <sys/socket.h>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/file_descriptor.h>
#include <grove/core/greenlet.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr std::string_view kClosing = "Connection: close\r\n";

/// A client of whom this thread's loop knows nothing.
class Outsider {
public:
    explicit Outsider(const Address& server)
        : fd_{::socket(server.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        EXPECT_EQ(::connect(fd_.get(), server.data(), static_cast<socklen_t>(server.bytes())), 0);
    }
    void send(std::string_view bytes) const {
        EXPECT_EQ(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(bytes.size()));
    }
    /// All that is said until the server closes, while it has its turns. An error is said too.
    [[nodiscard]] std::string heard() const {
        std::string all;
        for (int turns = 0; turns < 1000; ++turns) {
            char buffer[4096];
            const ssize_t got = ::recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
            if (got == 0) return all + "<end>";
            if (got > 0) {
                all.append(buffer, static_cast<std::size_t>(got));
            } else if (errno != EAGAIN) {
                return all + "<" + std::to_string(errno) + ">";
            } else {
                sleep(1ms);
            }
        }
        return all + "<nothing more>";
    }
    void reset() {
        const ::linger at_once{.l_onoff = 1, .l_linger = 0};
        EXPECT_EQ(::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
        fd_.reset();
    }

private:
    FileDescriptor fd_;
};

void take_turns() {
    for (int i = 0; i < 20; ++i) sleep(1ms);
}

http::Application answering_late(Event& go, bool& running, const std::string& body) {
    return [&go, &running, body](http::Environ&, http::StartResponse& start) {
        running = true;
        go.wait();
        start("200 OK", {});
        return http::Body{body};
    };
}

FAKE_CLOCK_TEST(Newcomer, IsAnsweredWithoutTheLoopIfItsOneRequestIsThere) {
    ServedApplication served{say_hello()};
    take_turns();
    const std::size_t before = descriptors_added();

    for (int i = 0; i < 3; ++i) {
        const Outsider client{served.address()};
        client.send(get("/", kClosing));
        EXPECT_THAT(client.heard(), EndsWith("hello<end>"));
    }
    EXPECT_EQ(descriptors_added(), before);
}

FAKE_CLOCK_TEST(Newcomer, ThatIsSilentSparesTheNextALookInVain) {
    ServedApplication served{say_hello()};
    const Outsider silent{served.address()};
    take_turns();
    const std::size_t before = descriptors_added();

    int known = 0;
    for (std::size_t added = before;; added = descriptors_added()) {
        const Outsider client{served.address()};
        client.send(get("/", kClosing));
        EXPECT_THAT(client.heard(), EndsWith("hello<end>"));
        if (descriptors_added() == added) break;
        ++known;
        ASSERT_LT(known, 100);
    }
    EXPECT_EQ(known, 15);

    silent.send(get("/", kClosing));
    EXPECT_THAT(silent.heard(), EndsWith("hello<end>"));
}

// The loop learns of it only when it joins the line.
FAKE_CLOCK_TEST(Newcomer, LeavesTheLineOnceItIsReset) {
    Event go;
    bool running = false;
    http::WsgiOptions options;
    options.spawn = 1;
    ServedApplication served{answering_late(go, running, "done"), options};
    const Outsider first{served.address()};
    first.send(get("/", kClosing));
    take_turns();
    ASSERT_TRUE(running);
    Outsider gone{served.address()};
    gone.send(get("/", kClosing));
    take_turns();
    EXPECT_EQ(served.server.requests_running(), 2U);

    gone.reset();
    take_turns();
    EXPECT_EQ(served.server.requests_running(), 1U);
    go.set();
    EXPECT_THAT(first.heard(), EndsWith("done<end>"));
}

FAKE_CLOCK_TEST(Newcomer, HasItsAnswerWholeThoughMoreCameWhileItWasMade) {
    Event go;
    bool running = false;
    ServedApplication served{answering_late(go, running, std::string(200000, 'x'))};
    const Outsider client{served.address()};
    client.send(get("/", kClosing));
    while (!running) sleep(1ms);
    client.send("what nobody asked for");
    take_turns();
    go.set();
    const std::string heard = client.heard();
    EXPECT_THAT(heard, HasSubstr("Content-Length: 200000"));
    EXPECT_THAT(heard, EndsWith("x<end>"));
}

FAKE_CLOCK_TEST(Newcomer, IsReadOnAfterASlowFirstAnswer) {
    Event go;
    bool running = false;
    ServedApplication served{answering_late(go, running, "slow")};
    const Outsider client{served.address()};
    client.send(get());
    while (!running) sleep(1ms);
    client.send(get("/", kClosing));
    take_turns();
    go.set();
    EXPECT_THAT(client.heard(), EndsWith("slow<end>"));
    EXPECT_EQ(served.calls, 2);
}

// Who waits for its first request to be read is one, and nobody whose connection is idle meanwhile.
FAKE_CLOCK_TEST(Newcomer, IsWhoCameLateAndHasNotAskedYet) {
    Event go;
    bool running = false;
    ServedApplication served{answering_late(go, running, "done")};
    Client busy{served.address()};
    busy.send(get());
    Client silent{served.address()};
    while (!running || served.server.idle_connections() != 1) sleep(1ms);
    sleep(1s);
    const auto since = now();
    EXPECT_EQ(served.server.newcomers(since), 0U);
    go.set();
    EXPECT_EQ(busy.brief(), "200 done");
    take_turns();
    EXPECT_EQ(served.server.idle_connections(), 2U);
    EXPECT_EQ(served.server.newcomers(since), 0U) << "one has been served, the other is old";

    Client late{served.address()};
    Client later{served.address()};
    take_turns();
    EXPECT_EQ(served.server.newcomers(since), 2U);
    late.send(get().substr(0, 9));
    take_turns();
    EXPECT_EQ(served.server.newcomers(since), 2U);
    late.send(get().substr(9));
    EXPECT_EQ(late.brief(), "200 done");
    take_turns();
    EXPECT_EQ(served.server.newcomers(since), 1U);
    busy.send(get());
    EXPECT_EQ(busy.brief(), "200 done");
    take_turns();
    EXPECT_EQ(served.server.newcomers(since), 1U) << "behind it in the line is one that is none";
    later.close();
    take_turns();
    EXPECT_EQ(served.server.newcomers(since), 0U);
    EXPECT_EQ(served.server.idle_connections(), 3U);
}

}  // namespace
}  // namespace grove::test
