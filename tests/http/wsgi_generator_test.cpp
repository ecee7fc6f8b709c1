// When the pieces of a generator leave: PEP 3333 lets a server gather them, but not for long (S-065).
#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include <grove/core/connect.h>
#include <grove/core/event.h>
#include <grove/core/greenlet.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"
#include "temporary_folder.h"

namespace {

int sends = 0;  // of this process: clients, too

}  // namespace

extern "C" {

__attribute__((visibility("default"))) ssize_t send(int fd, const void* bytes, std::size_t count,
                                                    int flags) noexcept {
    ++sends;
    return ::syscall(SYS_sendto, fd, bytes, count, flags, nullptr, 0);
}
__attribute__((visibility("default"))) ssize_t sendmsg(int fd, const msghdr* message,
                                                       int flags) noexcept {
    ++sends;
    return ::syscall(SYS_sendmsg, fd, message, flags);
}

}  // extern "C"

namespace grove::test {
namespace {

using namespace std::chrono_literals;

constexpr int kPieces = 10;
using Piece = std::optional<std::string>;

/// Returns what `make` makes of 0, 1, 2 and so on.
http::Application generated(std::function<Piece(int)> make) {
    return [make = std::move(make)](http::Environ&, http::StartResponse& start) {
        start("200 OK", {});
        return http::Body{[make, number = 0]() mutable { return make(number++); }};
    };
}

GREENLET_TEST(GeneratedPieces, LeaveTogetherWhereNothingComesBetween) {
    ServedApplication served{generated(
        [](int number) { return number < kPieces ? Piece{"0123456789abcdef"} : std::nullopt; })};
    Client client{served.address()};
    client.send(get());
    ASSERT_EQ(client.answer().chunks.size(), 10U);

    sends = 0;
    client.send(get());
    ASSERT_EQ(client.answer().chunks.size(), 10U);
    EXPECT_GE(sends, 1 + 2) << "what counts does not count, or the first piece has waited";
    EXPECT_LE(sends, 1 + 2 + 2) << "more than the clock's tick may cause";
}

GREENLET_TEST(GeneratedPieces, LeaveBeforeTheGeneratorBlocks) {
    Event asked;
    ServedApplication served{generated([&](int number) -> Piece {
        if (number == 3) asked.wait();
        return number < 4 ? Piece{"<" + std::to_string(number) + ">"} : std::nullopt;
    })};
    Client client{served.address()};
    client.send(get());
    std::string come;
    std::array<char, 4096> room;
    while (come.find("<2>") == std::string::npos)
        come.append(room.data(), client.stream().recv(room, kPatience));
    asked.set();
    while (!come.ends_with("\r\n0\r\n\r\n"))
        come.append(room.data(), client.stream().recv(room, kPatience));
    EXPECT_THAT(come, testing::HasSubstr("<3>"));
}

FAKE_CLOCK_TEST(GeneratedPieces, LeaveAtOnceWhereTheClockHasMoved) {
    std::vector<int> sent_before;
    ServedApplication served{generated([&](int number) {
        sent_before.push_back(sends);
        compute(number % 2 == 1 ? 10ms : 0ms);
        return number < kPieces ? Piece{"piece"} : std::nullopt;
    })};
    served.ask(get());
    ASSERT_EQ(sent_before.size(), 11U);
    for (std::size_t piece = 1; piece < 10; ++piece)
        EXPECT_EQ(sent_before[piece + 1] - sent_before[piece], piece % 2 == 1 ? 1 : 0) << piece;
}

// Nobody but the kernel knows how much it takes: somewhere in this range a part of the piece is left.
GREENLET_TEST(GeneratedPieces, LeaveWhenASlowClientTakesThemThoughTheGeneratorBlocks) {
    const TemporaryFolder folder;
    int parts = 0;
    for (std::size_t bytes = 100'000; bytes < 230'000; bytes += 5'000) {
        SCOPED_TRACE(bytes);
        Event asked;
        http::WsgiServer server{"unix:" + (folder.path() / "socket").string(),
                                generated([&](int number) -> Piece {
                                    if (number == 2) {
                                        asked.wait();
                                        return std::nullopt;
                                    }
                                    return std::string(number == 0 ? bytes : 15'000, 'x');
                                })};
        server.start();
        Client client{connect(Address::unix_path((folder.path() / "socket").string()), kPatience)};
        client.send(get());
        let_the_hub_turn();
        std::array<char, 65536> room;
        std::size_t come = 0;
        for (int receives = 0; come < bytes + 15'000; ++receives) {
            const std::size_t got = client.stream().recv(room, kPatience);
            come += got;
            if (come > bytes + 200 && come < bytes + 15'000) ++parts;
        }
        asked.set();
        server.stop(Duration::zero());
    }
    EXPECT_GT(parts, 0) << "the piece was never cut";
}

// The request was there when it was accepted, so that nobody has waited for the socket before. Whether a write or what
// is gathered meets the full socket first depends on how much the kernel takes.
GREENLET_TEST(GeneratedPieces, LeaveThoughNobodyHasWaitedForTheSocket) {
    constexpr int kCount = 200;
    const TemporaryFolder folder;
    const std::string path = (folder.path() / "socket").string();
    for (const std::size_t bytes : {7'000, 8'000, 9'000, 11'000, 13'000}) {
        SCOPED_TRACE(bytes);
        http::WsgiServer server{"unix:" + path, generated([bytes](int number) -> Piece {
                                    if (number == kCount) return std::nullopt;
                                    if (number % 2 == 0) sleep();
                                    return std::string(bytes, 'x');
                                })};
        server.start();
        Client client{connect(Address::unix_path(path), kPatience)};
        client.send(get());
        for (int turns = 0; turns < 2 * kCount; ++turns) let_the_hub_turn();
        EXPECT_EQ(client.answer().body.size(), kCount * bytes);
        server.stop(Duration::zero());
    }
}

GREENLET_TEST(GeneratedPieces, LeaveTheTurnToOthers) {
    bool stopped = false;
    int made = 0;
    ServedApplication served{generated([&](int) -> Piece {
        if (stopped) return std::nullopt;
        if (++made == 100'000) ADD_FAILURE() << "nobody else had a turn";
        return made < 100'000 ? Piece{"x"} : std::nullopt;
    })};
    Client client{served.address()};
    client.send(get());
    let_the_hub_turn();
    stopped = true;
    EXPECT_EQ(client.answer().status, 200);
}

}  // namespace
}  // namespace grove::test
