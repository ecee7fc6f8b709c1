// A client that is always ready does not have the thread for itself where the hub serves it, either (S-150): after so
// many system calls others have their turn. What a client takes, or sends, without end is made up, where the process
// calls the C library.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include <grove/core/greenlet.h>
#include <grove/core/hub.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"

namespace {

constexpr std::size_t kPiece = 16384;  // goes by itself, and is received at once

bool clients_take_all = false;  // after they were full once
bool were_full = false;
std::size_t sends = 0;

bool clients_send_on = false;
std::size_t receives = 0;

}  // namespace

extern "C" {

__attribute__((visibility("default"))) ssize_t sendmsg(int fd, const msghdr* message, int flags) {
    if (!clients_take_all) return ::syscall(SYS_sendmsg, fd, message, flags);
    if (!were_full) {
        were_full = true;
        errno = EAGAIN;
        return -1;
    }
    ++sends;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < message->msg_iovlen; ++i) bytes += message->msg_iov[i].iov_len;
    return static_cast<ssize_t>(bytes);
}

__attribute__((visibility("default"))) ssize_t recv(int fd, void* into, std::size_t bytes,
                                                    int flags) {
    if (!clients_send_on || bytes != kPiece)
        return ::syscall(SYS_recvfrom, fd, into, bytes, flags, nullptr, nullptr);
    ++receives;
    return static_cast<ssize_t>(bytes);
}

}  // extern "C"

namespace grove::test {
namespace {

/// While the hub looks at its descriptors a few times. @return by how much `count` grew at most between two turns of a
/// greenlet that is always ready
std::size_t most_in_a_turn(const std::size_t& count) {
    std::size_t most = 0;
    const std::uint64_t enough = get_hub().rounds() + 4;
    for (std::size_t before = count; get_hub().rounds() < enough; before = count) {
        sleep();
        most = std::max(most, count - before);
    }
    return most;
}

FAKE_CLOCK_TEST(HubTurns, AreGivenToOthersAfter32Sends) {  // S-150, O-071
    constexpr std::size_t kPieces = 200;
    ServedApplication served{[](http::Environ&, http::StartResponse& start) {
        start("200 OK", {});
        return http::Body{std::vector<std::string>(kPieces, std::string(kPiece, 'x'))};
    }};
    Client client{served.address()};
    client.send(get());

    clients_take_all = true;
    const std::size_t most = most_in_a_turn(sends);
    clients_take_all = false;

    EXPECT_EQ(sends, kPieces);
    EXPECT_EQ(most, 32U);
    EXPECT_EQ(served.access_bytes, std::vector<std::uint64_t>{kPieces * kPiece});
}

FAKE_CLOCK_TEST(HubTurns, AreGivenToOthersAfter16ReceivesOfWhatIsDropped) {  // S-107, S-150
    ServedApplication served{say_hello()};
    Client client{served.address()};
    client.send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(client.answer().status, 400);
    let_the_hub_turn();

    clients_send_on = true;
    client.send("x");
    const std::size_t most = most_in_a_turn(receives);
    clients_send_on = false;

    EXPECT_GT(receives, 160U) << "it did not go on";
    EXPECT_EQ(most, 16U);
    client.close();
    EXPECT_TRUE(served.quiet());
}

}  // namespace
}  // namespace grove::test
